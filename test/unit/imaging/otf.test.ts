import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  makeRadialOtf,
  preparePsf,
  type RadialOtf,
  sampleRadialOtf,
} from '../../../src/imaging/otf/index.ts';
import { createVolume, type Volume, volumeFrom } from '../../../src/imaging/volume.ts';
import { at } from './deconvolve-reference.ts';
import { readStack } from './deconvolve-stack.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/otf/${name}`, import.meta.url));

/** Voxel size of the shipped point spread function in µm, fixed origin as the reference was made. */
const steps = { xy: 0.102, z: 0.1, fixOrigin: 10 };

describe('the transfer function of a measured bead equals its published reference', () => {
  let psf: Volume;
  let reference: Volume;
  beforeAll(async () => {
    psf = await readStack(fixture('llsm-psf.tif'));
    reference = await readStack(fixture('llsm-otf-reference.tif'));
  });

  /** The reference interleaves real and imaginary parts along kz. */
  function largestDifference(otf: RadialOtf): number {
    let largest = 0;
    for (let i = 0; i < otf.re.length; i++) {
      const real = at(otf.re, i) - at(reference.data, 2 * i);
      const imaginary = at(otf.im, i) - at(reference.data, 2 * i + 1);
      largest = Math.max(largest, Math.hypot(real, imaginary));
    }
    return largest;
  }

  it('to a millionth, on the same 65 x 61 frequencies', () => {
    const { otf } = makeRadialOtf(psf, steps);
    expect([otf.radialCount, otf.axialCount]).toEqual([65, 61]);
    expect([reference.ny, reference.nx]).toEqual([65, 122]);
    expect(largestDifference(otf)).toBeLessThan(1e-6);
  });

  it('with the centre and background that the reference program finds', () => {
    const { centre, background } = makeRadialOtf(psf, steps);
    expect(centre.x).toBeCloseTo(64.34455, 5);
    expect(centre.y).toBeCloseTo(71.15826, 5);
    expect(centre.z).toBeCloseTo(31.1, 5);
    expect(background).toBeCloseTo(143.87919, 4);
  });

  it('with the first values 1, 0.84788 + 0.13113i and 0.58508 + 0.11224i', () => {
    const { otf } = makeRadialOtf(psf, steps);
    const values = [0, 1, 2].flatMap((z) => [at(otf.re, z), at(otf.im, z)]);
    const expected = [1, 0, 0.84788, 0.13113, 0.58508, 0.11224];
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(at(expected, i), 5);
  });

  it('and differs by 0.0373 when the origin is extrapolated from 5 points', () => {
    const { otf } = makeRadialOtf(psf, { ...steps, fixOrigin: 5 });
    expect(largestDifference(otf)).toBeCloseTo(0.0373, 4);
  });

  it('and has frequency steps of one over the length of the field', () => {
    const { otf } = makeRadialOtf(psf, steps);
    expect(otf.radialStep).toBeCloseTo(1 / (128 * 0.102), 12);
    expect(otf.axialStep).toBeCloseTo(1 / (61 * 0.1), 12);
  });

  it('and is zero beyond the cut-off when the optics are given', () => {
    const optics = { wavelength: 0.525, numericalAperture: 1.1, refractiveIndex: 1.33 };
    const { otf } = makeRadialOtf(psf, { ...steps, cleanUp: optics });
    // 2 · 1.1 / 0.525 = 4.19 cycles per µm lie at row 54.7.
    expect(at(otf.re, 55 * 61)).toBe(0);
    expect(at(otf.re, 54 * 61)).not.toBe(0);
    expect(at(otf.re, 30 * 61 + 30)).toBe(0);
    expect(at(otf.re, 0)).toBe(1);
  });
});

describe('a transfer function between its points', () => {
  // Rows kr = 0, 1, 2; columns kz = 0, 1, 2, −2, −1. Steps of 1 cycle per µm.
  const otf: RadialOtf = {
    radialCount: 3,
    axialCount: 5,
    radialStep: 1,
    axialStep: 1,
    re: Float64Array.from([10, 8, 6, 4, 2, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0]),
    im: new Float64Array(15),
  };

  it('is bilinear', () => {
    expect(sampleRadialOtf(otf, 0.5, 0.5).re).toBe((10 + 8 + 5 + 4) / 4);
  });
  it('meets kz = 0 from the negative side', () => {
    expect(sampleRadialOtf(otf, 0, -0.5).re).toBe((2 + 10) / 2);
  });
  it('is zero from the last ring on', () => {
    expect(sampleRadialOtf(otf, 1.99, 0).re).toBeGreaterThan(0);
    expect(sampleRadialOtf(otf, 2, 0).re).toBe(0);
  });
  it('is zero beyond half its length in kz, where its other half would be read', () => {
    expect(sampleRadialOtf(otf, 0, 2.4).re).toBeGreaterThan(0);
    expect(sampleRadialOtf(otf, 0, 2.6).re).toBe(0);
    expect(sampleRadialOtf(otf, 0, -2.6).re).toBe(0);
  });
});

describe('a point spread function is made ready', () => {
  const bead = volumeFrom({ nx: 4, ny: 5, nz: 1 }, [
    ...[1, 1, 1, 1],
    ...[1, 1, 3, 1],
    ...[1, 3, 7, 3],
    ...[1, 1, 3, 1],
    ...[1, 1, 1, 1],
  ]);

  it('with its background off and a sum of 1', () => {
    const { volume } = preparePsf(bead, { centre: 'peak', background: 1 });
    // 2 + 2 + 6 + 2 + 2 = 14 counts are left.
    expect(at(volume.data, 2 * 4 + 2)).toBeCloseTo(6 / 14, 7);
    expect(at(volume.data, 0)).toBe(0);
  });

  it('with its centre at the middle, the peak, or where it is said to be', () => {
    expect(preparePsf(bead, { centre: 'middle', background: 0 }).centre).toEqual({ x: 2, y: 2, z: 0 });
    const shifted = createVolume(6, 7, 8);
    shifted.data[(3 * 7 + 5) * 6 + 1] = 9;
    expect(preparePsf(shifted, { centre: 'peak', background: 0 }).centre).toEqual({ x: 1, y: 5, z: 3 });
    expect(preparePsf(shifted, { centre: 'middle', background: 0 }).centre).toEqual({ x: 3, y: 3, z: 4 });
    const said = { x: 1, y: 2, z: 3 };
    expect(preparePsf(shifted, { centre: said, background: 0 }).centre).toEqual(said);
    expect(() => preparePsf(shifted, { centre: { x: 6, y: 0, z: 0 }, background: 0 })).toThrow('no sample');
  });

  it('on the voxels of the image: half the size gives twice the width, the centre stays a sample', () => {
    const line = volumeFrom({ nx: 5, ny: 1, nz: 1 }, [0, 1, 2, 1, 0]);
    const one = { x: 1, y: 1, z: 1 };
    const { volume, centre } = preparePsf(line, {
      centre: 'peak',
      background: 0,
      resample: { from: one, to: { x: 0.5, y: 1, z: 1 } },
    });
    expect([volume.nx, volume.ny, volume.nz]).toEqual([9, 1, 1]);
    expect(centre).toEqual({ x: 4, y: 0, z: 0 });
    expect(volume.data.indexOf(Math.max(...volume.data))).toBe(4);
    // Samples at whole positions are kept: 1 and 2 stay in proportion.
    expect(at(volume.data, 2) / at(volume.data, 4)).toBeCloseTo(0.5, 6);
    // Catmull-Rom half way between 1 and 2, with slopes 1 and 0: 1.5 + (1 − 0) / 8.
    expect(at(volume.data, 3) / at(volume.data, 4)).toBeCloseTo(1.625 / 2, 6);
  });

  it('and refused when nothing lies above the background', () => {
    expect(() => preparePsf(bead, { centre: 'peak', background: 7 })).toThrow(
      'nothing above its background of `7`',
    );
  });
});
