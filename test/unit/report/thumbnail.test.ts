import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTiff } from '../../../src/formats/index.ts';
import { contrastLimits, drawThumbnail, isPicture, shrink } from '../../../src/report/thumbnail.ts';
import { scratch } from '../provenance/story.ts';

test('shrinking takes the mean over blocks, smaller ones at the edges', () => {
  const small = shrink(Float32Array.of(1, 3, 5, 7, 9, 11), 3, 2, 2);
  expect([small.width, small.height, ...small.data]).toEqual([2, 1, (1 + 3 + 7 + 9) / 4, (5 + 11) / 2]);
});

test('one hot pixel does not set the contrast', () => {
  const data = new Float32Array(1000).map((_, i) => i);
  data[0] = 65_535;
  expect(contrastLimits(data)).toEqual([10, 998]);
  expect(contrastLimits(Float32Array.of(4))).toEqual([4, 4]);
});

test('a stack becomes its maximum along z', async () => {
  const path = join(scratch(), 'stack.tif');
  const header = { width: 2, height: 1, sizes: { z: 2, c: 1, t: 1 }, pixelType: 'uint16' as const };
  await writeTiff(path, header, [Uint16Array.of(10, 400), Uint16Array.of(300, 20)]);
  const { url, caption } = await drawThumbnail(path);
  expect(url).toMatch(/^data:image\/png;base64,iVBOR/);
  expect(caption).toBe('2 × 1 × 2 · grey 300 to 300');
});

test('what is no image says why', async () => {
  const { url, caption } = await drawThumbnail('/nowhere/x.tif');
  expect(url).toBeNull();
  expect(caption).toContain('/nowhere/x.tif');
});

test('pictures are known by their names', () => {
  expect(['a.tif', 'a.TIFF', 'a.ome.tif', 'a.png', 'a.csv', 'a.zarr'].map(isPicture)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});
