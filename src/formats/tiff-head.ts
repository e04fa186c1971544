import { renderImageJ } from './imagej-header.ts';
import { renderOme } from './ome-xml.ts';
import { bytesPerPixel, type PixelType, type PlaneSizes, planeCount, type VoxelSize } from './pixels.ts';
import { tag } from './tiff-tags.ts';

interface HeadImage {
  readonly width: number;
  readonly height: number;
  readonly sizes: PlaneSizes;
  readonly pixelType: PixelType;
  readonly voxel?: Partial<VoxelSize>;
  readonly notes?: Readonly<Record<string, string>>;
}

interface HeadForm {
  readonly ome: boolean;
  readonly big: boolean;
  readonly name: string;
}

type FieldType = 'ascii' | 'short' | 'long' | 'long8' | 'rational';
type Ratio = readonly [numerator: number, denominator: number];
/** A ratio stands in the field itself, as it must in BigTIFF where eight bytes fit; else a value or its position. */
type Field = readonly [tag: number, type: FieldType, count: number, value: number | Ratio];

const fieldCodes: Readonly<Record<FieldType, number>> = {
  ascii: 2,
  short: 3,
  long: 4,
  rational: 5,
  long8: 16,
};

/**
 * Everything of a little-endian TIFF that comes before its pixels: header, page directories one after another, then
 * description and resolution, which all pages share. The planes follow in one run, one strip each, so that a reader
 * finds every page with one short read, and ImageJ can map the file.
 */
export function renderTiffHead(image: HeadImage, form: HeadForm): Buffer {
  const voxel = image.voxel ?? {};
  const notes = image.notes ?? {};
  const text = form.ome
    ? renderOme({ ...image, name: form.name }, voxel, notes)
    : renderImageJ(image.sizes, voxel, notes);
  const description = Buffer.from(`${text}\0`, 'utf8');
  const place = placeParts(image, form, description.length);
  const head = Buffer.alloc(place.pixels);
  writeFileHeader(head, form.big, place.firstDirectory);
  for (let page = 0; page < planeCount(image.sizes); page++)
    writeDirectory(
      head,
      form.big,
      place,
      page,
      planeCount(image.sizes),
      pageFields(image, form, place, page, description.length),
    );
  writeRatio(head, place.resolution, pixelsPerUnit(voxel.x, form.ome));
  writeRatio(head, place.resolution + 8, pixelsPerUnit(voxel.y, form.ome));
  description.copy(head, place.description);
  return head;
}

interface Places {
  readonly firstDirectory: number;
  readonly firstBytes: number;
  readonly otherBytes: number;
  readonly resolution: number;
  readonly description: number;
  readonly pixels: number;
}

const commonFields = 13;

function placeParts({ sizes }: HeadImage, { big }: HeadForm, descriptionBytes: number): Places {
  const bytes = (fields: number) => (big ? 16 + 20 * fields : 6 + 12 * fields);
  const firstDirectory = big ? 16 : 8;
  const [firstBytes, otherBytes] = [bytes(commonFields + 1), bytes(commonFields)];
  const resolution = align(firstDirectory + firstBytes + (planeCount(sizes) - 1) * otherBytes);
  const description = resolution + 16;
  return {
    firstDirectory,
    firstBytes,
    otherBytes,
    resolution,
    description,
    pixels: align(description + descriptionBytes),
  };
}

/** Pixels start on a multiple of 16, so that a mapped file can be viewed as any pixel type. */
function align(position: number): number {
  return Math.ceil(position / 16) * 16;
}

function pageFields(
  image: HeadImage,
  { ome, big }: HeadForm,
  place: Places,
  page: number,
  descriptionBytes: number,
): Field[] {
  const pixel = bytesPerPixel[image.pixelType];
  const planeBytes = image.width * image.height * pixel;
  const described: Field[] =
    page === 0 ? [[tag.description, 'ascii', descriptionBytes, place.description]] : [];
  // Resolution: OME readers expect pixels per centimetre, ImageJ pixels per its own unit (1 = none).
  const sized = image.voxel?.x !== undefined || image.voxel?.y !== undefined;
  return [
    [tag.width, 'long', 1, image.width],
    [tag.height, 'long', 1, image.height],
    [tag.bitsPerSample, 'short', 1, pixel * 8],
    [tag.compression, 'short', 1, 1],
    [tag.photometric, 'short', 1, 1],
    ...described,
    [tag.stripOffsets, big ? 'long8' : 'long', 1, place.pixels + page * planeBytes],
    [tag.samplesPerPixel, 'short', 1, 1],
    [tag.rowsPerStrip, 'long', 1, image.height],
    [tag.stripByteCounts, big ? 'long8' : 'long', 1, planeBytes],
    [tag.xResolution, 'rational', 1, big ? pixelsPerUnit(image.voxel?.x, ome) : place.resolution],
    [tag.yResolution, 'rational', 1, big ? pixelsPerUnit(image.voxel?.y, ome) : place.resolution + 8],
    [tag.resolutionUnit, 'short', 1, ome && sized ? 3 : 1],
    [tag.sampleFormat, 'short', 1, image.pixelType === 'float32' ? 3 : 1],
  ];
}

function writeFileHeader(head: Buffer, big: boolean, firstDirectory: number): void {
  head.write('II', 0, 'latin1');
  head.writeUInt16LE(big ? 43 : 42, 2);
  if (!big) head.writeUInt32LE(firstDirectory, 4);
  else {
    head.writeUInt16LE(8, 4);
    head.writeBigUInt64LE(BigInt(firstDirectory), 8);
  }
}

function writeDirectory(
  head: Buffer,
  big: boolean,
  place: Places,
  page: number,
  pages: number,
  fields: readonly Field[],
): void {
  const start =
    page === 0
      ? place.firstDirectory
      : place.firstDirectory + place.firstBytes + (page - 1) * place.otherBytes;
  const bytes = page === 0 ? place.firstBytes : place.otherBytes;
  const next = page + 1 < pages ? start + bytes : 0;
  writeNumber(head, start, big ? 8 : 2, fields.length);
  fields.forEach((field, i) => {
    writeField(head, start + (big ? 8 + 20 * i : 2 + 12 * i), big, field);
  });
  writeNumber(head, start + bytes - (big ? 8 : 4), big ? 8 : 4, next);
}

function writeField(head: Buffer, at: number, big: boolean, [code, type, count, value]: Field): void {
  head.writeUInt16LE(code, at);
  head.writeUInt16LE(fieldCodes[type], at + 2);
  writeNumber(head, at + 4, big ? 8 : 4, count);
  const field = at + (big ? 12 : 8);
  if (typeof value === 'number') writeNumber(head, field, big ? 8 : 4, value);
  else writeRatio(head, field, value);
}

function writeRatio(head: Buffer, at: number, [numerator, denominator]: Ratio): void {
  head.writeUInt32LE(numerator, at);
  head.writeUInt32LE(denominator, at + 4);
}

function writeNumber(head: Buffer, at: number, size: 2 | 4 | 8, value: number): void {
  if (size === 8) head.writeBigUInt64LE(BigInt(value), at);
  else head.writeUIntLE(value, at, size);
}

/**
 * Pixels per µm (ImageJ) or per cm (OME) as a ratio of 32-bit numbers, the finest power of ten that fits, so that
 * 0.104 µm reads back as 0.104 µm.
 */
function pixelsPerUnit(edgeMicrometres: number | undefined, perCentimetre: boolean): Ratio {
  if (edgeMicrometres === undefined) return [1, 1];
  const edge = perCentimetre ? edgeMicrometres / 1e4 : edgeMicrometres;
  const scales = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 100, 10, 1];
  const scale = scales.find((candidate) => edge * candidate <= 0xffffffff) ?? 1;
  return [scale, Math.min(0xffffffff, Math.max(1, Math.round(edge * scale)))];
}
