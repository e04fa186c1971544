import { describe, expect, it } from 'vitest';
import { openNullAdapter } from '../../../src/imaging/engines/webgpu/dawn.ts';
import { Device } from '../../../src/imaging/engines/webgpu/device.ts';
import { makeRun } from '../../../src/imaging/engines/webgpu/iteration.ts';
import { stageRadices } from '../../../src/imaging/engines/webgpu/line-transform.ts';
import { engineOn } from '../../../src/imaging/engines/webgpu/open-webgpu.ts';
import { layoutOf } from '../../../src/imaging/engines/webgpu/spectrum.ts';
import { parseAngle, planOrthogonal, planShear } from '../../../src/imaging/geometry/index.ts';
import { createVolume } from '../../../src/imaging/volume.ts';
import { webgpuPackage } from '../../webgpu-package.ts';

// Dawn without a driver: it parses and checks shaders, bindings and dispatches against the smallest limits that a
// WebGPU device may have, and computes nothing.
const there = webgpuPackage() !== undefined;

describe('the stages of a transform', () => {
  it('are few, and their product is the length', () => {
    expect(stageRadices(512)).toEqual([8, 8, 8]);
    expect(stageRadices(100)).toEqual([4, 5, 5]);
    expect(stageRadices(16)).toEqual([4, 4]);
    expect(stageRadices(1)).toEqual([]);
    for (let n = 1; n < 1200; n++)
      expect(stageRadices(n).reduce((product, radix) => product * radix, 1)).toBe(n);
  });
});

describe.skipIf(!there)('the shaders of the engine webgpu', () => {
  const open = async () => Device.open(await openNullAdapter());

  it('are valid for sizes of every factor, odd ones, primes, and single lines', async () => {
    const device = await open();
    const sizes = [
      [64, 40, 48],
      [63, 35, 21],
      [1, 1, 45],
      [29, 31, 23],
      [97, 2, 1],
      [1250, 49, 8],
      [512, 256, 100],
    ] as const;
    for (const accelerated of [false, true]) {
      for (const [nx, ny, nz] of sizes) {
        const size = { nx, ny, nz };
        const padded = { nx: nx + 6, ny: ny + 3, nz: nz + 4 };
        for (const transform of [size, padded]) {
          const run = await makeRun(device, layoutOf(size, transform), accelerated, device.sharedBytes);
          await device.free(run.buffers);
        }
      }
    }
    device.close();
  });

  it('for sliding, turning, projecting along every axis, and a bead', async () => {
    const device = await open();
    const engine = engineOn(device, { device: 'none', driver: '' });
    const raw = createVolume(31, 22, 10);
    for (const skew of ['x', 'y'] as const) {
      const scan = { angle: parseAngle(31.8), dz: 0.5, dr: 0.104, skew };
      await engine.deskew(raw, planShear(raw, scan), { fill: 1 });
      await engine.resample(raw, planOrthogonal(raw, scan), { fill: 1 });
    }
    for (const axis of ['x', 'y', 'z'] as const) {
      const planes = async function* () {
        for (let z = 0; z < raw.nz; z++) yield raw.data.subarray(z * 682, (z + 1) * 682);
      };
      await engine.project(raw, axis, planes());
    }
    await expect(
      engine.radialOtf(createVolume(22, 22, 9), { xy: 0.1, z: 0.1, fixOrigin: 0 }),
    ).resolves.toBeDefined();
    await engine.close();
  });

  it('are refused with their line when they are wrong', async () => {
    const device = await open();
    await expect(device.kernel('odd', 'fn main() { let x = y; }', [])).rejects.toThrow(
      /the device refused the kernel odd: .*unresolved value 'y'/,
    );
    device.close();
  });

  it('lines that no workgroup can hold are refused by name', async () => {
    const device = await open();
    const size = { nx: 3000, ny: 4, nz: 4 };
    await expect(makeRun(device, layoutOf(size, size), false, device.sharedBytes)).rejects.toThrow(
      'a line of `3000` samples does not fit',
    );
    device.close();
  });

  it('memory that the device does not have is an error with its figures', async () => {
    const device = await open();
    await expect(device.buffer(1e9, 'the spectrum')).rejects.toThrow(
      'the spectrum needs 1.0 GB in one piece, and the device binds 135 MB at most',
    );
    await expect(device.scoped('a buffer', () => device.plainBuffer(2 ** 29))).rejects.toThrow(
      /memory left|refused a buffer/,
    );
    device.close();
  });

  it('and so is more than may be used', async () => {
    const device = await Device.open(await openNullAdapter(), 20e6);
    await device.buffer(15e6, 'the data');
    await expect(device.buffer(15e6, 'the estimate')).rejects.toThrow(
      'the estimate needs 15 MB beside the 15 MB in use, and 20 MB of the device may be used; raise --device-memory',
    );
    device.close();
  });
});
