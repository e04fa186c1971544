import type { FileBytes } from './file-bytes.ts';
import { FormatError } from './format-error.ts';
import { number, type TiffDirectory, type TiffSkeleton, typeBytes } from './tiff-directory.ts';

/** The TIFF tags we read or write, by the names of the standard. */
export const tag = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  sampleFormat: 339,
} as const;

const largestValueCount = 16_777_216;

/** Reads a page's tags on demand. */
export interface TagReader {
  has(tag: number): boolean;
  /** All values of an unsigned integer tag; empty where the tag is absent. */
  numbers(tag: number): Promise<number[]>;
  first(tag: number, otherwise: number): Promise<number>;
  /** One over the first value of a rational tag, taken exactly: a resolution becomes an edge. */
  inverse(tag: number): Promise<number | undefined>;
  /** UTF-8 text without the closing NUL. */
  text(tag: number): Promise<string | undefined>;
}

export function tagReader(file: FileBytes, skeleton: TiffSkeleton, directory: TiffDirectory): TagReader {
  const { littleEndian } = skeleton;
  const values = async (wanted: number) => {
    const entry = directory.get(wanted);
    const size = typeBytes[entry?.type ?? 0];
    if (entry === undefined || size === undefined) return undefined;
    if (entry.count > largestValueCount)
      throw new FormatError(file.path, `is damaged: tag ${wanted} claims ${entry.count} values`);
    return {
      size,
      count: entry.count,
      bytes: entry.inline ?? (await file.read(entry.position, size * entry.count)),
    };
  };
  const numbers = async (wanted: number) => {
    const found = await values(wanted);
    if (found === undefined) return [];
    return Array.from({ length: found.count }, (_, i) =>
      number(found.bytes, i * found.size, found.size, littleEndian),
    );
  };
  return {
    has: (wanted) => directory.has(wanted),
    numbers,
    first: async (wanted, otherwise) => (await numbers(wanted))[0] ?? otherwise,
    inverse: async (wanted) => {
      const found = await values(wanted);
      if (found === undefined || found.size !== 8 || found.count < 1) return undefined;
      return number(found.bytes, 4, 4, littleEndian) / number(found.bytes, 0, 4, littleEndian);
    },
    text: async (wanted) => (await values(wanted))?.bytes.toString('utf8').replace(/\0[\s\S]*$/, ''),
  };
}
