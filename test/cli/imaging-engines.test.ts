import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imaging, scratchFolder, writeStack } from './imaging-scratch.ts';

const folder = scratchFolder();
const before = process.env.ESPALIER_WEBGPU;
const pythonBefore = process.env.ESPALIER_PYTHON;

beforeEach(() => {
  process.env.ESPALIER_WEBGPU = '/nowhere';
});
afterEach(() => {
  if (before === undefined) delete process.env.ESPALIER_WEBGPU;
  else process.env.ESPALIER_WEBGPU = before;
});

describe('an engine that is not there', () => {
  it('is an error that names what is missing and what to do, and nothing stands in for it', async () => {
    await writeStack(folder.at('in.tif'), { nx: 8, ny: 8, nz: 4, value: (x) => 100 + x });
    const { code, err } = await imaging(
      ...['deskew', folder.at('in.tif'), folder.at('out.tif'), '--angle=31.8', '--dz=0.5', '--dr=0.1'],
      '--engine=webgpu',
    );
    expect(code).toBe(3);
    expect(err).toContain(
      'needs the package of that name (130 MB), which is not installed: `npm install webgpu@',
    );
    expect(await folder.list()).toEqual(['in.tif']);
  });

  it('and one that nobody knows is refused with those there are', async () => {
    const { code, err } = await imaging('project', folder.at('in.tif'), folder.at('out.tif'), '--engine=gpu');
    expect(code).toBe(2);
    expect(err).toContain('--engine wants one of cpu, cupy, webgpu, not `gpu`');
  });

  it.each(['--device=nope', '--device-memory=4GB'])('is asked for where one says %s', async (option) => {
    await writeStack(folder.at('in.tif'), { nx: 8, ny: 8, nz: 4, value: (x) => 100 + x });
    const words = ['project', folder.at('in.tif'), folder.at('out.tif'), option];
    for (const engine of [[], ['--engine=cpu']]) {
      const { code, err } = await imaging(...words, ...engine);
      expect(code).toBe(2);
      expect(err).toContain(`${option.split('=')[0]} says nothing to the engine cpu: leave it out`);
    }
    expect(await folder.list()).toEqual(['in.tif']);
  });

  it('shows a GPU of CUDA with its memory and drivers', async () => {
    // A stand-in for Python on a machine with a GPU.
    const facts = {
      arrays: 'cupy',
      device: 'NVIDIA T1',
      memory: 2 ** 34,
      cupy: '14',
      cuda: '12.9',
      driver: '13.0',
    };
    const python = `#!/bin/sh\necho '${JSON.stringify({ facts })}' >&4; cat <&3\n`;
    writeFileSync(folder.at('python'), python, { mode: 0o755 });
    process.env.ESPALIER_PYTHON = folder.at('python');
    try {
      expect((await imaging('devices')).out).toMatch(
        /cupy: can run\n *NVIDIA T1, cupy 14, CUDA 12.9, driver for CUDA 13.0: memory 16.0 GiB/,
      );
    } finally {
      if (pythonBefore === undefined) delete process.env.ESPALIER_PYTHON;
      else process.env.ESPALIER_PYTHON = pythonBefore;
    }
  });

  it('shows among the devices with its reason, beside the cpu, which always runs', async () => {
    const { code, out } = await imaging('devices', '--json');
    expect(code).toBe(0);
    const { engines } = JSON.parse(out);
    expect(engines[0]).toMatchObject({ engine: 'cpu', runs: true });
    const webgpu = engines.find(({ engine }: { engine: string }) => engine === 'webgpu');
    expect(webgpu).toMatchObject({ runs: false, devices: [] });
    expect(webgpu.reason).toContain('`npm install webgpu@');
    expect((await imaging('devices')).out).toMatch(
      /cpu: can run\n.*threads \d+, memory .* GiB\nwebgpu: cannot run\n/,
    );
  });
});
