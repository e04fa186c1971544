#!/usr/bin/env node
// Everything that this page of measurements says of GPUs, on this machine: the engines' contract where vitest is there, then the
// figures of `webgpu`, `cupy` and both from file to file. An engine that cannot run here says why, and the next begins.
// usage: node bench/gpu/all.mjs [--device NAME] [--small] [--out FILE]
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    device: { type: 'string' },
    small: { type: 'boolean' },
    out: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const python = process.env.ESPALIER_PYTHON ?? 'python3';
const small = values.small ? ['--small'] : [];
const device = values.device === undefined ? [] : ['--device', values.device];
const vitest = 'node_modules/vitest/vitest.mjs';
const contract = (engine) => [
  process.execPath,
  ...[vitest, 'run', '--root', '.', '--reporter=verbose', `test/contract/engine-${engine}.test.ts`],
];

const parts = [
  ...(existsSync(`${root}/${vitest}`)
    ? [
        {
          what: 'contract of webgpu',
          command: contract('webgpu'),
          env: { ESPALIER_WEBGPU_DEVICE: values.device ?? 'NVIDIA' },
        },
        { what: 'contract of cupy', command: contract('cupy'), env: { ESPALIER_ARRAYS: 'cupy' } },
      ]
    : []),
  { what: 'webgpu', command: [process.execPath, 'bench/gpu/webgpu.mjs', ...device, ...small] },
  { what: 'cupy', command: [python, 'bench/gpu/cupy_engine.py', ...small] },
  { what: 'files', command: [process.execPath, 'bench/gpu/files.mjs', ...device, ...small] },
];

const say = (text) => {
  process.stdout.write(text);
  if (values.out !== undefined) appendFileSync(values.out, text);
};
if (values.out !== undefined) writeFileSync(values.out, '');
for (const { what, command, env } of parts) {
  say(`== ${what}\n`);
  const start = performance.now();
  const code = await new Promise((resolve) => {
    const [program, ...words] = command;
    const child = spawn(program, words, { cwd: root, env: { ...process.env, NO_COLOR: '1', ...env } });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => say(data.toString()));
    child.on('error', (error) => say(`${error.message}\n`));
    child.on('close', resolve);
  });
  say(`== ${what}: code ${code}, ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}
