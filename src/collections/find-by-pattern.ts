import { join, resolve } from 'node:path';
import { shownPath } from '../formats/index.ts';
import { accept, type Checked, type Problem } from '../model/index.ts';
import type { Candidate, Found } from './candidate.ts';
import type { FileAccess } from './file-access.ts';
import { someOf } from './item-key.ts';
import type { CollectionLimits } from './limits.ts';
import { type Naming, parseNaming } from './naming.ts';

/** How many files that are not meant are listed, so that a wrong folder does not fill the ledger. */
const mostIgnored = 1000;

/** Lists a folder and keeps the files whose names the pattern matches. Throws an `EspalierError` for the folder. */
export async function findByPattern(
  collection: string,
  patternText: string,
  folder: string,
  limits: CollectionLimits,
  access: FileAccess,
): Promise<Checked<Found>> {
  const naming = parseNaming(patternText);
  if (!naming.ok) return naming;
  const listing = await access.list(folder, naming.value.depth, limits);
  const sorted = sortNames(naming.value, folder, listing.files);
  const problems = [
    ...refusedNames(collection, sorted.refused),
    ...unreadableNames(naming.value, collection, listing.unreadableNames),
  ];
  if (sorted.candidates.length === 0 && problems.length === 0)
    problems.push(nothingFound(collection, patternText, folder, listing.files));
  const ignored = [
    ...listing.ignored,
    ...listing.unreadableNames.map((path) => ({ path, why: 'its name is not UTF-8' })),
    ...sorted.ignored,
  ].slice(0, mostIgnored);
  const used = naming.value.dimensions.filter(({ name }) =>
    sorted.candidates.some(({ dims }) => Object.hasOwn(dims, name)),
  );
  return accept({ candidates: sorted.candidates, dimensions: used, ignored, problems });
}

function sortNames(naming: Naming, folder: string, paths: readonly string[]) {
  const candidates: Candidate[] = [];
  const ignored: { path: string; why: string }[] = [];
  const refused: { path: string; why: string }[] = [];
  // The paths are plain already.
  const before = join(resolve(folder), '/');
  for (const path of paths) {
    const found = naming.match(path);
    if (found.kind === 'item')
      candidates.push({ path, location: `${before}${path}`, dims: found.dims, tags: found.tags });
    else (found.kind === 'ignored' ? ignored : refused).push({ path, why: found.why });
  }
  return { candidates, ignored, refused };
}

function refusedNames(collection: string, refused: readonly { path: string; why: string }[]): Problem[] {
  return refused.slice(0, 10).map(({ path, why }) => ({
    code: 'uncertain-name',
    message: `collection \`${collection}\`: ${shownPath(path)}: ${why}`,
    hint: 'rename the file, or list the files you mean in a table',
  }));
}

/** A path on Linux is bytes; one that is no text cannot be written into a plan, a job or a record without change. */
function unreadableNames(naming: Naming, collection: string, names: readonly string[]): Problem[] {
  const meant = names.filter((name) => naming.match(name).kind === 'item');
  if (meant.length === 0) return [];
  return [
    {
      code: 'name-not-utf8',
      message: `collection \`${collection}\`: the names of ${meant.length} files are not UTF-8: ${someOf(meant)}`,
      hint: 'rename them (`convmv` does it for whole folders)',
    },
  ];
}

function nothingFound(
  collection: string,
  pattern: string,
  folder: string,
  files: readonly string[],
): Problem {
  const seen =
    files.length === 0 ? 'the folder is empty' : `it holds ${files.length} files such as ${someOf(files)}`;
  return {
    code: 'empty-collection',
    message: `collection \`${collection}\`: no file in ${shownPath(folder)} matches \`${pattern}\`; ${seen}`,
    hint: 'correct the pattern or the data folder',
  };
}
