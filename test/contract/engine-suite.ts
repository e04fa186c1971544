import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Blur, DeconvolveOptions } from '../../src/imaging/deconvolve/index.ts';
import { openCpu } from '../../src/imaging/engines/cpu.ts';
import type { Engine } from '../../src/imaging/engines/index.ts';
import {
  createProjection,
  parseAngle,
  planOrthogonal,
  planRotation,
  planShear,
} from '../../src/imaging/geometry/index.ts';
import { makeRadialOtf, preparePsf } from '../../src/imaging/otf/index.ts';
import { createVolume, type Shape, type Volume } from '../../src/imaging/volume.ts';
import { at, seededNumbers } from '../unit/imaging/deconvolve-reference.ts';
import { goldenTests } from './engine-golden.ts';

const sha256 = ({ data }: { readonly data: Float32Array }): string =>
  createHash('sha256')
    .update(Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))
    .digest('hex');

/** Dim spots on an uneven floor, with noise: something of every frequency. */
export function spots({ nx, ny, nz }: Shape, seed = 1): Volume {
  const random = seededNumbers(seed);
  const volume = createVolume(nx, ny, nz);
  const beads = Array.from({ length: 6 }, () => ({
    x: random() * nx,
    y: random() * ny,
    z: random() * nz,
    light: 200 + 800 * random(),
  }));
  let i = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) {
        let value = 100 + 10 * random();
        for (const bead of beads)
          value += bead.light * Math.exp(-((x - bead.x) ** 2 + (y - bead.y) ** 2 + (z - bead.z) ** 2) / 6);
        volume.data[i++] = Math.fround(value);
      }
  return volume;
}

/** A lopsided point spread function: anything mirrored, transposed or off its centre shows. */
export function lopsided({ nx, ny, nz }: Shape): Blur {
  const psf = createVolume(nx, ny, nz);
  const [cx, cy, cz] = [Math.floor(nx / 2), Math.floor(ny / 2), Math.floor(nz / 2)];
  let i = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++)
        psf.data[i++] =
          1000 *
          Math.exp(-((x - cx - 0.3) ** 2) / 3 - (y - cy + 0.2) ** 2 / 5 - (z - cz) ** 2 / 2) *
          (1 + 0.4 * Math.tanh(x - cx + (z - cz) / 2));
  return { kind: 'psf', psf: preparePsf(psf, { centre: 'middle', background: 0 }) };
}

export const usual: DeconvolveOptions = {
  iterations: 10,
  acceleration: false,
  padding: 'mirror',
  background: 90,
  apodisedPixels: 0,
  start: 'data',
};

/** The largest difference, as a share of the largest value. */
export function distance(a: { readonly data: Float32Array }, b: { readonly data: Float32Array }): number {
  expect(a.data.length).toBe(b.data.length);
  let [largest, difference] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    largest = Math.max(largest, Math.abs(at(b.data, i)));
    difference = Math.max(difference, Math.abs(at(a.data, i) - at(b.data, i)));
  }
  return difference / largest;
}

interface Case {
  readonly title: string;
  readonly image: Shape;
  readonly psf: Shape;
  readonly padding: DeconvolveOptions['padding'];
  readonly more?: Partial<DeconvolveOptions>;
  /** Is also asked of a slow engine. */
  readonly telling?: true;
}

const shape = (nx: number, ny: number, nz: number): Shape => ({ nx, ny, nz });

const cases: readonly Case[] = [
  {
    title: 'even sizes and an odd PSF, mirrored',
    image: shape(24, 20, 12),
    psf: shape(7, 9, 5),
    telling: true,
    padding: 'mirror',
  },
  {
    title: 'odd sizes and an even PSF, mirrored',
    image: shape(23, 19, 11),
    psf: shape(8, 6, 4),
    telling: true,
    padding: 'mirror',
  },
  { title: 'odd sizes, zeros outside', image: shape(21, 27, 9), psf: shape(7, 7, 5), padding: 'zero' },
  {
    title: 'even sizes, zeros outside',
    image: shape(26, 22, 10),
    psf: shape(6, 8, 4),
    telling: true,
    padding: 'zero',
  },
  {
    title: 'sizes with sevens, circular',
    image: shape(42, 28, 14),
    psf: shape(9, 7, 5),
    padding: 'circular',
  },
  {
    title: 'sizes that are primes, circular',
    image: shape(23, 29, 11),
    psf: shape(7, 7, 5),
    telling: true,
    padding: 'circular',
  },
  {
    title: 'a PSF larger than the image, circular',
    image: shape(16, 15, 6),
    psf: shape(21, 19, 9),
    telling: true,
    padding: 'circular',
  },
  {
    title: 'one plane',
    image: shape(30, 25, 1),
    psf: shape(7, 7, 1),
    telling: true,
    padding: 'mirror',
  },
  { title: 'one plane and a deep PSF', image: shape(25, 30, 1), psf: shape(5, 5, 5), padding: 'zero' },
  { title: 'one column', image: shape(1, 1, 40), psf: shape(3, 3, 9), telling: true, padding: 'zero' },
  { title: 'one row', image: shape(40, 1, 1), psf: shape(9, 1, 1), padding: 'circular' },
  {
    title: 'borders made to meet, and a background too high',
    image: shape(32, 30, 8),
    psf: shape(7, 7, 5),
    telling: true,
    padding: 'circular',
    more: { apodisedPixels: 6, background: 130 },
  },
  {
    title: 'a flat start',
    image: shape(20, 18, 8),
    psf: shape(5, 5, 5),
    padding: 'mirror',
    more: { start: 'flat' },
  },
];

interface Kind {
  /** Is asked for fewer sizes: a software device compiles every shader for every size. */
  readonly slow?: boolean;
  /** The engine with too little memory of its device for a volume of 12 × 12 × 44, and whether it cuts that into tiles. */
  readonly beyond?: { open(): Promise<Engine>; readonly tiles: boolean };
}

/** What every engine does alike. `open` opens it anew. */
export function engineContract(
  name: string,
  open: () => Promise<Engine>,
  { slow = false, beyond }: Kind = {},
): void {
  describe(`an engine: ${name}`, { timeout: slow ? 900_000 : 120_000 }, () => {
    let engine: Engine;
    const cpu = openCpu({ threads: 1 });
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(async () => {
      await engine.close();
      await cpu.close();
    });

    it('says what it is', () => {
      expect(engine.description.engine).toBe(name.split(' ')[0]);
      expect(engine.description.device).not.toBe('');
    });

    for (const { title, image, psf, padding, more, telling } of cases) {
      if (slow && !telling) continue;
      for (const acceleration of slow && telling ? [true] : [false, true]) {
        it(`deconvolves as the cpu does: ${title}, ${acceleration ? 'accelerated' : 'plain'}`, async () => {
          const data = spots(image);
          const options = { ...usual, padding, acceleration, ...more };
          const mine = await engine.deconvolve(data, lopsided(psf), options);
          const theirs = await cpu.deconvolve(data, lopsided(psf), options);
          expect(distance(mine.volume, theirs.volume)).toBeLessThan(acceleration ? 1e-4 : 1e-5);
          expect(mine.report.plan.grid).toEqual(theirs.report.plan.grid);
          expect(mine.report.iterations).toHaveLength(10);
          for (const [k, { weight, sum, clamped }] of mine.report.iterations.entries()) {
            const theirIteration = theirs.report.iterations[k];
            expect(weight).toBeCloseTo(theirIteration?.weight ?? Number.NaN, 3);
            expect(sum / (theirIteration?.sum ?? Number.NaN)).toBeCloseTo(1, 4);
            // A ratio close to the limit falls on either side.
            expect(Math.abs(clamped - (theirIteration?.clamped ?? Number.NaN))).toBeLessThanOrEqual(2);
          }
          expect(mine.report.lightBefore / theirs.report.lightBefore).toBeCloseTo(1, 6);
          expect(mine.report.lightAfter / theirs.report.lightAfter).toBeCloseTo(1, 4);
        });
      }
    }

    it('deconvolves by a radially averaged transfer function as the cpu does', async () => {
      const psf = spots(shape(32, 32, 9), 3);
      psf.data[(4 * 32 + 16) * 32 + 16] = 30_000;
      const voxel = { xy: 0.1, z: 0.2 };
      const { otf } = makeRadialOtf(psf, { ...voxel, fixOrigin: 0 });
      const blur: Blur = { kind: 'otf', otf, voxel };
      const data = spots(shape(30, 25, 12));
      const options = { ...usual, padding: 'circular' as const };
      const mine = await engine.deconvolve(data, blur, options);
      const theirs = await cpu.deconvolve(data, blur, options);
      expect(distance(mine.volume, theirs.volume)).toBeLessThan(1e-5);
    });

    it('gives the same bytes twice', async () => {
      const run = async (): Promise<string> => {
        const options = { ...usual, acceleration: true };
        return sha256(
          (await engine.deconvolve(spots(shape(33, 26, 13)), lopsided(shape(7, 7, 5)), options)).volume,
        );
      };
      expect(await run()).toBe(await run());
    });

    it('leaves what it was given as it was', async () => {
      const data = spots(shape(20, 18, 6));
      const before = sha256(data);
      await engine.deconvolve(data, lopsided(shape(5, 5, 3)), { ...usual, iterations: 1 });
      expect(sha256(data)).toBe(before);
    });

    it.each([0, 4])('refuses an image with samples that are no numbers, apodised by %d', async (pixels) => {
      for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const data = spots(shape(20, 18, 6));
        data.data[20 * 18 * 3] = value;
        const options = { ...usual, apodisedPixels: pixels };
        await expect(engine.deconvolve(data, lopsided(shape(5, 5, 3)), options)).rejects.toThrow(
          'plane `3` of the image holds values that are not finite numbers',
        );
      }
    });

    it('refuses borders to be made to meet that are wider than the planes', async () => {
      const options = { ...usual, apodisedPixels: 10 };
      await expect(
        engine.deconvolve(spots(shape(20, 18, 6)), lopsided(shape(5, 5, 3)), options),
      ).rejects.toThrow('`10` pixels cannot be apodised at each border of a plane of 20 x 18');
    });

    if (beyond !== undefined)
      it(`${beyond.tiles ? 'cuts into tiles without a seam' : 'refuses with the figures'} what its memory has no room for`, async () => {
        const [image, blur] = [spots(shape(12, 12, 44)), lopsided(shape(5, 5, 5))];
        const options = { ...usual, padding: 'zero' as const, acceleration: true };
        const small = await beyond.open();
        try {
          const work = { kind: 'deconvolve', image, blur: shape(5, 5, 5), options } as const;
          if (!beyond.tiles) {
            await expect(small.deconvolve(image, blur, options)).rejects.toThrow(/memory .*not enough/);
            return;
          }
          expect(small.memoryFor(work).tiles?.count).toBeGreaterThan(1);
          expect(engine.memoryFor(work).tiles).toBeUndefined();
          const cut = await small.deconvolve(image, blur, options);
          const whole = await engine.deconvolve(image, blur, options);
          expect(distance(cut.volume, whole.volume)).toBeLessThan(1e-5);
          const theirs = await cpu.deconvolve(image, blur, options);
          expect(distance(cut.volume, theirs.volume)).toBeLessThan(1e-4);
          expect(cut.report.lightBefore / theirs.report.lightBefore).toBeCloseTo(1, 6);
        } finally {
          await small.close();
        }
      });

    it('says beforehand what memory a deconvolution takes, and more for more', () => {
      const need = (nz: number): number => {
        const work = {
          kind: 'deconvolve',
          image: shape(64, 64, nz),
          blur: shape(9, 9, 9),
          options: { padding: 'circular', acceleration: true },
        } as const;
        const { host, device } = engine.memoryFor(work);
        return host + device;
      };
      expect(need(32)).toBeGreaterThan(4 * 64 * 64 * 32 * 4);
      expect(need(64) - need(32)).toBeGreaterThan(4 * 64 * 64 * 32 * 4);
    });

    for (const skew of ['x', 'y'] as const) {
      for (const degrees of [31.8, -32.45, 90]) {
        const scan = { angle: parseAngle(degrees), dz: 0.5, dr: 0.104, skew };
        it(`slides planes as the cpu does: ${degrees} degrees along ${skew}, in two slabs`, async () => {
          const raw = spots(shape(31, 22, 10));
          const plan = planShear(raw, scan);
          const slab = { ...raw, nz: 4, data: raw.data.subarray(6 * 31 * 22) };
          const options = { fill: 95.5, firstPlane: 6 };
          const mine = await engine.deskew(slab, plan, options);
          expect(distance(mine, await cpu.deskew(slab, plan, options))).toBeLessThan(1e-6);
          const whole = await engine.deskew(raw, plan, { fill: 95.5 });
          expect(sha256(mine)).toBe(
            sha256({ data: whole.data.subarray(6 * plan.output.nx * plan.output.ny) }),
          );
        });
        it(`turns upright as the cpu does: ${degrees} degrees along ${skew}`, async () => {
          const raw = spots(shape(24, 26, 12));
          for (const plan of [planRotation(raw, scan), planOrthogonal(raw, scan)]) {
            const [mine, theirs] = [
              await engine.resample(raw, plan, { fill: 7 }),
              await cpu.resample(raw, plan, { fill: 7 }),
            ];
            expect(distance(mine, theirs)).toBeLessThan(1e-6);
          }
        });
      }
    }

    goldenTests(() => engine);

    for (const axis of ['x', 'y', 'z'] as const) {
      it(`projects along ${axis} to the same samples as the cpu, NaN included`, async () => {
        const stack = spots(shape(37, 21, 9));
        stack.data[1000] = Number.NaN;
        stack.data[2000] = -5;
        const planes = async function* () {
          for (let z = 0; z < stack.nz; z++) yield stack.data.subarray(z * 37 * 21, (z + 1) * 37 * 21);
        };
        const expected = createProjection(stack, axis);
        for (let z = 0; z < stack.nz; z++)
          expected.add(z, stack.data.subarray(z * 37 * 21, (z + 1) * 37 * 21));
        const { width, height, data } = await engine.project(stack, axis, planes());
        expect([width, height]).toEqual([expected.width, expected.height]);
        expect([...data]).toEqual([...expected.data]);
      });
    }
  });
}
