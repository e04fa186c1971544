import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseImageJ } from '../../../src/formats/imagej-header.ts';
import { openTiff, writeTiff } from '../../../src/formats/index.ts';
import { toMicrometres } from '../../../src/formats/length-unit.ts';
import { parseOme } from '../../../src/formats/ome-xml.ts';
import { formatError, scratchFolder } from './scratch.ts';

const folder = scratchFolder();

describe('toMicrometres', () => {
  it.each([
    [2, 'micron', 2],
    [2, 'um', 2],
    [2, 'µm', 2],
    [2, '\\u00B5m', 2],
    [104, 'nm', 0.104],
    [0.001, 'mm', 1],
    [1, 'inch', 25400],
  ])('knows %d %s', (value, unit, expected) => {
    expect(toMicrometres(value, unit)).toBeCloseTo(expected, 9);
  });

  it.each([
    [1, 'pixel'],
    [1, ''],
    [1, 'constructor'],
    [0, 'um'],
    [-1, 'um'],
    [Number.NaN, 'um'],
    [Number.POSITIVE_INFINITY, 'um'],
  ])('takes %d %s for no size', (value, unit) => {
    expect(toMicrometres(value, unit)).toBeUndefined();
  });
});

describe('parseImageJ', () => {
  it('takes slices for what is left of the images when they are not named', () => {
    expect(parseImageJ('ImageJ=1.52o\nimages=12\nchannels=2\n', {})?.sizes).toEqual({ z: 6, c: 2, t: 1 });
    expect(parseImageJ('ImageJ=1.52o\r\nimages=7\r\n', {})?.sizes).toEqual({ z: 7, c: 1, t: 1 });
  });

  it('reads a size of its own for each axis, and the size of a stack taken downwards', () => {
    const text = 'ImageJ=1.53\nimages=2\nslices=2\nunit=micron\nyunit=nm\nspacing=-0.4\n';
    expect(parseImageJ(text, { x: 0.1, y: 200 })?.voxel).toEqual({ x: 0.1, y: 0.2, z: 0.4 });
  });

  it('takes neither pixels nor spacing for sizes where the unit is pixel or missing', () => {
    for (const unit of ['unit=pixel\n', ''])
      expect(
        parseImageJ(`ImageJ=1.53\nimages=2\n${unit}spacing=0.3\n`, { x: 0.145, y: 0.145 })?.voxel,
      ).toEqual({});
  });

  it('knows other text for other text', () => {
    expect(parseImageJ('BoundingBox 0 12.9', {})).toBeUndefined();
    expect(parseImageJ(undefined, {})).toBeUndefined();
  });
});

const ome = (pixels: string, inside = '', before = '') =>
  `${before}<?xml version="1.0"?><o:OME xmlns:o="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">` +
  `<o:Image ID="Image:0"><o:Pixels ID="Pixels:0" Type="uint16" ${pixels}>${inside}</o:Pixels></o:Image>` +
  '<o:StructuredAnnotations><o:MapAnnotation ID="A"><o:Value><o:M K="a&amp;b">x &lt; y &#xb5;&unknown;</o:M></o:Value></o:MapAnnotation></o:StructuredAnnotations></o:OME>';

const sized = 'SizeX="5" SizeY="4" SizeZ="3" SizeC="2" SizeT="2"';

describe('parseOme', () => {
  it('reads sizes, voxel with units, and notes, and decodes only predefined entities', () => {
    const found = parseOme(
      ome(
        `${sized} DimensionOrder="XYCZT" PhysicalSizeX="104" PhysicalSizeXUnit="nm" PhysicalSizeY="0.1" PhysicalSizeZ="1" PhysicalSizeZUnit="pixel"`,
      ),
    );
    expect(found?.sizes).toEqual({ z: 3, c: 2, t: 2 });
    expect(found?.voxel).toEqual({ x: 0.104, y: 0.1 });
    expect(found?.notes).toEqual({ 'a&b': 'x < y µ&unknown;' });
  });

  it.each([
    ['XYZCT', 2 + 3 * (1 + 2 * 1)],
    ['XYCZT', 1 + 2 * (2 + 3 * 1)],
    ['XYTCZ', 1 + 2 * (1 + 2 * 2)],
    ['XYZTC', 2 + 3 * (1 + 2 * 1)],
  ])('orders pages by %s', (order, page) => {
    expect(parseOme(ome(`${sized} DimensionOrder="${order}"`))?.pages.pageOf({ z: 2, c: 1, t: 1 })).toBe(
      page,
    );
  });

  it('follows the pages that TiffData name, and knows planes of another file', () => {
    const blocks =
      '<o:TiffData IFD="7" FirstZ="1" FirstC="0" FirstT="0" PlaneCount="2"><o:UUID>urn:uuid:1</o:UUID></o:TiffData>' +
      '<o:TiffData IFD="0" FirstZ="0"><o:UUID FileName="b.tif">urn:uuid:2</o:UUID></o:TiffData>';
    const pageOf = parseOme(ome(`${sized} DimensionOrder="XYZCT"`, blocks))?.pages.pageOf;
    expect([0, 1, 2].map((z) => pageOf?.({ z, c: 0, t: 0 }))).toEqual([undefined, 7, 8]);
  });

  it('does not expand entities that a document defines', () => {
    const bomb = `<!DOCTYPE x [${Array.from({ length: 20 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join('')}<!ENTITY e0 "boom">]>`;
    const text = ome(`${sized} DimensionOrder="XYZCT"`)
      .replace('&unknown;', '&e20;')
      .replace('?>', `?>${bomb}`);
    const notes = Object.values(parseOme(text)?.notes ?? {}).join('');
    expect(notes.length).toBeLessThan(100);
  });

  it.each([
    ['SizeX="5" SizeC="1" SizeT="1"', 'no usable SizeZ'],
    ['SizeZ="0" SizeC="1" SizeT="1"', 'claims 0 planes'],
    ['SizeZ="99999" SizeC="99999" SizeT="1"', 'planes'],
    [`${sized} DimensionOrder="XYZZT"`, 'unknown DimensionOrder XYZZT'],
  ])('refuses %s', (pixels, reason) => {
    expect(() => parseOme(ome(pixels))).toThrow(reason);
  });

  it('refuses blocks that place the same planes again and again', () => {
    const blocks = '<o:TiffData IFD="0" PlaneCount="12"/>'.repeat(3);
    expect(() => parseOme(ome(`${sized} DimensionOrder="XYZCT"`, blocks))).toThrow('again and again');
  });

  it('knows other text for other text', () => {
    expect(parseOme('<html><body>OME</body></html>')).toBeUndefined();
  });
});

describe('openTiff', () => {
  const patched = async (name: string, from: string, to: string) => {
    const header = { width: 2, height: 1, sizes: { z: 3, c: 2, t: 1 }, pixelType: 'uint8' } as const;
    await writeTiff(
      `${folder.path}/${name}`,
      header,
      Array.from({ length: 6 }, () => Uint8Array.of(1, 2)),
    );
    const bytes = readFileSync(`${folder.path}/${name}`);
    const at = bytes.indexOf(from);
    expect(at).toBeGreaterThan(0);
    bytes.write(to, at, 'latin1');
    return formatError(openTiff(folder.put(name, bytes)), name);
  };

  it('refuses a file with fewer pages than its header says', async () => {
    const error = await patched(
      'fewer.tif',
      'images=6\nchannels=2\nslices=3',
      'images=8\nchannels=2\nslices=4',
    );
    expect(error.message).toContain('its ImageJ header says 8 planes but it holds 6');
    const other = await patched(
      'fewer.ome.tif',
      'SizeZ="3" SizeC="2" SizeT="1"><Channel',
      'SizeZ="4" SizeC="2" SizeT="1"><Channel',
    );
    expect(other.message).toContain('its OME header says 8 planes but it holds 6');
  });

  it('refuses a header that contradicts itself', async () => {
    const error = await patched('contradiction.tif', 'images=6', 'images=5');
    expect(error.message).toContain('5 images but 2 channels × 3 slices × 1 frames');
  });

  it('says what it cannot understand in OME-XML', async () => {
    const error = await patched('broken.ome.tif', 'SizeZ="3"', 'SizeZ="x"');
    expect(error.message).toContain('cannot be understood: its OME-XML has no usable SizeZ');
  });
});
