import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Engine } from '../../src/imaging/engines/index.ts';
import { parseAngle, planOrthogonal, planShear } from '../../src/imaging/geometry/index.ts';
import { preparePsf } from '../../src/imaging/otf/index.ts';
import { createVolume, type Volume } from '../../src/imaging/volume.ts';
import { accelerated, beadFile, kernelFile } from '../unit/imaging/deconvolve-bead.ts';
import { at } from '../unit/imaging/deconvolve-reference.ts';
import { readStack } from '../unit/imaging/deconvolve-stack.ts';

/** Results known beforehand: published ones, and what follows from the formulas by hand. */
export function goldenTests(engine: () => Engine): void {
  it('finds the transfer function of a measured bead as published: G1', async () => {
    const fixture = (file: string): string =>
      fileURLToPath(new URL(`../fixtures/otf/${file}`, import.meta.url));
    const psf = await readStack(fixture('llsm-psf.tif'));
    const reference = await readStack(fixture('llsm-otf-reference.tif'));
    const { otf, centre, background } = await engine().radialOtf(psf, { xy: 0.102, z: 0.1, fixOrigin: 10 });
    let largest = 0;
    for (let i = 0; i < otf.re.length; i++)
      largest = Math.max(
        largest,
        Math.hypot(at(otf.re, i) - at(reference.data, 2 * i), at(otf.im, i) - at(reference.data, 2 * i + 1)),
      );
    expect(largest).toBeLessThan(1e-6);
    expect(centre.x).toBeCloseTo(64.34455, 5);
    expect(background).toBeCloseTo(143.87919, 4);
  });

  it('turns a point of light upright at 30 degrees, and nothing else is left: G2', async () => {
    const { nx, ny, nz, data } = await upright(engine(), 10, { x: 1, y: 1, z: 1 }, 1, 30);
    expect([nx, ny, nz]).toEqual([10, 19, 5]);
    expect(data[(3 * ny + 2) * nx + 1]).toBeCloseTo((9 - 5 * Math.sqrt(3)) / 2, 6);
    expect([...data].filter((value) => value !== 0)).toHaveLength(1);
  });

  it('and at 60 degrees: G3', async () => {
    const { nx, ny, nz, data } = await upright(engine(), 5, { x: 0, y: 0, z: 2 }, 10, 60);
    expect([nx, ny, nz]).toEqual([5, 8, 4]);
    expect(data[(2 * ny + 2) * nx]).toBeCloseTo(15 - (25 * Math.sqrt(3)) / 3, 6);
  });

  it('slides a point of light to where it belongs: G6', async () => {
    const raw = createVolume(10, 1, 3);
    raw.data[10 + 5] = 1;
    const plan = planShear(raw, { angle: parseAngle(60), dz: 1, dr: 0.2, skew: 'x' });
    const { data } = await engine().deskew(raw, plan, { fill: 0 });
    const expected = new Float32Array(17 * 3);
    expected[17 + 7] = 0.75;
    expected[17 + 8] = 0.25;
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo(at(expected, i), 6);
  });

  it.skipIf(beadFile === undefined || kernelFile === undefined)(
    'makes a measured bead as bright as a double-precision program does: G7',
    async () => {
      const kernel = await readStack(kernelFile ?? '');
      const psf = preparePsf(kernel, { centre: { x: 32, y: 32, z: 32 }, background: 0 });
      const bead = await readStack(beadFile ?? '');
      const { volume, report } = await engine().deconvolve(bead, { kind: 'psf', psf }, accelerated);
      const peak = volume.data.reduce((most, value) => Math.max(most, value), 0);
      within(peak, 16211);
      expect(volume.data.indexOf(peak)).toBe((25 * 64 + 27) * 64 + 33);
      within(report.lightAfter / report.lightBefore, 0.99951);
      within(report.clamped, 1643);
    },
  );

  it('keeps an image that nothing has blurred: I5', async () => {
    const point = createVolume(1, 1, 1);
    point.data[0] = 1;
    const psf = preparePsf(point, { centre: 'middle', background: 0 });
    const image = gradient(16, 12, 8);
    const { volume } = await engine().deconvolve(
      image,
      { kind: 'psf', psf },
      { ...accelerated, background: 0 },
    );
    for (const [i, value] of volume.data.entries()) within(value, at(image.data, i), 1e-5);
  });
}

/** A cube with one bright sample, by orthogonal interpolation. */
async function upright(
  engine: Engine,
  n: number,
  lit: Record<'x' | 'y' | 'z', number>,
  value: number,
  degrees: number,
): Promise<Volume> {
  const raw = createVolume(n, n, n);
  raw.data[(lit.z * n + lit.y) * n + lit.x] = value;
  const plan = planOrthogonal(raw, { angle: parseAngle(degrees), dz: 1, dr: 1, skew: 'y' });
  return engine.resample(raw, plan, { fill: 0 });
}

function gradient(nx: number, ny: number, nz: number): Volume {
  const volume = createVolume(nx, ny, nz);
  for (let i = 0; i < volume.data.length; i++) volume.data[i] = 100 + (i % 97);
  return volume;
}

function within(value: number, expected: number, share = 0.01): void {
  expect(Math.abs(value / expected - 1)).toBeLessThan(share);
}
