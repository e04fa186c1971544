import { afterEach, describe, expect, it } from 'vitest';
import { deconvolve } from '../../../src/imaging/deconvolve/index.ts';
import { preparePsf } from '../../../src/imaging/otf/index.ts';
import { openPool, type Pool } from '../../../src/imaging/threads/index.ts';
import { createVolume, volumeFrom } from '../../../src/imaging/volume.ts';
import { seededNumbers } from './deconvolve-reference.ts';

// More than one thread runs the compiled program: `npm run build` comes first, as in `npm run check`.

const pools: Pool[] = [];
function pool(threads: number): Pool {
  const opened = openPool(threads);
  pools.push(opened);
  return opened;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((opened) => opened.close()));
});

for (const threads of [1, 3]) {
  describe(`a pool of ${threads}`, () => {
    it('answers in the order of the list and works on shared samples in place', async () => {
      const { data } = createVolume(10, 1, 1);
      const ranges = [
        { data, from: 0, to: 1 },
        { data, from: 1, to: 7 },
        { data, from: 7, to: 10 },
        { data, from: 0, to: 2 },
      ];
      const counts = await pool(threads).map('addOne', ranges.slice(0, 3));
      expect(counts).toEqual([1, 6, 3]);
      expect([...data]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    });

    it('takes one list after the other, and an empty one', async () => {
      const { data } = createVolume(2, 1, 1);
      const opened = pool(threads);
      for (let i = 0; i < 5; i++) await opened.map('addOne', [{ data, from: 0, to: 2 }]);
      expect([...data]).toEqual([5, 5]);
      expect(await opened.map('addOne', [])).toEqual([]);
    });

    it('passes on the error of a kernel, and works on afterwards', async () => {
      const { data } = createVolume(4, 1, 1);
      const opened = pool(threads);
      const bad = [
        { data, from: 0, to: 4 },
        { data, from: 3, to: 2 },
      ];
      await expect(opened.map('addOne', bad)).rejects.toThrow('`3..2` runs backwards');
      expect(await opened.map('addOne', [{ data, from: 0, to: 4 }])).toEqual([4]);
    });
  });
}

it('a number of threads that cannot be is refused', () => {
  expect(() => openPool(0)).toThrow('`0` threads');
  expect(() => openPool(1.5)).toThrow('`1.5` threads');
});

describe('the same bytes come out whatever the number of threads', () => {
  for (const acceleration of [false, true]) {
    for (const padding of ['circular', 'mirror', 'zero'] as const) {
      it(`padding ${padding}, acceleration ${acceleration ? 'on' : 'off'}`, async () => {
        const random = seededNumbers(5);
        const shape = { nx: 37, ny: 22, nz: 41 };
        const image = volumeFrom(
          shape,
          Float64Array.from({ length: 37 * 22 * 41 }, () => 100 + 900 * random() ** 8),
        );
        const kernel = volumeFrom(
          { nx: 3, ny: 4, nz: 5 },
          Float64Array.from({ length: 60 }, () => random()),
        );
        const psf = preparePsf(kernel, { centre: 'middle', background: 0 });
        const options = {
          iterations: 4,
          acceleration,
          padding,
          background: 50,
          apodisedPixels: 3,
          start: 'data',
        } as const;
        const results: Buffer[] = [];
        for (const threads of [1, 2, 3]) {
          const { volume, report } = await deconvolve(image, { kind: 'psf', psf }, options, pool(threads));
          results.push(
            Buffer.concat([
              Buffer.from(volume.data.slice().buffer),
              Buffer.from(JSON.stringify(report.iterations)),
            ]),
          );
        }
        const [one, two, three] = results;
        expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
        expect(one?.equals(three ?? Buffer.alloc(0))).toBe(true);
      });
    }
  }
});
