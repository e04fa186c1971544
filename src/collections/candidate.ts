import type { Acquisition, Dimension, FileIdentity, Problem, Scalar } from '../model/index.ts';
import type { TiffFacts } from './acquisition.ts';
import { someOf } from './item-key.ts';

/** A file that a pattern or a table names, before anything but its name is known. */
export interface Candidate {
  /** Relative to the folder it was looked for in; for messages. */
  readonly path: string;
  /** Absolute. */
  readonly location: string;
  readonly dims: Readonly<Record<string, Scalar>>;
  readonly tags: Readonly<Record<string, Scalar>>;
  readonly row?: number;
}

/** What a pattern or table gave. */
export interface Found {
  readonly candidates: readonly Candidate[];
  readonly dimensions: readonly Dimension[];
  readonly ignored: readonly { readonly path: string; readonly why: string }[];
  readonly problems: readonly Problem[];
}

/** A candidate whose file was looked at. */
export interface Inspected {
  readonly candidate: Candidate;
  readonly file: FileIdentity;
  readonly acquisition: Acquisition;
  /** From the TIFF header, where it was read. */
  readonly tiff?: TiffFacts;
  /** Why the file cannot be read or is not whole. */
  readonly fault?: string;
}

/** Lists of paths with equal dimensions. Where there are no dimensions, each file is its own item. */
export function findClashes(candidates: readonly Candidate[]): readonly (readonly string[])[] {
  const byDims = new Map<string, string[]>();
  for (const { path, dims } of candidates) {
    const key = dimsKey(dims);
    if (key === '') continue;
    const paths = byDims.get(key);
    if (paths === undefined) byDims.set(key, [path]);
    else paths.push(path);
  }
  return [...byDims.values()].filter((paths) => paths.length > 1);
}

/** Equal texts for equal dimensions, in whatever order they stand; empty where there are none. */
function dimsKey(dims: Candidate['dims']): string {
  const names = Object.keys(dims);
  if (names.length > 1) names.sort();
  let key = '';
  for (const name of names) key += `${JSON.stringify(name)}:${JSON.stringify(dims[name])} `;
  return key;
}

export function clashProblem(
  collection: string,
  clashes: readonly (readonly string[])[],
  hint: string,
): Problem {
  const lists = clashes.slice(0, 3).map((paths) => someOf(paths));
  const left = clashes.length > 3 ? `; and ${clashes.length - 3} more` : '';
  return {
    code: 'duplicate-item',
    message: `collection \`${collection}\`: files with the same dimensions: ${lists.join('; ')}${left}`,
    hint,
  };
}
