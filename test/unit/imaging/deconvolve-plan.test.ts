import { describe, expect, it } from 'vitest';
import { apodise } from '../../../src/imaging/deconvolve/apodise.ts';
import { planDeconvolution } from '../../../src/imaging/deconvolve/index.ts';
import { prepareData } from '../../../src/imaging/deconvolve/prepare-data.ts';
import { createVolume, volumeFrom } from '../../../src/imaging/volume.ts';
import { at, seededNumbers } from './deconvolve-reference.ts';

const image = { nx: 512, ny: 256, nz: 100 };
const psf = { nx: 61, ny: 63, nz: 63 };
const plain = { acceleration: false, threads: 2 } as const;

describe('a deconvolution is planned before it starts', () => {
  it('on the image itself where its sides are taken to meet, however odd they are', () => {
    const odd = { nx: 511, ny: 257, nz: 101 };
    expect(planDeconvolution(odd, psf, { ...plain, padding: 'circular' }).grid).toEqual({
      image: odd,
      origin: { x: 0, y: 0, z: 0 },
      estimate: odd,
      transform: odd,
    });
  });

  it('with room for the whole blur where nothing lies beyond the faces, and no estimate there', () => {
    // 512 + 61 − 1 = 572, 256 + 63 − 1 = 318, 100 + 63 − 1 = 162, each up to a product of 2, 3, 5 and 7.
    const { grid } = planDeconvolution(image, psf, { ...plain, padding: 'zero' });
    expect(grid.transform).toEqual({ nx: 576, ny: 320, nz: 162 });
    expect(grid.estimate).toEqual(image);
  });

  it('with the image in the middle where its reflection surrounds it', () => {
    const { grid } = planDeconvolution(image, psf, { ...plain, padding: 'mirror' });
    expect(grid.estimate).toEqual({ nx: 576, ny: 320, nz: 162 });
    expect(grid.origin).toEqual({ x: 32, y: 32, z: 31 });
  });

  it('with the memory it takes: four volumes, or six when accelerated', () => {
    const volume = 512 * 256 * 100 * 4;
    const four = planDeconvolution(image, psf, { ...plain, padding: 'circular' }).bytes;
    const six = planDeconvolution(image, psf, { threads: 2, acceleration: true, padding: 'circular' }).bytes;
    expect(six - four).toBe(2 * volume);
    // Half spectra have 257 of 512 samples a row, and two threads a few planes each.
    expect(four).toBeGreaterThan(4 * volume);
    expect(four).toBeLessThan(4.2 * volume);
  });
});

describe('the data on a larger grid', () => {
  const grid = (count: number, origin: number, length: number) => ({
    image: { nx: count, ny: 1, nz: 1 },
    origin: { x: origin, y: 0, z: 0 },
    estimate: { nx: length, ny: 1, nz: 1 },
    transform: { nx: length, ny: 1, nz: 1 },
  });

  it('are reflected at the first and the last sample, as often as needed', () => {
    const image = volumeFrom({ nx: 3, ny: 1, nz: 1 }, [1, 2, 3]);
    expect([...prepareData(image, grid(3, 2, 7), 0, 0).data.data]).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect([...prepareData(image, grid(3, 5, 12), 0, 0).data.data]).toEqual([
      2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3,
    ]);
    const one = volumeFrom({ nx: 1, ny: 1, nz: 1 }, [4]);
    expect([...prepareData(one, grid(1, 1, 3), 1, 0).data.data]).toEqual([3, 3, 3]);
  });
});

describe('apodising', () => {
  const [nx, ny, pixels] = [40, 36, 8];
  const random = seededNumbers(2);
  const before = Float32Array.from({ length: nx * ny }, () => 100 + 50 * random());
  const after = before.slice();
  apodise(after, nx, ny, pixels);
  // The outermost samples move by half the gap times 1 − sin(π/(4N)).
  const left = Math.sin(Math.PI / (4 * pixels));

  it('leaves of the gap between opposite borders sin(π/4N)', () => {
    for (let x = pixels; x < nx - pixels; x++) {
      const gap = at(before, (ny - 1) * nx + x) - at(before, x);
      expect(at(after, (ny - 1) * nx + x) - at(after, x)).toBeCloseTo(gap * left, 4);
    }
    for (let y = pixels; y < ny - pixels; y++) {
      const gap = at(before, y * nx + nx - 1) - at(before, y * nx);
      expect(at(after, y * nx + nx - 1) - at(after, y * nx)).toBeCloseTo(gap * left, 4);
    }
  });

  it('leaves the middle as it is, and the light of every line', () => {
    expect(at(after, 18 * nx + 20)).toBe(at(before, 18 * nx + 20));
    const total = (plane: Float32Array): number => plane.reduce((sum, value) => sum + value, 0);
    expect(total(after) / total(before)).toBeCloseTo(1, 6);
  });

  it('is refused where the borders would overlap', () => {
    expect(() => apodise(new Float32Array(20), 10, 2, 5)).toThrow('`5` pixels');
  });
});

describe('a volume', () => {
  it('of no or of broken length is refused', () => {
    expect(() => createVolume(0, 1, 1)).toThrow('every length must be 1 or more');
    expect(() => createVolume(1, 1.5, 1)).toThrow('every length must be 1 or more');
  });

  it('above 16 GiB is refused before memory is taken, with what to do', () => {
    expect(() => createVolume(4096, 4096, 257)).toThrow('needs 16.1 GiB in one piece');
  });
});
