import { inflateSync } from 'node:zlib';
import { type FileBytes, truncated } from './file-bytes.ts';
import { FormatError } from './format-error.ts';
import { bytesPerPixel, bytesToPlane, type PlaneData } from './pixels.ts';
import { blockBytes, type TiffPage } from './tiff-page.ts';
import { undoPredictor } from './tiff-predictor.ts';

const none = 1;
const lzw = 5;
const adobeDeflate = 8;
const deflate = 32946;
const packBits = 32773;
const zstd = 50000;
// biome-ignore format: a table
const refused: Readonly<Record<number, string>> = {
  2: 'CCITT', 3: 'CCITT', 4: 'CCITT', 6: 'JPEG', 7: 'JPEG', 33003: 'JPEG 2000', 33005: 'JPEG 2000',
  34712: 'JPEG 2000', 34887: 'LERC', 34925: 'LZMA', 50001: 'WebP',
};

/** The pixels of one page, row by row, in this machine's byte order. */
export async function readPagePixels(
  file: FileBytes,
  page: TiffPage,
  littleEndian: boolean,
): Promise<PlaneData> {
  const bytes = isOneRun(page)
    ? await file.read(page.offsets[0] ?? 0, planeBytes(page))
    : await readBlocks(file, page, littleEndian);
  if (isOneRun(page)) swapToHost(bytes, bytesPerPixel[page.pixelType], littleEndian);
  return bytesToPlane(bytes, page.pixelType);
}

export function planeBytes(page: TiffPage): number {
  return page.width * page.height * bytesPerPixel[page.pixelType];
}

/** Uncompressed strips that follow each other in the file are read in one go: the common case of raw stacks. */
function isOneRun(page: TiffPage): boolean {
  if (page.compression !== none || page.tiled || page.offsets[0] === 0) return false;
  let next = page.offsets[0] ?? 0;
  return page.offsets.every((offset, i) => {
    const follows = offset === next && (page.byteCounts[i] ?? 0) >= blockBytes(page, i);
    next = offset + blockBytes(page, i);
    return follows;
  });
}

async function readBlocks(file: FileBytes, page: TiffPage, littleEndian: boolean): Promise<Buffer> {
  const plane = Buffer.from(new ArrayBuffer(planeBytes(page)));
  const pixel = bytesPerPixel[page.pixelType];
  const across = Math.ceil(page.width / page.blockWidth);
  const down = Math.ceil(page.height / page.blockHeight);
  for (let index = 0; index < across * down; index++) {
    const block = await readBlock(file, page, index);
    if (block === undefined) continue;
    // Predictor 3 already yields this machine's order (see undoPredictor).
    if (page.predictor !== 3) swapToHost(block, pixel, littleEndian);
    undoPredictor(file.path, page, block);
    placeBlock(plane, page, block, (index % across) * page.blockWidth, Math.floor(index / across));
  }
  return plane;
}

/** The decoded bytes of a block; undefined for one that was never written (offset and size 0), which means zeros. */
async function readBlock(file: FileBytes, page: TiffPage, index: number): Promise<Buffer | undefined> {
  const [offset, stored] = [page.offsets[index] ?? 0, page.byteCounts[index] ?? 0];
  if (offset === 0 && stored === 0) return undefined;
  const wanted = blockBytes(page, index);
  const decoded = await decode(file.path, page.compression, await file.read(offset, stored), wanted);
  if (decoded.length < wanted) throw truncated(file.path, file.size, offset + wanted);
  return decoded.subarray(0, wanted);
}

async function decode(path: string, compression: number, bytes: Buffer, wanted: number): Promise<Buffer> {
  if (compression === none) return bytes;
  try {
    if (compression === adobeDeflate || compression === deflate)
      return inflateSync(bytes, { maxOutputLength: wanted + 65_536 });
    if (compression === lzw || compression === packBits || compression === zstd)
      return await decodeByLibrary(compression, bytes);
  } catch (error) {
    throw new FormatError(path, 'is damaged: a compressed part of it cannot be unpacked; copy it again', {
      cause: error,
    });
  }
  const name = refused[compression] ?? `method ${compression}`;
  throw new FormatError(
    path,
    `is compressed by ${name}, which is not read; save it uncompressed or as deflate`,
  );
}

async function decodeByLibrary(compression: number, bytes: Buffer): Promise<Buffer> {
  const { getDecoder } = await import('geotiff');
  // The predictor is undone by us, since the library does it in this machine's byte order whatever the file's.
  const decoder = await getDecoder(compression, {
    tileWidth: 1,
    tileHeight: 1,
    predictor: 1,
    bitsPerSample: 8,
    planarConfiguration: 1,
  });
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return Buffer.from(await decoder.decode(whole));
}

function placeBlock(plane: Buffer, page: TiffPage, block: Buffer, left: number, blockRow: number): void {
  const pixel = bytesPerPixel[page.pixelType];
  const top = blockRow * page.blockHeight;
  const rows = Math.min(page.blockHeight, page.height - top);
  const columns = Math.min(page.blockWidth, page.width - left);
  for (let row = 0; row < rows; row++) {
    const from = row * page.blockWidth * pixel;
    block.copy(plane, ((top + row) * page.width + left) * pixel, from, from + columns * pixel);
  }
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

export function swapToHost(bytes: Buffer, pixel: number, littleEndian: boolean): void {
  if (littleEndian === hostIsLittle) return;
  if (pixel === 2) bytes.swap16();
  if (pixel === 4) bytes.swap32();
}
