import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FormatError, toFormatError } from './format-error.ts';
import { noteProblem } from './imagej-header.ts';
import {
  bytesPerPixel,
  type PixelType,
  type PlaneData,
  type PlaneSizes,
  planeCount,
  planeType,
  type VoxelSize,
} from './pixels.ts';
import { renderTiffHead } from './tiff-head.ts';

export interface TiffHeader {
  readonly width: number;
  readonly height: number;
  readonly sizes: PlaneSizes;
  readonly pixelType: PixelType;
  /** Micrometres. What is not given is not written. */
  readonly voxel?: Partial<VoxelSize>;
  /** Words and one-line values kept in the header, such as the direction of z. */
  readonly notes?: Readonly<Record<string, string>>;
}

export interface TiffWriteOptions {
  /** True or false forces the form; by default BigTIFF begins where classic TIFF ends, at 4 GiB. */
  readonly bigTiff?: boolean;
}

/** Where classic TIFF's 32-bit offsets end. */
const classicLimit = 2 ** 32 - 1;

/**
 * Writes a stack, little-endian and uncompressed: as OME-TIFF where the name ends in `.ome.tif` or `.ome.tiff`, else
 * as ImageJ TIFF. Planes come with the channel fastest, then z, then time. The file appears under its name only when
 * it is whole and on the disk; after an error nothing is left. Errors are `FormatError`s, besides those of `planes`.
 */
export async function writeTiff(
  path: string,
  header: TiffHeader,
  planes: Iterable<PlaneData> | AsyncIterable<PlaneData>,
  options: TiffWriteOptions = {},
): Promise<void> {
  checkHeader(path, header);
  const head = renderHead(path, header, options);
  const temporary = join(dirname(path), `.espalier-${randomUUID()}.partial`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(head);
      await writePlanes(handle, path, header, planes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw toFormatError(path, error);
  }
  await syncFolder(dirname(path));
}

function checkHeader(
  path: string,
  { width, height, sizes, pixelType, notes = {}, voxel = {} }: TiffHeader,
): void {
  const counts = [width, height, sizes.z, sizes.c, sizes.t];
  if (!counts.every((count) => Number.isInteger(count) && count >= 1))
    throw new FormatError(path, `cannot be written: ${counts.join(' × ')} is not a size`);
  if (width * height * bytesPerPixel[pixelType] >= classicLimit / 2 || planeCount(sizes) > 1_000_000)
    throw new FormatError(
      path,
      'cannot be written: a plane is limited to 2 GiB and a file to a million planes',
    );
  const sizesGiven = Object.values(voxel);
  if (!sizesGiven.every((size) => Number.isFinite(size) && size > 0))
    throw new FormatError(path, `cannot be written: a voxel of ${sizesGiven.join(' × ')} µm is not a size`);
  const problem = Object.entries(notes)
    .map(([key, value]) => noteProblem(key, value))
    .find((found) => found);
  if (problem !== undefined) throw new FormatError(path, `cannot be written: ${problem}`);
}

function renderHead(path: string, header: TiffHeader, options: TiffWriteOptions): Buffer {
  const ome = /\.ome\.tiff?$/i.test(path);
  const head = (big: boolean) => renderTiffHead(header, { ome, big, name: basename(path) });
  const pixelBytes =
    planeCount(header.sizes) * header.width * header.height * bytesPerPixel[header.pixelType];
  if (options.bigTiff === true) return head(true);
  const classic = head(false);
  if (classic.length + pixelBytes <= classicLimit) return classic;
  if (options.bigTiff === false)
    throw new FormatError(path, 'cannot be written as classic TIFF: it is larger than 4 GiB; use BigTIFF');
  return head(true);
}

async function writePlanes(
  handle: FileHandle,
  path: string,
  { width, height, sizes, pixelType }: TiffHeader,
  planes: Iterable<PlaneData> | AsyncIterable<PlaneData>,
): Promise<void> {
  const expected = planeCount(sizes);
  let written = 0;
  for await (const plane of planes) {
    if (planeType(plane) !== pixelType || plane.length !== width * height)
      throw new FormatError(
        path,
        `cannot be written: plane ${written} holds ${plane.length} ${planeType(plane)} values where ${width} × ${height} ${pixelType} were announced`,
      );
    if (written === expected)
      throw new FormatError(path, `cannot be written: more than ${expected} planes came`);
    await handle.writeFile(littleEndianBytes(plane));
    written += 1;
  }
  if (written < expected)
    throw new FormatError(path, `cannot be written: only ${written} of ${expected} planes came`);
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndianBytes(plane: PlaneData): Uint8Array {
  const bytes = Buffer.from(plane.buffer, plane.byteOffset, plane.byteLength);
  if (hostIsLittle || plane.BYTES_PER_ELEMENT === 1) return bytes;
  const copy = Buffer.from(bytes);
  return plane.BYTES_PER_ELEMENT === 2 ? copy.swap16() : copy.swap32();
}

/** Makes the new name last through a power cut; not every file system offers it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
