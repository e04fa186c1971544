import { type FileBytes, truncated } from './file-bytes.ts';
import { FormatError } from './format-error.ts';
import { bytesPerPixel, type PixelType } from './pixels.ts';
import { type TagReader, tag } from './tiff-tags.ts';

/** How one page stores its pixels: blocks are strips (full width) or tiles, in row-major order. */
export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly pixelType: PixelType;
  readonly compression: number;
  readonly predictor: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly tiled: boolean;
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
}

const largestPlaneBytes = 2 ** 31 - 1;

/** Reads and checks what a page's tags say about its pixels. */
export async function readPage(file: FileBytes, tags: TagReader): Promise<TiffPage> {
  const width = await tags.first(tag.width, 0);
  const height = await tags.first(tag.height, 0);
  if (width < 1 || height < 1) throw new FormatError(file.path, 'is damaged: a page has no width or height');
  const pixelType = await readPixelType(file, tags);
  if (width * height * bytesPerPixel[pixelType] > largestPlaneBytes)
    throw new FormatError(file.path, `has planes of ${width} × ${height} pixels, more than 2 GiB; crop it`);
  const tiled = tags.has(tag.tileOffsets);
  const shape = { width, height, pixelType, tiled };
  const page: TiffPage = {
    ...shape,
    compression: await tags.first(tag.compression, 1),
    predictor: await tags.first(tag.predictor, 1),
    blockWidth: tiled ? await tags.first(tag.tileWidth, 0) : width,
    blockHeight: tiled
      ? await tags.first(tag.tileHeight, 0)
      : Math.min(height, await tags.first(tag.rowsPerStrip, height)),
    offsets: await tags.numbers(tiled ? tag.tileOffsets : tag.stripOffsets),
    byteCounts: await tags.numbers(tiled ? tag.tileByteCounts : tag.stripByteCounts),
  };
  return checkBlocks(file, page);
}

async function readPixelType(file: FileBytes, tags: TagReader): Promise<PixelType> {
  const samples = await tags.first(tag.samplesPerPixel, 1);
  if (samples !== 1)
    throw new FormatError(file.path, `has ${samples} values per pixel (a colour picture); save it as grey`);
  const bits = await tags.first(tag.bitsPerSample, 1);
  const format = await tags.first(tag.sampleFormat, 1);
  if (format === 1 && bits === 8) return 'uint8';
  if (format === 1 && bits === 16) return 'uint16';
  if (format === 3 && bits === 32) return 'float32';
  const kind = { 1: 'unsigned integer', 2: 'signed integer', 3: 'floating point' }[format] ?? 'unknown';
  throw new FormatError(
    file.path,
    `holds ${bits}-bit ${kind} pixels; only uint8, uint16 and float32 are read, so convert it first`,
  );
}

/** Refuses a page whose blocks cannot hold its pixels, before memory is taken for them. */
function checkBlocks(file: FileBytes, page: TiffPage): TiffPage {
  const { blockWidth, blockHeight } = page;
  if (blockWidth < 1 || blockHeight < 1 || blockWidth * blockHeight > largestPlaneBytes / 4)
    throw new FormatError(file.path, 'is damaged: a page has strips or tiles without a size');
  const blocks = Math.ceil(page.width / blockWidth) * Math.ceil(page.height / blockHeight);
  if (page.offsets.length < blocks)
    throw new FormatError(
      file.path,
      `is damaged: a page lists ${page.offsets.length} strips or tiles but needs ${blocks}`,
    );
  const byteCounts = page.offsets.map((_, i) => page.byteCounts[i] ?? blockBytes(page, i));
  const end = page.offsets.reduce((most, offset, i) => Math.max(most, offset + (byteCounts[i] ?? 0)), 0);
  if (end > file.size) throw truncated(file.path, file.size, end);
  return { ...page, byteCounts };
}

/** Bytes of block `index` when decoded: the last strip holds only the rows that are left, tiles are always whole. */
export function blockBytes(page: TiffPage, index: number): number {
  const { blockWidth, blockHeight, height, tiled } = page;
  const rows = tiled ? blockHeight : Math.min(blockHeight, height - index * blockHeight);
  return blockWidth * rows * bytesPerPixel[page.pixelType];
}
