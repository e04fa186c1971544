#!/usr/bin/env node
// Everything that docs/benchmarks.md says of GPUs, on this machine: the engines' contract where vitest is there, then the figures
// of `webgpu`, of `cupy`, and of both from file to file. An engine that cannot run here says why, and the next part begins.
// usage: node bench/gpu/all.mjs [--only contract,webgpu,cupy,files] [--device NAME] [--small] [--seconds N] [--out FILE]
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'contract,webgpu,cupy,files' },
    device: { type: 'string' },
    small: { type: 'boolean' },
    seconds: { type: 'string', default: '170' },
    out: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const small = values.small ? ['--small'] : [];
const device = values.device === undefined ? [] : ['--device', values.device];
const vitest = 'node_modules/vitest/vitest.mjs';

const say = (text) => {
  process.stdout.write(text);
  if (values.out !== undefined) appendFileSync(values.out, text);
};

/** Runs a part, a line of it at a time. */
async function run(what, command, env = {}) {
  const start = performance.now();
  const [program, ...words] = command;
  const child = spawn(program, words, { cwd: root, env: { ...process.env, NO_COLOR: '1', ...env } });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.on('data', (data) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) say(`${what}: ${line}\n`);
    });
  }
  child.on('error', (error) => say(`${what}: ${error.message}\n`));
  const code = await new Promise((resolve) => child.on('close', resolve));
  say(`== ${what}: code ${code}, ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

const contract = (engine, env) =>
  run(
    `contract ${engine}`,
    [
      process.execPath,
      ...[vitest, 'run', '--root', '.', '--reporter=verbose', `test/contract/engine-${engine}.test.ts`],
    ],
    env,
  );

const parts = {
  // Nothing is timed: side by side.
  contract: () =>
    existsSync(`${root}/${vitest}`)
      ? Promise.all([
          contract('webgpu', { ESPALIER_WEBGPU_DEVICE: values.device ?? 'NVIDIA' }),
          contract('cupy', { ESPALIER_ARRAYS: process.env.ESPALIER_ARRAYS ?? 'cupy' }),
        ])
      : say('== contract: vitest is not here\n'),
  webgpu: () => run('webgpu', [process.execPath, 'bench/gpu/webgpu.mjs', ...device, ...small]),
  cupy: () =>
    run('cupy', [
      process.env.ESPALIER_PYTHON ?? 'python3',
      ...['bench/gpu/cupy_engine.py', '--seconds', values.seconds, ...small],
    ]),
  files: () => run('files', [process.execPath, 'bench/gpu/files.mjs', ...device, ...small]),
};
for (const name of values.only.split(',')) await parts[name]?.();
