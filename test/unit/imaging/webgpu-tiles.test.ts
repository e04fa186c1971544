import { describe, expect, it } from 'vitest';
import { type DeconvolveOptions, planDeconvolution } from '../../../src/imaging/deconvolve/index.ts';
import { openNullAdapter } from '../../../src/imaging/engines/webgpu/dawn.ts';
import { Device } from '../../../src/imaging/engines/webgpu/device.ts';
import { makeRun } from '../../../src/imaging/engines/webgpu/iteration.ts';
import { engineOn } from '../../../src/imaging/engines/webgpu/open-webgpu.ts';
import { planTiles } from '../../../src/imaging/engines/webgpu/plan-tiles.ts';
import { layoutOf } from '../../../src/imaging/engines/webgpu/spectrum.ts';
import { putPart, takePart } from '../../../src/imaging/engines/webgpu/tile-samples.ts';
import { fillTransfer } from '../../../src/imaging/engines/webgpu/transfer.ts';
import { makeRadialOtf } from '../../../src/imaging/otf/index.ts';
import { createVolume, type Shape } from '../../../src/imaging/volume.ts';
import { webgpuPackage } from '../../webgpu-package.ts';

const shape = (nx: number, ny: number, nz: number): Shape => ({ nx, ny, nz });
const room = { largestBuffer: 2 ** 27, memory: undefined, sharedBytes: 32768 };

function planned(
  image: Shape,
  psf: Shape,
  padding: DeconvolveOptions['padding'],
  more: Partial<Record<keyof typeof room, number>>,
) {
  const { grid } = planDeconvolution(image, psf, { padding, acceleration: true, threads: 1 });
  return { grid, tiles: planTiles(grid, psf, true, { ...room, ...more }) };
}

describe('the tiles of a deconvolution', () => {
  it('are none where the whole has room', () => {
    expect(planned(shape(24, 20, 40), shape(7, 5, 7), 'zero', { memory: 1e6 }).tiles).toBeUndefined();
  });

  it('fit the room, cover the volume, and see the PSF less one sample on both sides', () => {
    for (const padding of ['zero', 'mirror', 'circular'] as const)
      for (const memory of [600e3, 500e3, 400e3]) {
        const { grid, tiles } = planned(shape(24, 20, 60), shape(7, 5, 7), padding, { memory });
        if (tiles === undefined) throw new Error('no tiles');
        expect(tiles).toMatchObject({ axis: 'z', halo: 6 });
        expect(tiles.bytes).toBeLessThanOrEqual(memory);
        expect(tiles.count * tiles.core).toBeGreaterThanOrEqual(grid.estimate.nz);
        expect((tiles.count - 1) * tiles.core).toBeLessThan(grid.estimate.nz);
        expect(tiles.layout.transform.nz).toBe(tiles.core + 12);
      }
  });

  it('lie along the axis that makes the least work, for one buffer that is too large as well', () => {
    const { tiles } = planned(shape(512, 1024, 100), shape(31, 31, 61), 'circular', {});
    expect(tiles).toMatchObject({ axis: 'y', halo: 30 });
    expect(tiles?.layout.estimate).toMatchObject({ nx: 512, ny: 100 });
  });

  it('are refused with the figures where none fits', () => {
    const none = () => planned(shape(24, 20, 40), shape(7, 5, 7), 'zero', { memory: 100e3 });
    expect(none).toThrow(
      /^1 MB \(1 MB of them in one piece\) of the device are needed, and 1 MB may be used/,
    );
    expect(none).toThrow('each holds 6, 4 or 6 samples');
    expect(none).toThrow('raise --device-memory, use a smaller image or PSF, or `--engine cpu`');
  });
});

describe('a part of a volume', () => {
  const volume = createVolume(3, 4, 5);
  for (let i = 0; i < volume.data.length; i++) volume.data[i] = i + 1;
  const sample = (x: number, y: number, z: number): number => 1 + x + 3 * (y + 4 * z);

  it('has its axes exchanged, and beyond the ends the other side or nothing', () => {
    const tile = new Float32Array(3 * 5 * 3);
    takePart(volume.data, { shape: volume, axis: 'y', from: -1, planes: 3 }, true, tile);
    expect(tile[2 + 3 * (4 + 5 * 0)]).toBe(sample(2, 3, 4));
    expect(tile[2 + 3 * (4 + 5 * 1)]).toBe(sample(2, 0, 4));
    takePart(volume.data, { shape: volume, axis: 'y', from: -1, planes: 3 }, false, tile);
    expect([...tile.subarray(0, 15)]).toEqual(Array(15).fill(0));
    expect(tile[2 + 3 * (4 + 5 * 2)]).toBe(sample(2, 1, 4));
  });

  it('goes back to where it was taken from, along every axis', () => {
    for (const axis of ['x', 'y', 'z'] as const) {
      const back = new Float32Array(60);
      for (const from of [0, 1, 2]) {
        const part = { shape: volume, axis, from, planes: 1 };
        const tile = new Float32Array(60 / { x: 3, y: 4, z: 5 }[axis]);
        takePart(volume.data, part, false, tile);
        putPart(back, part, tile);
      }
      const expected = [...volume.data].map((value, i) => {
        const at = { x: i % 3, y: Math.floor(i / 3) % 4, z: Math.floor(i / 12) }[axis];
        return at < 3 ? value : 0;
      });
      expect([...back]).toEqual(expected);
    }
  });
});

// Dawn without a driver checks kernels, bindings and memory, and computes nothing.
describe.skipIf(webgpuPackage() === undefined)('a device with a limit', () => {
  const psf = { volume: createVolume(7, 5, 7), centre: { x: 3, y: 2, z: 3 } };
  const options: DeconvolveOptions = {
    iterations: 2,
    acceleration: true,
    padding: 'zero',
    background: 0,
    apodisedPixels: 0,
    start: 'data',
  };
  const image = createVolume(24, 20, 40);
  const work = { kind: 'deconvolve', image, blur: psf.volume, options } as const;
  const engineWith = async (memory: number) => {
    const device = await Device.open(await openNullAdapter(), memory);
    return engineOn(device, { device: 'none', driver: '' });
  };

  it('takes in one piece what has room to the byte, and cuts what has not', async () => {
    const { largestBuffer, sharedBytes } = await Device.open(await openNullAdapter());
    const { grid } = planDeconvolution(image, psf.volume, { ...options, threads: 1 });
    let [whole, cut] = [1e6, 300e3];
    while (whole - cut > 1) {
      const memory = Math.floor((whole + cut) / 2);
      if (planTiles(grid, psf.volume, true, { largestBuffer, sharedBytes, memory })) cut = memory;
      else whole = memory;
    }
    for (const memory of [whole, cut, 400e3]) {
      const engine = await engineWith(memory);
      await engine.deconvolve(image, { kind: 'psf', psf }, options);
      await engine.close();
    }
    // One byte less, and the volume in one piece was refused.
    const device = await Device.open(await openNullAdapter(), cut);
    const layout = layoutOf(grid.estimate, grid.transform);
    const run = await makeRun(device, layout, true, device.sharedBytes);
    await expect(
      fillTransfer(device, { kind: 'psf', psf }, layout, run.transfer, device.sharedBytes),
    ).rejects.toThrow('raise --device-memory');
    device.close();
  });

  it('says beforehand how many tiles there are, and what they take', async () => {
    const engine = await engineWith(400e3);
    const need = engine.memoryFor(work);
    expect(need.tiles).toEqual({ count: 3, axis: 'z' });
    expect(need.device).toBeLessThanOrEqual(400e3);
    expect(need.host).toBeGreaterThan(4 * 7 * 24 * 20 * 40);
    await engine.close();
  });

  it('does not cut what was blurred by a table of a transfer function', async () => {
    const engine = await engineWith(400e3);
    expect(engine.memoryFor({ ...work, tabulated: true }).tiles).toBeUndefined();
    const voxel = { xy: 0.1, z: 0.1 };
    const bead = createVolume(16, 16, 9);
    bead.data[(4 * 16 + 8) * 16 + 8] = 100;
    const { otf } = makeRadialOtf(bead, { ...voxel, fixOrigin: 0 });
    await expect(engine.deconvolve(image, { kind: 'otf', otf, voxel }, options)).rejects.toThrow(
      'of the device may be used; raise --device-memory',
    );
    await engine.close();
  });
});
