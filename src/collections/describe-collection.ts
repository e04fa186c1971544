import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { shownPath } from '../formats/index.ts';
import {
  type Acquisition,
  accept,
  type Checked,
  EspalierError,
  type Measured,
  type Problem,
} from '../model/index.ts';
import { type Candidate, findClashes, type Inspected } from './candidate.ts';
import { diskAccess } from './file-access.ts';
import { type DimensionSummary, findHoles, type Grid, summariseDimensions } from './grid.ts';
import { inspectFiles } from './inspect-files.ts';
import { renderLabel } from './item-key.ts';
import { type CollectionLimits, collectionLimits } from './limits.ts';
import { listFiles } from './list-files.ts';
import { parseNaming } from './naming.ts';
import { type CollectionRequest, findFiles } from './read-collection.ts';

/** Everything `espalier collection PATH` shows; plain data. */
export interface CollectionDescription {
  readonly path: string;
  /** The pattern or table that was used, chosen by us where none was given. */
  readonly pattern: string;
  readonly files: number;
  readonly bytes: number;
  readonly dimensions: readonly DimensionSummary[];
  readonly grid: Grid;
  /** Files with equal dimensions. */
  readonly duplicates: readonly (readonly string[])[];
  /** Kinds of stacks by their headers, the most frequent first. */
  readonly shapes: readonly Shape[];
  /** Values that all files share. */
  readonly acquisition: Acquisition;
  /** Fields on which files differ, with each value and how many files have it. */
  readonly varying: Readonly<
    Record<string, readonly { readonly measured: Measured; readonly files: number }[]>
  >;
  /** Fields that a deskew needs and no file or settings file records. */
  readonly missing: readonly string[];
  /** Files that cannot be read or are not whole. */
  readonly faulty: readonly { readonly path: string; readonly why: string }[];
  readonly ignored: readonly { readonly path: string; readonly why: string }[];
  readonly problems: readonly Problem[];
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly z: number;
  readonly c: number;
  readonly t: number;
  readonly pixelType: string;
  readonly files: number;
}

/** Describes a folder, a table (`.csv`, `.tsv`) or a single file. Opens every TIFF's header, reads no pixels. */
export async function describeCollection(
  path: string,
  options: { readonly pattern?: string; readonly limits?: CollectionLimits } = {},
): Promise<Checked<CollectionDescription>> {
  const limits = options.limits ?? collectionLimits;
  const request = await chooseRequest(resolve(path), options.pattern, limits);
  const places = { dataFolder: request.folder, workflowFolder: request.folder, site: 'local' };
  const found = await findFiles(request, places, limits);
  if (!found.ok) return found;
  const { candidates, dimensions, ignored, problems } = found.value;
  const inspected = await inspectFiles(candidates, {
    site: 'local',
    access: diskAccess,
    role: 'data',
    headers: 'all',
  });
  const keyed = candidates.map(({ dims }: Candidate) => ({ label: renderLabel(dims), dims }));
  return accept({
    path: resolve(path),
    pattern: request.pattern ?? request.table ?? '',
    files: inspected.length,
    bytes: inspected.reduce((sum, { file }) => sum + file.size, 0),
    dimensions: summariseDimensions(keyed, dimensions),
    grid: findHoles(keyed, dimensions),
    duplicates: findClashes(candidates),
    shapes: countShapes(inspected),
    ...compareAcquisitions(inspected),
    faulty: inspected.flatMap(({ candidate, fault }) =>
      fault === undefined ? [] : [{ path: candidate.path, why: fault }],
    ),
    ignored,
    problems,
  });
}

type Request = CollectionRequest & { readonly folder: string };

async function chooseRequest(
  path: string,
  pattern: string | undefined,
  limits: CollectionLimits,
): Promise<Request> {
  const found = await stat(path).catch((error: unknown) => {
    throw new EspalierError('folder-unreadable', `${shownPath(path)} does not exist or may not be read`, {
      hint: 'check the path',
      cause: error,
    });
  });
  const base = { name: basename(path), role: 'data', split: [] } as const;
  if (found.isDirectory())
    return { ...base, folder: path, pattern: pattern ?? (await guessPattern(path, limits)) };
  if (/\.(csv|tsv)$/i.test(path)) return { ...base, folder: dirname(path), table: basename(path) };
  return { ...base, folder: dirname(path), pattern: basename(path).replace(/[{}]/g, '$&$&') };
}

/** Microscope names where there are any, else every TIFF by its name. Shown to the user as `pattern`. */
async function guessPattern(folder: string, limits: CollectionLimits): Promise<string> {
  const { files } = await listFiles(folder, 0, limits);
  const janelia = parseNaming('janelia');
  if (janelia.ok && files.some((file) => janelia.value.match(file).kind !== 'ignored')) return 'janelia';
  return files.some((file) => /\.tif$/i.test(file)) || !files.some((file) => /\.tiff$/i.test(file))
    ? '{name}.tif'
    : '{name}.tiff';
}

function countShapes(inspected: readonly Inspected[]): readonly Shape[] {
  const shapes = new Map<string, Shape>();
  for (const { tiff } of inspected) {
    if (tiff === undefined) continue;
    const { width, height, sizes, pixelType } = tiff;
    const shape = { width, height, ...sizes, pixelType };
    const key = JSON.stringify(shape);
    shapes.set(key, { ...shape, files: (shapes.get(key)?.files ?? 0) + 1 });
  }
  return [...shapes.values()].sort((a, b) => b.files - a.files);
}

const needed = ['angle', 'dz', 'dr'];

function compareAcquisitions(
  inspected: readonly Inspected[],
): Pick<CollectionDescription, 'acquisition' | 'varying' | 'missing'> {
  const counts = new Map<string, Map<string, { measured: Measured; files: number }>>();
  for (const { acquisition } of inspected)
    for (const [field, measured] of Object.entries(acquisition)) {
      const values = counts.get(field) ?? new Map<string, { measured: Measured; files: number }>();
      counts.set(field, values);
      const key = String(measured.value);
      values.set(key, { measured, files: (values.get(key)?.files ?? 0) + 1 });
    }
  const acquisition: Record<string, Measured> = {};
  const varying: Record<string, readonly { measured: Measured; files: number }[]> = {};
  for (const [field, values] of counts) {
    const all = [...values.values()];
    const only = all[0];
    if (all.length === 1 && only !== undefined && only.files === inspected.length)
      acquisition[field] = only.measured;
    else varying[field] = all.slice(0, 20);
  }
  return { acquisition, varying, missing: needed.filter((field) => !counts.has(field)) };
}
