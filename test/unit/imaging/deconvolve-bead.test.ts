import { describe, expect, it } from 'vitest';
import { deconvolve } from '../../../src/imaging/deconvolve/index.ts';
import { makeRadialOtf, preparePsf } from '../../../src/imaging/otf/index.ts';
import { openPool } from '../../../src/imaging/threads/index.ts';
import { createVolume, type Volume } from '../../../src/imaging/volume.ts';
import { accelerated, beadFile, kernelFile } from './deconvolve-bead.ts';
import { at, correlation, forEachVoxel } from './deconvolve-reference.ts';
import { readStack } from './deconvolve-stack.ts';

/** Standard deviations of the light along z, y, x. */
function spread(volume: Volume): [number, number, number] {
  const mean = { x: 0, y: 0, z: 0 };
  const square = { x: 0, y: 0, z: 0 };
  let sum = 0;
  forEachVoxel(volume, (x, y, z, i) => {
    const light = at(volume.data, i);
    sum += light;
    mean.x += light * x;
    mean.y += light * y;
    mean.z += light * z;
    square.x += light * x * x;
    square.y += light * y * y;
    square.z += light * z * z;
  });
  const deviation = (axis: 'x' | 'y' | 'z'): number =>
    Math.sqrt(square[axis] / sum - (mean[axis] / sum) ** 2);
  return [deviation('z'), deviation('y'), deviation('x')];
}

const within = (value: number, expected: number, share = 0.01): void => {
  expect(Math.abs(value / expected - 1)).toBeLessThan(share);
};

describe.skipIf(!beadFile || !kernelFile)('a measured bead deconvolved by a measured kernel', () => {
  const load = async () => {
    const kernel = await readStack(kernelFile ?? '');
    const psf = preparePsf(kernel, { centre: { x: 32, y: 32, z: 32 }, background: 0 });
    return { data: await readStack(beadFile ?? ''), blur: { kind: 'psf', psf } as const };
  };

  it('becomes as bright and as narrow as a double-precision program makes it', async () => {
    const { data, blur } = await load();
    const { volume, report } = await deconvolve(data, blur, accelerated, openPool(1));
    const before = data.data.map((value) => Math.max(0, value - 400));
    const peakOf = (values: Float32Array): number => values.reduce((a, b) => Math.max(a, b), 0);
    within(peakOf(before), 3282.4, 1e-4);
    const peak = peakOf(volume.data);
    within(peak, 16211);
    expect(volume.data.indexOf(peak)).toBe((25 * 64 + 27) * 64 + 33);
    within(report.lightAfter / report.lightBefore, 0.99951, 0.001);
    const widths = spread(volume);
    for (const [i, width] of [1.169, 2.5, 2.42].entries()) within(at(widths, i), width);
    within(report.clamped, 1643);
    expect(volume.data.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
  });

  it('and grows along z when the background is left in', async () => {
    const { data, blur } = await load();
    const { volume } = await deconvolve(data, blur, { ...accelerated, background: 0 }, openPool(1));
    within(spread(data)[0], 18.85, 0.001);
    within(spread(volume)[0], 19.64);
  });
});

describe('a radially averaged transfer function', () => {
  it('undoes the blur of the round point spread function that it was made from', async () => {
    // A Gaussian is its own average over angles, so both kinds of blur must give the same picture.
    const psf = createVolume(48, 48, 12);
    forEachVoxel(psf, (x, y, z, i) => {
      psf.data[i] = 1000 * Math.exp(-((x - 24) ** 2 + (y - 24) ** 2) / 8 - (z - 6) ** 2 / 4);
    });
    const image = createVolume(48, 48, 12);
    forEachVoxel(image, (x, y, z, i) => {
      const spot = (u: number, v: number, w: number): number =>
        Math.exp(-((x - u) ** 2 + (y - v) ** 2) / 10 - (z - w) ** 2 / 5);
      image.data[i] = 5 + 800 * spot(15, 20, 5) + 500 * spot(22, 24, 6);
    });
    const options = { ...accelerated, acceleration: false, background: 0 };
    const voxel = { xy: 0.1, z: 0.2 };
    const { otf } = makeRadialOtf(psf, { ...voxel, fixOrigin: 0, axialShift: 0 });
    const radial = await deconvolve(image, { kind: 'otf', otf, voxel }, options, openPool(1));
    const prepared = preparePsf(psf, { centre: 'peak', background: 0 });
    const full = await deconvolve(image, { kind: 'psf', psf: prepared }, options, openPool(1));
    expect(correlation(radial.volume.data, full.volume.data)).toBeGreaterThan(0.97);
    within(radial.report.lightAfter, radial.report.lightBefore);
  });
});
