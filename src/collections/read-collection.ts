import { join, resolve } from 'node:path';
import {
  accept,
  type Checked,
  type Collection,
  type CollectionSource,
  EspalierError,
  type Item,
  type Problem,
  refuse,
} from '../model/index.ts';
import { clashProblem, type Found, findClashes, type Inspected } from './candidate.ts';
import { diskAccess, type FileAccess } from './file-access.ts';
import { findByPattern } from './find-by-pattern.ts';
import { findByTable } from './find-by-table.ts';
import { inspectFiles } from './inspect-files.ts';
import { renderLabel, someOf } from './item-key.ts';
import { type CollectionLimits, collectionLimits } from './limits.ts';
import { compareBy, compareNatural } from './natural-order.ts';
import { splitDimensions, splitItems } from './split-items.ts';

/** Where collections are looked for. */
export interface CollectionPlaces {
  /** Patterns are matched against paths below this folder (and below the collection's `in`). */
  readonly dataFolder: string;
  /** Tables are looked for here. */
  readonly workflowFolder: string;
  readonly site: string;
  /** This machine's disk unless given. */
  readonly access?: FileAccess;
  readonly limits?: CollectionLimits;
}

/** What of a `CollectionSource` is needed here. */
export type CollectionRequest = Pick<
  CollectionSource,
  'name' | 'role' | 'pattern' | 'table' | 'in' | 'split'
> &
  Partial<Pick<CollectionSource, 'place'>>;

/**
 * Reads a collection from the disk: lists the folder or the table, reads names, metadata and, where needed, TIFF
 * headers, splits files, and puts the items in natural order. Problems carry the place of the collection in the
 * workflow. Incomplete files stay in the collection and are warned about; nothing is dropped without a word.
 */
export async function readCollection(
  request: CollectionRequest,
  places: CollectionPlaces,
): Promise<Checked<Collection>> {
  const limits = places.limits ?? collectionLimits;
  try {
    const found = await findFiles(request, places, limits);
    if (!found.ok) return withPlace(found, request);
    return withPlace(await buildCollection(request, found.value, places, limits), request);
  } catch (error) {
    // That a site does not answer is no fault of the workflow.
    if (!(error instanceof EspalierError) || error.fault === 'site') throw error;
    const { code, message, hint } = error;
    return withPlace(refuse({ code, message, ...(hint !== undefined && { hint }) }), request);
  }
}

/** Lists the files that a pattern or table means. Throws an `EspalierError` for what cannot be read at all. */
export function findFiles(
  request: CollectionRequest,
  places: CollectionPlaces,
  limits: CollectionLimits,
): Promise<Checked<Found>> {
  if (request.table !== undefined)
    return findByTable(resolve(places.workflowFolder, request.in ?? '', request.table), limits);
  const folder = resolve(join(places.dataFolder, request.in ?? ''));
  return findByPattern(request.name, request.pattern ?? '', folder, limits, places.access ?? diskAccess);
}

async function buildCollection(
  request: CollectionRequest,
  found: Found,
  { site, access = diskAccess }: CollectionPlaces,
  limits: CollectionLimits,
): Promise<Checked<Collection>> {
  const clashes = findClashes(found.candidates);
  const problems = [
    ...found.problems,
    ...(clashes.length > 0 ? [clashProblem(request.name, clashes, clashHint(request))] : []),
  ];
  if (problems.length > 0) return refuse(...problems);
  const inspected = await inspectFiles(found.candidates, {
    site,
    access,
    role: request.role,
    headers: request.split.length > 0 ? 'all' : 'needed',
  });
  const missing = inspected.filter(({ file }) => file.inode === '');
  if (missing.length > 0) return refuse(missingFiles(request.name, missing));
  const split = splitItems(inspected, request.split, limits.items);
  if (split.problems.length > 0) return refuse(...split.problems);
  const dimensions = splitDimensions(found.dimensions, request.split);
  const items = sortItems(
    split.files.map(toItem),
    dimensions.map(({ name }) => name),
  );
  const { name, role } = request;
  return accept({ name, role, dimensions, items, ignored: found.ignored }, faultWarnings(name, inspected));
}

function clashHint({ pattern }: CollectionRequest): string {
  return pattern?.endsWith('janelia') === true
    ? 'an acquisition was probably restarted in the same folder; move one of the two elsewhere'
    : 'give what tells them apart a name in the pattern or a dimension in the table';
}

function missingFiles(name: string, missing: readonly Inspected[]): Problem {
  const paths = missing.map(({ candidate: { path, row } }) =>
    row === undefined ? path : `${path} (row ${row})`,
  );
  return {
    code: 'missing-file',
    message: `collection \`${name}\`: ${missing.length} files do not exist or may not be read: ${someOf(paths)}`,
    hint: 'correct the paths; those in a table are relative to the table',
  };
}

/** The first faults in full, and the number of all, so that a wrong folder does not fill the screen. */
const mostFaults = 10;

function faultWarnings(name: string, inspected: readonly Inspected[]): readonly Problem[] {
  const faults = inspected.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
  const left = faults.length - mostFaults;
  const shown = [...faults.slice(0, mostFaults), ...(left > 0 ? [`and ${left} more files with faults`] : [])];
  return shown.map((fault) => ({
    code: 'faulty-file',
    message: `collection \`${name}\`: ${fault}`,
    severity: 'warning',
  }));
}

function toItem({ candidate, file, acquisition }: Inspected): Item {
  const { path, location, dims, tags, row } = candidate;
  const item = { label: renderLabel(dims) || path, location, dims, tags, acquisition, file };
  return row === undefined ? item : { ...item, row };
}

function sortItems(items: readonly Item[], names: readonly string[]): readonly Item[] {
  const byDims = compareBy(names);
  return [...items].sort((a, b) => byDims(a.dims, b.dims) || compareNatural(a.label, b.label));
}

function withPlace<T>(checked: Checked<T>, { place }: CollectionRequest): Checked<T> {
  if (place === undefined) return checked;
  const put = (problem: Problem): Problem => ({ ...problem, place });
  return checked.ok
    ? { ...checked, warnings: checked.warnings.map(put) }
    : { ...checked, problems: checked.problems.map(put) };
}
