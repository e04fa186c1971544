import { type FileBytes, truncated } from './file-bytes.ts';
import { FormatError } from './format-error.ts';

/**
 * The skeleton of a TIFF: byte order, offset size and where its page directories lie (TIFF 6.0 section 2; BigTIFF as
 * in libtiff). We read directories ourselves, because the `geotiff` package (3.0.5) reads long offset arrays as
 * little-endian in every file, follows a cyclic chain for ever, and needs every earlier page to reach a later one.
 */
export interface TiffSkeleton {
  readonly littleEndian: boolean;
  readonly big: boolean;
  /** Byte offsets of the full-resolution page directories, in order. */
  readonly pages: readonly number[];
}

/** One directory entry; `position` is where its values lie in the file, unless they stand in the entry itself. */
interface TiffEntry {
  readonly type: number;
  readonly count: number;
  readonly position: number;
  readonly inline?: Buffer;
}

export type TiffDirectory = ReadonlyMap<number, TiffEntry>;

/** More pages than any stack of a light-sheet microscope holds. */
const largestPageCount = 1_000_000;
const largestEntryCount = 4096;
const reducedResolution = 254;

const foreign: readonly (readonly [string, string])[] = [
  ['\u0089PNG', 'a PNG picture'],
  ['\u0089HDF', 'an HDF5 file'],
  ['ZISRAW', 'a Zeiss CZI file'],
  ['\u001f\u008b', 'a gzip file; unpack it first'],
  ['PK\u0003\u0004', 'a zip file; unpack it first'],
  ['\u00ff\u00d8\u00ff', 'a JPEG picture'],
];

/** Reads the header and follows the chain of pages to its end, without reading a page's tags. */
export async function readSkeleton(file: FileBytes): Promise<TiffSkeleton> {
  const head = await file.read(0, Math.min(16, file.size));
  const order = head.toString('latin1', 0, 2);
  const littleEndian = order === 'II';
  if ((!littleEndian && order !== 'MM') || head.length < 8) throw notTiff(file, head);
  const magic = number(head, 2, 2, littleEndian);
  if (magic !== 42 && magic !== 43) throw notTiff(file, head);
  const big = magic === 43;
  if (big && head.length < 16) throw truncated(file.path, file.size, 16);
  const first = big ? number(head, 8, 8, littleEndian) : number(head, 4, 4, littleEndian);
  return { littleEndian, big, pages: await followChain(file, littleEndian, big, first) };
}

function notTiff(file: FileBytes, head: Buffer): FormatError {
  const start = head.toString('latin1');
  const kind = foreign.find(([magic]) => start.startsWith(magic))?.[1];
  return new FormatError(
    file.path,
    `is not a TIFF${kind === undefined ? '' : ` but ${kind}`}; convert it to TIFF or correct the pattern`,
  );
}

async function followChain(
  file: FileBytes,
  littleEndian: boolean,
  big: boolean,
  first: number,
): Promise<number[]> {
  const pages: number[] = [];
  const seen = new Set<number>();
  for (let offset = first; offset !== 0; ) {
    if (seen.has(offset)) throw new FormatError(file.path, 'is damaged: its list of pages runs in a circle');
    if (seen.size >= largestPageCount)
      throw new FormatError(file.path, `has more than ${largestPageCount} pages; split it`);
    seen.add(offset);
    const { entries, next, reduced } = await readLink(file, littleEndian, big, offset);
    if (entries > 0 && !reduced) pages.push(offset);
    offset = next;
  }
  if (pages.length === 0) throw new FormatError(file.path, 'is a TIFF without a page; acquire it again');
  return pages;
}

async function readLink(file: FileBytes, littleEndian: boolean, big: boolean, offset: number) {
  const { entries, start, entryBytes } = await readCount(file.peek, file, littleEndian, big, offset);
  const end = start + entries * entryBytes;
  const block = await file.peek(start, end - start + (big ? 8 : 4));
  const next = number(block, end - start, big ? 8 : 4, littleEndian);
  return { entries, next, reduced: entries > 0 && isReduced(block, littleEndian, big) };
}

/** A reduced-resolution copy (a thumbnail) has bit 0 set in its first tag, NewSubfileType. */
function isReduced(block: Buffer, littleEndian: boolean, big: boolean): boolean {
  if (number(block, 0, 2, littleEndian) !== reducedResolution) return false;
  return (number(block, big ? 12 : 8, 4, littleEndian) & 1) === 1;
}

async function readCount(
  read: FileBytes['peek'],
  { path, size }: FileBytes,
  littleEndian: boolean,
  big: boolean,
  offset: number,
) {
  const countBytes = big ? 8 : 2;
  if (!(offset > 0 && offset + countBytes <= size)) throw truncated(path, size, offset + countBytes);
  const entries = number(await read(offset, countBytes), 0, countBytes, littleEndian);
  if (entries > largestEntryCount)
    throw new FormatError(path, `is damaged: a page directory claims ${entries} entries`);
  return { entries, start: offset + countBytes, entryBytes: big ? 20 : 12 };
}

/** Bytes read at once for a page directory; enough for the directories of usual files. */
const directoryBytes = 512;

/** The entries of the page directory at `offset`. */
export async function readDirectory(
  file: FileBytes,
  { littleEndian, big }: TiffSkeleton,
  offset: number,
): Promise<TiffDirectory> {
  const near = await file.read(offset, Math.max(0, Math.min(directoryBytes, file.size - offset)));
  const fromNear = async (at: number, length: number) =>
    at + length <= offset + near.length
      ? near.subarray(at - offset, at - offset + length)
      : file.read(at, length);
  const { entries, start, entryBytes } = await readCount(fromNear, file, littleEndian, big, offset);
  const block = await fromNear(start, entries * entryBytes);
  const directory = new Map<number, TiffEntry>();
  for (let at = 0; at < block.length; at += entryBytes)
    directory.set(number(block, at, 2, littleEndian), readEntry(block, at, littleEndian, big));
  return directory;
}

function readEntry(block: Buffer, at: number, littleEndian: boolean, big: boolean): TiffEntry {
  const type = number(block, at + 2, 2, littleEndian);
  const count = number(block, at + 4, big ? 8 : 4, littleEndian);
  const field = at + (big ? 12 : 8);
  const position = number(block, field, big ? 8 : 4, littleEndian);
  const bytes = (typeBytes[type] ?? 1) * count;
  if (bytes > (big ? 8 : 4)) return { type, count, position };
  return { type, count, position, inline: block.subarray(field, field + bytes) };
}

/** Bytes of one value by TIFF field type; types not listed hold nothing we read. */
// biome-ignore format: a table
export const typeBytes: Readonly<Record<number, number>> = {
  1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
};

/** An unsigned integer of 1, 2, 4 or 8 bytes; above 2^53 it is only known to be too large. */
export function number(bytes: Buffer, at: number, size: number, littleEndian: boolean): number {
  if (size === 8) return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return littleEndian ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
}
