import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { webgpuPackage } from '../webgpu-package.ts';
import { ended } from './espalier.ts';
import { scratchFolder, writeStack } from './imaging-scratch.ts';

const program = fileURLToPath(new URL('../../dist/bin/espalier-imaging.js', import.meta.url));
const real = webgpuPackage();
const folder = scratchFolder();

/**
 * The package `webgpu` on Dawn's backend without a driver, which checks everything and computes nothing; `before` is
 * run before each submission, and may do to the devices what happens to real ones.
 */
function failing(before: string): string {
  writeFileSync(
    folder.at('index.js'),
    `import { create as begin, globals } from ${JSON.stringify(pathToFileURL(`${real}/index.js`).href)};
export { globals };
export const create = (flags) => begin([...flags, 'backend=null']);
const devices = [];
const { requestDevice } = globals.GPUAdapter.prototype;
globals.GPUAdapter.prototype.requestDevice = async function (...given) {
  const device = await requestDevice.apply(this, given);
  devices.push(device);
  return device;
};
let submissions = 0;
const { submit } = globals.GPUQueue.prototype;
globals.GPUQueue.prototype.submit = function (...given) {
  submissions++;
  ${before}
  return submit.apply(this, given);
};
`,
  );
  writeFileSync(folder.at('package.json'), '{ "type": "module" }');
  return folder.at('.');
}

const run = (webgpu: string, ...words: readonly string[]) =>
  ended(
    spawn(process.execPath, [program, ...words], {
      cwd: folder.at('.'),
      env: { ...process.env, ESPALIER_WEBGPU: webgpu },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );

const voxel = { x: 0.1, y: 0.1, z: 0.2 };
const spot = (x: number, y: number, z: number): number =>
  Math.round(100 + 900 * Math.exp(-((x - 12) ** 2) / 9 - (y - 10) ** 2 / 9 - (z - 4) ** 2 / 4));
const deconvolve = (output: string): string[] => [
  ...['deconvolve', 'in.tif', output, '--psf=psf.tif', '--padding=circular'],
  ...['--engine=webgpu', '--device=Null'],
];

async function prepare(): Promise<void> {
  await writeStack(folder.at('in.tif'), { nx: 96, ny: 80, nz: 70, voxel, value: spot });
  await writeStack(folder.at('psf.tif'), { nx: 25, ny: 21, nz: 9, voxel, value: spot });
}

describe.skipIf(real === undefined)('a device that is lost while it computes', () => {
  it('is an error of the task with the figures, and the process ends by itself', async () => {
    await prepare();
    const webgpu = failing('if (submissions === 22) for (const device of devices) device.destroy();');
    const { code, stderr } = await run(webgpu, ...deconvolve('out.tif'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /espalier-imaging: the device was lost during the sums \(.*; 1\d MB were in use\): it was reset, unplugged or ran out of memory; run the task again, with a lower --device-memory/,
    );
    expect(stderr.match(/espalier-imaging:/g)).toHaveLength(1);
    expect(await folder.list()).not.toContain('out.tif');
  });

  it('ends a batch: what was not begun is not reported, and it is said so', async () => {
    await prepare();
    const items = [0, 1, 2, 3].map((item) =>
      JSON.stringify({
        item,
        dir: folder.at('.'),
        command: ['espalier-imaging', ...deconvolve(`${item}.tif`)],
      }),
    );
    writeFileSync(folder.at('items'), items.join('\n'));
    const webgpu = failing('if (submissions === 22) for (const device of devices) device.destroy();');
    const { code, stderr } = await run(webgpu, 'batch', folder.at('items'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/item [01]: espalier-imaging: the device was lost during the sums/);
    expect(stderr).toContain('the items that were not reported have to be run again');
    const reported = readFileSync(folder.at('items.done'), 'utf8').split('\n');
    // Two are on their way at a time, and either may be the first to compute.
    expect(reported.some((line) => line === '0 1' || line === '1 1')).toBe(true);
    for (const item of [2, 3]) expect(reported.join()).not.toContain(`${item} `);
  });
});

describe('a device of the engine cupy that is lost', () => {
  // Stand-ins for Python: what it says when CUDA fails, and what is seen when it dies.
  it.each([
    [
      'and Python says so',
      `read -r request <&3; echo '{"failed":"CUDARuntimeError: an illegal memory access","lost":true}' >&4; cat <&3`,
      'the engine cupy failed: CUDARuntimeError: an illegal memory access',
    ],
    [
      'and Python with it',
      'read -r request <&3; echo "out of luck" >&2; kill -SEGV $$',
      'the Python program of the engine cupy ended by SIGSEGV: out of luck',
    ],
  ])('ends a batch, %s', async (_, does, said) => {
    await prepare();
    writeFileSync(
      folder.at('python'),
      `#!/bin/sh\necho '{"facts":{"arrays":"cupy","device":"NVIDIA T1"}}' >&4\n${does}\n`,
      { mode: 0o755 },
    );
    const command = ['espalier-imaging', 'project', 'in.tif', 'out.tif', '--engine=cupy'];
    const items = [0, 1, 2, 3].map((item) => JSON.stringify({ item, dir: folder.at('.'), command }));
    writeFileSync(folder.at('items'), items.join('\n'));
    const { code, stderr } = await ended(
      spawn(process.execPath, [program, 'batch', folder.at('items')], {
        env: { ...process.env, ESPALIER_PYTHON: folder.at('python') },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    expect(code).toBe(1);
    expect(stderr).toContain(said);
    expect(stderr).toContain('the items that were not reported have to be run again');
    const reported = readFileSync(folder.at('items.done'), 'utf8').split('\n');
    for (const item of [2, 3]) expect(reported.join()).not.toContain(`${item} `);
  });
});

describe.skipIf(real === undefined)('memory that a device does not have', () => {
  it('is an error of the task that says how much was in use, and the next task is computed', async () => {
    await prepare();
    const items = [0, 1].map((item) =>
      JSON.stringify({
        item,
        dir: folder.at('.'),
        command: ['espalier-imaging', ...deconvolve(`${item}.tif`)],
      }),
    );
    writeFileSync(folder.at('items'), items.join('\n'));
    // Two buffers are asked for with more bytes than this backend gives, 512 MiB in all.
    const webgpu = failing('');
    writeFileSync(
      folder.at('index.js'),
      `${readFileSync(folder.at('index.js'), 'utf8')}
let large = 0;
const { createBuffer } = globals.GPUDevice.prototype;
globals.GPUDevice.prototype.createBuffer = function (wanted) {
  const more = wanted.size > 1e6 && wanted.size < 30e6 && ++large <= 2;
  return createBuffer.call(this, more ? { ...wanted, size: 2 ** 28 } : wanted);
};
`,
    );
    const { code, stderr } = await run(webgpu, 'batch', folder.at('items'));
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /item [01]: espalier-imaging: the device has no memory left for the transfer function \(\d MB in use\): use a smaller image/,
    );
    // Nothing is computed without a driver; it got as far as that.
    expect(stderr).toMatch(/item [01]: espalier-imaging: .* was not written: all of its samples are 0/);
    expect(readFileSync(folder.at('items.done'), 'utf8').split('\n').sort()).toEqual(['', '0 1', '1 1']);
  });
});
