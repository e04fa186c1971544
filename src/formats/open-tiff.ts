import { type FileBytes, openBytes, truncated } from './file-bytes.ts';
import { FormatError, toFormatError } from './format-error.ts';
import {
  bytesPerPixel,
  bytesToPlane,
  type PixelType,
  type PlaneData,
  type PlanePosition,
  type PlaneSizes,
  planeCount,
} from './pixels.ts';
import { readDirectory, readSkeleton, type TiffSkeleton } from './tiff-directory.ts';
import { readLayout, type TiffLayout } from './tiff-layout.ts';
import { readPage, type TiffPage } from './tiff-page.ts';
import { planeBytes, readPagePixels, swapToHost } from './tiff-plane.ts';
import { type TagReader, tag, tagReader } from './tiff-tags.ts';

/** An opened TIFF, classic or BigTIFF; planes are read when asked for. Close it. */
export interface TiffImage {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Full-resolution page directories in the file. */
  readonly pages: number;
  readonly pixelType: PixelType;
  readonly sizes: PlaneSizes;
  /** Micrometres; absent where not recorded. A `unit` of pixel is not a size. */
  readonly voxel: {
    readonly x?: number;
    readonly y?: number;
    readonly z?: number;
    readonly source?: 'ome' | 'imagej' | 'resolution';
  };
  readonly description?: string;
  /** What `writeTiff` was given as notes; empty for other files, except unknown ImageJ keys. */
  readonly notes: Readonly<Record<string, string>>;
  /** Row-major pixels of one plane. Zero-based; may be called several times at once. */
  readPlane(at: PlanePosition): Promise<PlaneData>;
  close(): Promise<void>;
}

interface OpenedTiff {
  readonly file: FileBytes;
  readonly skeleton: TiffSkeleton;
  readonly layout: TiffLayout;
  readonly first: TiffPage;
}

/**
 * Opens a TIFF and checks that its chain of pages and its last page are whole. Errors are `FormatError`s.
 * Pages are taken as ImageJ hyperstack (channel, z, time), as OME-TIFF, or else as a z stack.
 */
export async function openTiff(path: string): Promise<TiffImage> {
  return openTiffBytes(await openBytes(path));
}

/** The same over bytes that lie elsewhere; `file` is closed with the image, or here when it is none. */
export async function openTiffBytes(file: FileBytes): Promise<TiffImage> {
  const { path } = file;
  try {
    return await describe(file);
  } catch (error) {
    await file.close();
    throw damaged(path, error);
  }
}

/** A `RangeError` of a Buffer means that the header points to nowhere. */
function damaged(path: string, error: unknown): unknown {
  if (error instanceof RangeError)
    return new FormatError(path, 'is damaged: its header points outside the file; copy it again', {
      cause: error,
    });
  return toFormatError(path, error);
}

async function describe(file: FileBytes): Promise<TiffImage> {
  const skeleton = await readSkeleton(file);
  const tags = await pageTags(file, skeleton, 0);
  const first = await readPage(file, tags);
  const description = await tags.text(tag.description);
  const layout = await pageLayout(file, skeleton, tags, description);
  const tiff: OpenedTiff = { file, skeleton, layout, first };
  await checkEnd(tiff);
  return {
    path: file.path,
    width: first.width,
    height: first.height,
    pages: skeleton.pages.length,
    pixelType: first.pixelType,
    sizes: layout.sizes,
    voxel: layout.voxel,
    ...(description !== undefined && { description }),
    notes: layout.notes,
    readPlane: (at) =>
      readPlane(tiff, at).catch((error: unknown) => Promise.reject(damaged(file.path, error))),
    close: () => file.close(),
  };
}

async function pageTags(file: FileBytes, skeleton: TiffSkeleton, page: number): Promise<TagReader> {
  const offset = skeleton.pages[page];
  if (offset === undefined) throw new FormatError(file.path, `has no page ${page + 1}`);
  return tagReader(file, skeleton, await readDirectory(file, skeleton, offset));
}

async function pageLayout(
  file: FileBytes,
  skeleton: TiffSkeleton,
  tags: TagReader,
  description: string | undefined,
): Promise<TiffLayout> {
  const edge = { x: await tags.inverse(tag.xResolution), y: await tags.inverse(tag.yResolution) };
  const resolutionUnit = await tags.first(tag.resolutionUnit, 2);
  try {
    return readLayout({ description, edge, resolutionUnit, pages: skeleton.pages.length });
  } catch (error) {
    throw error instanceof Error ? new FormatError(file.path, sentence(error.message)) : error;
  }
}

/** Header problems come as "its …" or as a whole predicate. */
function sentence(problem: string): string {
  return problem.startsWith('its ') ? `cannot be understood: ${problem}; export it again` : problem;
}

/** A stack that is still being written, or was cut off in a copy, usually lacks its last pixels. */
async function checkEnd({ file, skeleton, layout, first }: OpenedTiff): Promise<void> {
  if (!layout.rawRun) {
    await readPage(file, await pageTags(file, skeleton, skeleton.pages.length - 1));
    return;
  }
  if (first.compression !== 1 || first.tiled)
    throw new FormatError(
      file.path,
      'has one page but its ImageJ header names several images; save it again',
    );
  const end = (first.offsets[0] ?? 0) + planeCount(layout.sizes) * planeBytes(first);
  if (end > file.size) throw truncated(file.path, file.size, end);
}

async function readPlane(tiff: OpenedTiff, at: PlanePosition): Promise<PlaneData> {
  const { file, skeleton, layout, first } = tiff;
  checkPosition(tiff, at);
  const page = layout.pageOf(at);
  if (page === undefined)
    throw new FormatError(
      file.path,
      `does not hold plane z ${at.z}, c ${at.c}, t ${at.t}; another file of its OME set does, so convert the set to one file`,
    );
  if (layout.rawRun) return readRawPlane(tiff, page);
  const found = await readPage(file, await pageTags(file, skeleton, page));
  if (found.width !== first.width || found.height !== first.height || found.pixelType !== first.pixelType)
    throw new FormatError(
      file.path,
      `has pages of different shape: page ${page + 1} is ${shape(found)}, page 1 is ${shape(first)}; split it`,
    );
  return readPagePixels(file, found, skeleton.littleEndian);
}

function shape({ width, height, pixelType }: TiffPage): string {
  return `${width} × ${height} ${pixelType}`;
}

async function readRawPlane({ file, skeleton, first }: OpenedTiff, index: number): Promise<PlaneData> {
  const bytes = await file.read((first.offsets[0] ?? 0) + index * planeBytes(first), planeBytes(first));
  swapToHost(bytes, bytesPerPixel[first.pixelType], skeleton.littleEndian);
  return bytesToPlane(bytes, first.pixelType);
}

function checkPosition({ file, layout: { sizes } }: OpenedTiff, at: PlanePosition): void {
  for (const axis of ['z', 'c', 't'] as const)
    if (!Number.isInteger(at[axis]) || at[axis] < 0 || at[axis] >= sizes[axis])
      throw new FormatError(
        file.path,
        `has no plane ${axis} ${at[axis]}: ${axis} runs from 0 to ${sizes[axis] - 1}`,
      );
}
