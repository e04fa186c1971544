import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFile } from 'geotiff';
import { describe, expect, it } from 'vitest';
import { openTiff, type PlaneData, type TiffHeader, writeTiff } from '../../../src/formats/index.ts';
import { hostileNames } from '../../hostile-names.ts';
import { formatError, scratchFolder } from './scratch.ts';

const folder = scratchFolder();
const at = (name: string) => join(folder.path, name);

const header: TiffHeader = {
  width: 3,
  height: 2,
  sizes: { z: 2, c: 2, t: 1 },
  pixelType: 'uint16',
  voxel: { x: 0.104, y: 0.10188, z: 0.20602 },
};

/** Plane n holds n, n + 1000, n + 2000 … */
const planes = (count: number): Uint16Array[] =>
  Array.from({ length: count }, (_, n) => Uint16Array.from({ length: 6 }, (__, i) => n + 1000 * i));

async function readBack(path: string) {
  const image = await openTiff(path);
  const { sizes, voxel, notes, pixelType, description } = image;
  const plane = [...(await image.readPlane({ z: sizes.z - 1, c: sizes.c - 1, t: sizes.t - 1 }))];
  await image.close();
  return { sizes, voxel, notes, pixelType, description: description ?? '', plane };
}

describe('writeTiff', () => {
  it.each([
    ['stack.tif', {}],
    ['big.tif', { bigTiff: true }],
    ['stack.ome.tif', {}],
    ['big.ome.tiff', { bigTiff: true }],
  ])('writes %s so that an independent reader finds the same pixels', async (name, options) => {
    await writeTiff(at(name), header, planes(4), options);
    const tiff = await fromFile(at(name));
    expect(await tiff.getImageCount()).toBe(4);
    const [raster] = await (await tiff.getImage(3)).readRasters();
    expect(raster).toEqual(Uint16Array.of(3, 1003, 2003, 3003, 4003, 5003));
    await tiff.close();
  });

  it.each([
    ['round.tif', {}, 'imagej'],
    ['round-big.tif', { bigTiff: true }, 'imagej'],
    ['round.ome.tif', {}, 'ome'],
  ])('and reads back %s with sizes, voxel and notes', async (name, options, source) => {
    const notes = { 'z-direction': 'from cover glass', tool: 'a "b" <c> & µ = d' };
    await writeTiff(at(name), { ...header, notes }, planes(4), options);
    const found = await readBack(at(name));
    expect(found.plane).toEqual([3, 1003, 2003, 3003, 4003, 5003]);
    expect(found.sizes).toEqual({ z: 2, c: 2, t: 1 });
    expect(found.notes).toEqual(notes);
    expect(found.voxel.source).toBe(source);
    expect([found.voxel.x, found.voxel.y, found.voxel.z]).toEqual([0.104, 0.10188, 0.20602]);
  });

  it('writes the resolution in pixels per µm for ImageJ and per centimetre for OME', async () => {
    await writeTiff(at('unit.tif'), header, planes(4));
    await writeTiff(at('unit.ome.tif'), header, planes(4));
    const tags = await Promise.all(
      ['unit.tif', 'unit.ome.tif'].map(async (name) => {
        const tiff = await fromFile(at(name));
        const directory = (await tiff.getImage(0)).fileDirectory;
        const unit = await directory.loadValue('ResolutionUnit');
        const ratio: unknown = await directory.loadValue('XResolution');
        await tiff.close();
        if (!(ratio instanceof Uint32Array)) throw new Error('the resolution is no ratio');
        return [unit, Number(ratio[0]) / Number(ratio[1])];
      }),
    );
    expect(tags[0]?.[0]).toBe(1);
    expect(tags[0]?.[1]).toBeCloseTo(1 / 0.104, 6);
    expect(tags[1]?.[0]).toBe(3);
    expect(tags[1]?.[1]).toBeCloseTo(1e4 / 0.104, 0);
  });

  it('describes the stack as ImageJ does', async () => {
    await writeTiff(at('described.tif'), { ...header, notes: { made: 'here' } }, planes(4));
    expect((await readBack(at('described.tif'))).description).toBe(
      'ImageJ=1.54f\nimages=4\nchannels=2\nslices=2\nhyperstack=true\nmode=grayscale\nunit=micron\nspacing=0.20602\nloop=false\nmade=here\n',
    );
  });

  it.each(['whole.tif', 'whole.ome.tif'])(
    'writes %s so that a copy without its last byte is known as cut off',
    async (name) => {
      await writeTiff(at(name), header, planes(4));
      const cut = folder.put(`cut-${name}`, readFileSync(at(name)).subarray(0, -1));
      expect((await formatError(openTiff(cut), `cut-${name}`)).message).toContain('is truncated');
    },
  );

  it('writes 8-bit and floating-point planes', async () => {
    const one: TiffHeader = { width: 2, height: 1, sizes: { z: 1, c: 1, t: 1 }, pixelType: 'uint8' };
    await writeTiff(at('bytes.tif'), one, [Uint8Array.of(7, 255)]);
    await writeTiff(at('floats.tif'), { ...one, pixelType: 'float32' }, [Float32Array.of(-1.5, 1e30)]);
    expect((await readBack(at('bytes.tif'))).plane).toEqual([7, 255]);
    expect((await readBack(at('floats.tif'))).plane).toEqual([-1.5, Math.fround(1e30)]);
    expect((await readBack(at('floats.tif'))).voxel).toEqual({});
  });

  it('chooses BigTIFF where the file would pass 4 GiB, and refuses classic there', async () => {
    const large = { ...header, width: 20000, height: 20000, sizes: { z: 6, c: 1, t: 1 } };
    await formatError(writeTiff(at('huge.tif'), large, [], { bigTiff: false }), 'huge.tif');
    const firstBytes: number[] = [];
    const spy = async function* (): AsyncGenerator<PlaneData> {
      const partial = readdirSync(folder.path).find((name) => name.endsWith('.partial')) ?? '';
      firstBytes.push(...readFileSync(at(partial)).subarray(0, 4));
      yield* [];
    };
    await formatError(writeTiff(at('huge.tif'), large, spy()), 'huge.tif');
    expect(firstBytes).toEqual([0x49, 0x49, 43, 0]);
  });

  it.each([
    ['too few planes', planes(3), 'only 3 of 4 planes'],
    ['too many planes', planes(5), 'more than 4 planes'],
    ['a plane of another size', [Uint16Array.of(1, 2)], 'plane 0 holds 2 uint16 values'],
    ['a plane of another type', [new Float32Array(6)], 'plane 0 holds 6 float32 values'],
  ])('leaves nothing behind after %s', async (_, given, reason) => {
    const error = await formatError(writeTiff(at('failed.tif'), header, given), 'failed.tif');
    expect(error.message).toContain(reason);
    expect(folder.names().filter((name) => /failed|partial/.test(name))).toEqual([]);
  });

  it('keeps the earlier file when its successor fails half-way', async () => {
    writeFileSync(at('kept.tif'), 'earlier');
    const failing = function* () {
      yield* planes(1);
      throw new Error('the source broke');
    };
    await expect(writeTiff(at('kept.tif'), header, failing())).rejects.toThrow('the source broke');
    expect(readFileSync(at('kept.tif'), 'utf8')).toBe('earlier');
    expect(folder.names().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it.each(hostileNames)('writes and reads a file named %j', async (name) => {
    await mkdir(at('hostile'), { recursive: true });
    const path = at(`hostile/${name}.ome.tif`);
    await writeTiff(path, header, planes(4));
    expect((await readBack(path)).plane[0]).toBe(3);
  });

  it('refuses notes that its header cannot hold, sizes that are none, and a folder that is not there', async () => {
    const write = (change: Partial<TiffHeader>, path = at('refused.tif')) =>
      formatError(writeTiff(path, { ...header, ...change }, planes(4)), 'refused.tif');
    expect((await write({ notes: { note: 'two\nlines' } })).message).toContain('more than one line');
    expect((await write({ notes: { slices: '9' } })).message).toContain('ImageJ uses itself');
    expect((await write({ voxel: { x: 0 } })).message).toContain('not a size');
    expect((await write({ width: 0 })).message).toContain('not a size');
    expect((await write({}, at('nowhere/refused.tif'))).message).toContain('does not exist');
  });
});
