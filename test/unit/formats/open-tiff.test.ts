import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openTiff, type PlanePosition, type TiffImage } from '../../../src/formats/index.ts';
import { sharedFile } from '../../shared-folder.ts';
import { fixture, formatError, scratchFolder } from './scratch.ts';

const folder = scratchFolder();

/** Row by row: 1000 t + 300 c + 50 z + 7 y + x, as `fixtures/make.py` fills its stacks. */
function expectedPlane({ t, c, z }: PlanePosition, width: number, height: number): number[] {
  return Array.from(
    { length: width * height },
    (_, i) => 1000 * t + 300 * c + 50 * z + 7 * Math.floor(i / width) + (i % width),
  );
}

async function withTiff<T>(path: string, use: (image: TiffImage) => Promise<T>): Promise<T> {
  const image = await openTiff(path);
  try {
    return await use(image);
  } finally {
    await image.close();
  }
}

const planesOf = (path: string, positions: readonly PlanePosition[]) =>
  withTiff(path, async (image) => {
    const planes = await Promise.all(positions.map((at) => image.readPlane(at)));
    return planes.map((plane) => [...plane]);
  });

describe('openTiff reads pixels', () => {
  const both = [0, 1].map((z) => ({ z, c: 0, t: 0 }));

  it.each([
    'strips-big-endian.tif',
    'strips-short-last.tif',
    'tiles-bigtiff-deflate.tif',
    'lzw-predictor-big-endian.tif',
    'zstd.tif',
  ])('of %s exactly', async (name) => {
    const planes = await planesOf(fixture(name), both);
    expect(planes).toEqual(both.map((at) => expectedPlane(at, 20, 18)));
  });

  it('of a big-endian BigTIFF', async () => {
    const at = { z: 2, c: 0, t: 0 };
    expect(await planesOf(fixture('bigtiff-big-endian.tif'), [at])).toEqual([expectedPlane(at, 5, 4)]);
  });

  it('of 8 bits packed by PackBits', async () => {
    const at = { z: 1, c: 0, t: 0 };
    const expected = expectedPlane(at, 20, 18).map((value) => Math.floor((value % 256) / 16));
    expect(await planesOf(fixture('packbits.tif'), [at])).toEqual([expected]);
  });

  it.each(['float-predictor.tif', 'float-predictor-big-endian.tif'])(
    'of %s, floats with a predictor',
    async (name) => {
      const at = { z: 1, c: 0, t: 0 };
      expect(await planesOf(fixture(name), [at])).toEqual([
        expectedPlane(at, 20, 18).map((value) => -value / 8),
      ]);
    },
  );

  it('of an ImageJ hyperstack, channel fastest, then z, then time', async () => {
    const at = { t: 1, z: 2, c: 1 };
    const sizes = await withTiff(fixture('imagej-hyperstack.tif'), async (image) => image.sizes);
    expect(sizes).toEqual({ t: 2, z: 3, c: 2 });
    expect(await planesOf(fixture('imagej-hyperstack.tif'), [at])).toEqual([expectedPlane(at, 5, 4)]);
  });

  it("of ImageJ's form with one page and all planes behind it", async () => {
    const at = { t: 1, z: 1, c: 0 };
    expect(await planesOf(fixture('imagej-one-page.tif'), [at])).toEqual([expectedPlane(at, 5, 4)]);
  });

  it('of an OME-TIFF whose order is z, then time, then channel', async () => {
    const at = { t: 1, z: 0, c: 1 };
    expect(await planesOf(fixture('ome-nanometres.ome.tif'), [at])).toEqual([expectedPlane(at, 5, 4)]);
  });

  it('and skips thumbnails between the pages', async () => {
    const at = { z: 1, c: 0, t: 0 };
    expect(await planesOf(fixture('thumbnail.tif'), [at])).toEqual([expectedPlane(at, 5, 4)]);
  });
});

describe('openTiff reads the voxel size', () => {
  it.each([
    ['imagej-hyperstack.tif', { x: 0.104, y: 0.108, z: 0.25, source: 'imagej' }],
    ['ome-nanometres.ome.tif', { x: 0.104, y: 0.108, z: 0.25, source: 'ome' }],
    ['centimetres.tif', { x: 0.1, y: 0.2, source: 'resolution' }],
  ])('of %s in micrometres, with its source', async (name, expected) => {
    const { source, ...sizes } = await withTiff(fixture(name), async (image) => image.voxel);
    expect(source).toBe(expected.source);
    for (const axis of ['x', 'y', 'z'] as const) {
      if (!(axis in expected)) expect(sizes).not.toHaveProperty(axis);
      else expect(sizes[axis]).toBeCloseTo(Number(Reflect.get(expected, axis)), 6);
    }
  });

  it('as absent where the file says pixels, dots of a print, or nothing', async () => {
    for (const name of ['imagej-one-page.tif', 'print-resolution.tif', 'strips-short-last.tif'])
      expect(await withTiff(fixture(name), async (image) => image.voxel)).toEqual({});
  });
});

describe('openTiff refuses', () => {
  it.each([
    ['int16.tif', '16-bit signed integer'],
    ['float64.tif', '64-bit floating point'],
    ['colour.tif', '3 values per pixel'],
  ])('%s and says which pixels it holds', async (name, kind) => {
    expect((await formatError(openTiff(fixture(name)), name)).message).toContain(kind);
  });

  it('a compression it does not know, by name', async () => {
    const error = await formatError(
      planesOf(fixture('jpeg2000.tif'), [{ z: 0, c: 0, t: 0 }]),
      'jpeg2000.tif',
    );
    expect(error.message).toContain('JPEG 2000');
  });

  it('a page of another shape, naming both shapes', async () => {
    const error = await formatError(
      planesOf(fixture('pages-differ.tif'), [{ z: 1, c: 0, t: 0 }]),
      'pages-differ.tif',
    );
    expect(error.message).toContain('page 2 is 5 × 3 uint16, page 1 is 5 × 4 uint16');
  });

  it('a plane that is not there', async () => {
    const error = await formatError(
      planesOf(fixture('centimetres.tif'), [{ z: 3, c: 0, t: 0 }]),
      'centimetres.tif',
    );
    expect(error.message).toContain('z runs from 0 to 2');
  });

  it.each([
    ['missing.tif', 'does not exist'],
    ['.', 'is a folder'],
    ['/dev/zero', 'not a regular file'],
  ])('%s, which is no file', async (name, reason) => {
    const path = name.startsWith('/') ? name : `${folder.path}/${name}`;
    expect((await formatError(openTiff(path), path)).message).toContain(reason);
  });

  it.each([
    ['empty.tif', '', 'is empty'],
    ['text.tif', 'Dear diary, today no image was made', 'is not a TIFF; '],
    ['picture.tif', '\u0089PNG\r\n\u001a\n and more bytes', 'but a PNG picture'],
    ['short.tif', 'II*\0', 'is not a TIFF'],
    ['no-page.tif', 'II*\0\0\0\0\0', 'without a page'],
    ['nowhere.tif', 'II*\0\xff\xff\xff\x7f', 'is truncated'],
    ['self.tif', 'II*\0\x08\0\0\0\0\0\x08\0\0\0', 'in a circle'],
  ])('%s, whose content is no stack', async (name, content, reason) => {
    const path = folder.put(name, Buffer.from(content, 'latin1'));
    expect((await formatError(openTiff(path), name)).message).toContain(reason);
  });

  it('every file that was cut short, at whatever byte', async () => {
    for (const name of ['imagej-hyperstack.tif', 'imagej-one-page.tif', 'centimetres.tif']) {
      const whole = readFileSync(fixture(name));
      for (let length = 1; length < whole.length - 64; length += 37) {
        const path = folder.put('cut.tif', whole.subarray(0, length));
        await formatError(openTiff(path), 'cut.tif');
      }
    }
  });

  it('or reads, but never hangs on or crashes over, a file with any byte of its head damaged', async () => {
    const whole = readFileSync(fixture('tiles-bigtiff-deflate.tif'));
    for (let at = 0; at < Math.min(whole.length, 400); at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      const path = folder.put('damaged.tif', bytes);
      const read = planesOf(path, [{ z: 0, c: 0, t: 0 }]);
      await read.catch(() => formatError(read, 'damaged.tif'));
    }
  });
});

describe('openTiff on real files', () => {
  const raw = sharedFile('data/lls7-raw-crop.tif');
  it.skipIf(raw === undefined)(
    'reads 3006 big-endian pages with the range the description names',
    async () => {
      const path = raw ?? '';
      const positions = Array.from({ length: 6 }, (_, i) => ({ z: 83 * (i + 1), c: i % 3, t: i % 2 }));
      const { pages, sizes, voxel } = await withTiff(path, async (image) => image);
      expect({ pages, sizes, voxel }).toEqual({ pages: 3006, sizes: { z: 501, c: 3, t: 2 }, voxel: {} });
      const values = (await planesOf(path, positions)).flat();
      expect(values.length).toBe(6 * 13 * 11);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(62);
      expect(Math.max(...values)).toBeLessThanOrEqual(337);
    },
  );

  const psf = sharedFile('data/llsm-psf.tif');
  it.skipIf(psf === undefined)('finds the peak of a bead where it is known to be', async () => {
    const planes = await planesOf(psf ?? '', [{ z: 30, c: 0, t: 0 }]);
    expect(planes[0]?.[71 * 128 + 64]).toBe(7792);
    expect(Math.max(...(planes[0] ?? []))).toBe(7792);
  });

  const otf = sharedFile('data/llsm-otf-reference.tif');
  it.skipIf(otf === undefined)('reads floats in strips with a short last one', async () => {
    const [plane] = await planesOf(otf ?? '', [{ z: 0, c: 0, t: 0 }]);
    expect(plane?.length).toBe(65 * 122);
    expect(plane?.[0]).toBe(1);
  });
});
