import { describe, expect, it } from 'vitest';
import { type Blur, type DeconvolveOptions, deconvolve } from '../../../src/imaging/deconvolve/index.ts';
import { preparePsf } from '../../../src/imaging/otf/index.ts';
import { openPool } from '../../../src/imaging/threads/index.ts';
import { type Shape, type Volume, volumeFrom } from '../../../src/imaging/volume.ts';
import {
  at,
  convolve,
  correlation,
  forEachVoxel,
  type Kernel,
  referenceRichardsonLucy,
  seededNumbers,
} from './deconvolve-reference.ts';

const plain: DeconvolveOptions = {
  iterations: 5,
  acceleration: false,
  padding: 'circular',
  background: 0,
  apodisedPixels: 0,
  start: 'data',
};

/** Bright points on a dim ground. */
function points(shape: Shape, seed: number): Float64Array {
  const random = seededNumbers(seed);
  return Float64Array.from({ length: shape.nx * shape.ny * shape.nz }, () =>
    random() < 0.05 ? 500 + 500 * random() : 20 + random(),
  );
}

/** A lopsided kernel: a mistake in mirroring or centring shows. */
function kernelOf(shape: Shape): Kernel {
  const centre = { x: Math.floor(shape.nx / 2), y: Math.floor(shape.ny / 2), z: Math.floor(shape.nz / 2) };
  const samples: number[] = [];
  forEachVoxel(shape, (x, y, z) => {
    const distance = (x - centre.x) ** 2 / 2 + (y - centre.y - 0.3) ** 2 + (z - centre.z + 0.2) ** 2 / 3;
    samples.push(Math.exp(-distance) * (1 + 0.2 * x + 0.1 * y));
  });
  const sum = samples.reduce((total, value) => total + value, 0);
  return { shape, samples: samples.map((value) => value / sum), centre };
}

function blurOf(kernel: Kernel): Blur {
  return {
    kind: 'psf',
    psf: preparePsf(volumeFrom(kernel.shape, kernel.samples), { centre: 'middle', background: 0 }),
  };
}

async function run(data: Volume, blur: Blur, options: Partial<DeconvolveOptions> = {}) {
  return await deconvolve(data, blur, { ...plain, ...options }, openPool(1));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  let peak = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(at(a, i) - at(b, i)));
    peak = Math.max(peak, Math.abs(at(b, i)));
  }
  return largest / peak;
}

const shapes: Shape[] = [
  { nx: 16, ny: 8, nz: 4 },
  { nx: 12, ny: 10, nz: 7 },
  { nx: 11, ny: 13, nz: 6 },
  { nx: 9, ny: 17, nz: 1 },
  { nx: 1, ny: 5, nz: 22 },
];

describe('Richardson-Lucy agrees with its formula summed in double precision', () => {
  for (const shape of shapes) {
    const name = `${shape.nx} x ${shape.ny} x ${shape.nz}`;
    const kernel = kernelOf({ nx: 5, ny: 4, nz: 3 });
    const data = points(shape, 7);

    it(`on a circular grid of ${name}`, async () => {
      const { volume } = await run(volumeFrom(shape, data), blurOf(kernel));
      const expected = referenceRichardsonLucy(data, shape, kernel, {
        iterations: 5,
        acceleration: false,
        edge: 'circular',
      });
      expect(largestDifference(volume.data, expected)).toBeLessThan(1e-5);
    });

    it(`with acceleration on a circular grid of ${name}`, async () => {
      const { volume } = await run(volumeFrom(shape, data), blurOf(kernel), { acceleration: true });
      const expected = referenceRichardsonLucy(data, shape, kernel, {
        iterations: 5,
        acceleration: true,
        edge: 'circular',
      });
      expect(largestDifference(volume.data, expected)).toBeLessThan(1e-5);
    });

    it(`with nothing beyond the faces of ${name}`, async () => {
      const { volume } = await run(volumeFrom(shape, data), blurOf(kernel), { padding: 'zero' });
      const expected = referenceRichardsonLucy(data, shape, kernel, {
        iterations: 5,
        acceleration: false,
        edge: 'zero',
      });
      expect(largestDifference(volume.data, expected)).toBeLessThan(1e-5);
    });
  }

  it('with a kernel larger than the volume, which then meets its own other side', async () => {
    const shape = { nx: 4, ny: 3, nz: 2 };
    const kernel = kernelOf({ nx: 9, ny: 7, nz: 6 });
    const data = points(shape, 3);
    const { volume } = await run(volumeFrom(shape, data), blurOf(kernel));
    const expected = referenceRichardsonLucy(data, shape, kernel, {
      iterations: 5,
      acceleration: false,
      edge: 'circular',
    });
    expect(largestDifference(volume.data, expected)).toBeLessThan(1e-5);
  });
});

describe('a bead stays where it is', () => {
  for (const size of [3, 4, 5, 6]) {
    for (const axis of ['nx', 'ny', 'nz'] as const) {
      it(`with a kernel of ${size} samples along ${axis.slice(1)}`, async () => {
        const shape = { nx: 15, ny: 15, nz: 15 };
        const kernelShape = { nx: 3, ny: 3, nz: 3, [axis]: size };
        // Symmetric about its middle sample, so that the bead's image has its brightest voxel on the bead.
        const centre = {
          x: Math.floor(kernelShape.nx / 2),
          y: Math.floor(kernelShape.ny / 2),
          z: Math.floor(kernelShape.nz / 2),
        };
        const samples: number[] = [];
        forEachVoxel(kernelShape, (x, y, z) => {
          samples.push(Math.exp(-((x - centre.x) ** 2 + (y - centre.y) ** 2 + (z - centre.z) ** 2)));
        });
        const bead = new Float64Array(15 ** 3).fill(1);
        bead[(7 * 15 + 7) * 15 + 7] = 1000;
        const data = convolve(bead, shape, { shape: kernelShape, samples, centre }, 'circular', 1);
        const blur = blurOf({ shape: kernelShape, samples, centre });
        for (const padding of ['circular', 'mirror', 'zero'] as const) {
          const { volume } = await run(volumeFrom(shape, data), blur, { padding, iterations: 10 });
          expect(volume.data.indexOf(Math.max(...volume.data))).toBe((7 * 15 + 7) * 15 + 7);
        }
      });
    }
  }
});

describe('what users rely on', () => {
  const shape = { nx: 24, ny: 20, nz: 10 };
  const kernel = kernelOf({ nx: 5, ny: 5, nz: 3 });
  const truth = points(shape, 11);
  const blurred = convolve(truth, shape, kernel, 'circular', 1);

  for (const acceleration of [false, true]) {
    it(`correlation with the truth rises at every iteration, acceleration ${acceleration ? 'on' : 'off'}`, async () => {
      const seen = [correlation(blurred, truth)];
      await run(volumeFrom(shape, blurred), blurOf(kernel), {
        iterations: 10,
        acceleration,
        watch: (_, estimate) => seen.push(correlation(estimate.data, truth)),
      });
      expect(seen).toHaveLength(11);
      for (let k = 1; k < seen.length; k++) expect(at(seen, k)).toBeGreaterThan(at(seen, k - 1));
    });
  }

  for (const padding of ['circular', 'mirror', 'zero'] as const) {
    it(`padding ${padding} keeps the image's size and its light within 1 %`, async () => {
      // Light that lies at a face may rightly be found beyond it: the points keep away, the ground does not.
      const inside = truth.slice();
      forEachVoxel(shape, (x, y, z, i) => {
        const near = Math.min(x, shape.nx - 1 - x, y, shape.ny - 1 - y, z + 2, shape.nz + 1 - z);
        if (near < 4) inside[i] = 20;
      });
      const image = convolve(inside, shape, kernel, 'circular', 1);
      const { volume, report } = await run(volumeFrom(shape, image), blurOf(kernel), {
        padding,
        iterations: 10,
      });
      expect({ nx: volume.nx, ny: volume.ny, nz: volume.nz }).toEqual(shape);
      const before = image.reduce((sum, value) => sum + value, 0);
      const after = volume.data.reduce((sum, value) => sum + value, 0);
      expect(report.lightBefore).toBeCloseTo(before, 1);
      expect(report.lightAfter).toBeCloseTo(after, 1);
      expect(Math.abs(after / before - 1)).toBeLessThan(0.01);
    });
  }

  it('all light is kept to a millionth where no ratio was cut', async () => {
    const { report } = await run(volumeFrom(shape, blurred), blurOf(kernel), { iterations: 10 });
    expect(report.clamped).toBe(0);
    expect(Math.abs(report.lightAfter / report.lightBefore - 1)).toBeLessThan(1e-6);
  });

  it('a kernel of one sample changes nothing', async () => {
    const one = blurOf({ shape: { nx: 1, ny: 1, nz: 1 }, samples: [1], centre: { x: 0, y: 0, z: 0 } });
    const { volume } = await run(volumeFrom(shape, truth), one, { iterations: 10 });
    expect(largestDifference(volume.data, truth)).toBeLessThan(4e-6);
  });

  it('the background is taken off before, and negative counts with it', async () => {
    const data = volumeFrom({ nx: 4, ny: 4, nz: 1 }, new Float64Array(16).fill(90));
    data.data[5] = 130;
    const one = blurOf({ shape: { nx: 1, ny: 1, nz: 1 }, samples: [1], centre: { x: 0, y: 0, z: 0 } });
    const { volume } = await run(data, one, { background: 100, iterations: 0 });
    expect([...volume.data]).toEqual([0, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('a flat start begins from the median of the image, background included', async () => {
    const seen: number[] = [];
    const data = volumeFrom({ nx: 3, ny: 1, nz: 1 }, [10, 20, 60]);
    const one = blurOf({ shape: { nx: 1, ny: 1, nz: 1 }, samples: [1], centre: { x: 0, y: 0, z: 0 } });
    const { volume } = await run(data, one, {
      start: 'flat',
      background: 5,
      iterations: 1,
      watch: (iteration) => seen.push(iteration.sum),
    });
    // One iteration with a point as kernel gives the data from any start: 20 · (data / 20).
    expect([...volume.data].map((value) => Math.round(value * 1000) / 1000)).toEqual([5, 15, 55]);
    const untouched = await run(data, one, { start: 'flat', background: 5, iterations: 0 });
    expect([...untouched.volume.data]).toEqual([20, 20, 20]);
    expect(seen).toHaveLength(1);
  });

  it('a value that is not a number is refused with its plane', async () => {
    const data = volumeFrom(shape, blurred);
    data.data[3 * 24 * 20 + 5] = Number.NaN;
    await expect(run(data, blurOf(kernel))).rejects.toThrow('plane `3`');
  });
});
