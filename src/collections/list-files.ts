import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { shownPath } from '../formats/index.ts';
import { EspalierError } from '../model/index.ts';
import type { CollectionLimits } from './limits.ts';

export interface FolderListing {
  /** Paths of files relative to the folder, with `/`, in the order of their bytes. */
  readonly files: readonly string[];
  readonly ignored: readonly { readonly path: string; readonly why: string }[];
  /** Names that are not UTF-8, with the bad bytes as the replacement character. */
  readonly unreadableNames: readonly string[];
}

interface Walk {
  readonly root: string;
  readonly limits: CollectionLimits;
  readonly depth: number;
  readonly files: string[];
  readonly ignored: { path: string; why: string }[];
  readonly unreadableNames: string[];
  /** Real paths of the folders that lie above the current one; a link to one of them would never end. */
  seen: number;
}

/**
 * Lists the files of a folder, and of folders below it down to `depth`. Links are followed, except in circles. Throws
 * an `EspalierError` where the folder cannot be read or holds too many files.
 */
export async function listFiles(
  root: string,
  depth: number,
  limits: CollectionLimits,
): Promise<FolderListing> {
  const walk: Walk = { root, limits, depth, files: [], ignored: [], unreadableNames: [], seen: 0 };
  await walkFolder(walk, '', []);
  return { files: walk.files, ignored: walk.ignored, unreadableNames: walk.unreadableNames };
}

async function walkFolder(walk: Walk, folder: string, above: readonly string[]): Promise<void> {
  const path = join(walk.root, folder);
  const entries = await readFolder(path);
  const real = await realpath(path);
  if (above.includes(real)) {
    walk.ignored.push({ path: folder, why: 'a link that leads back to a folder above it' });
    return;
  }
  for (const entry of entries.sort((a, b) => Buffer.compare(a.name, b.name))) {
    walk.seen += 1;
    if (walk.seen > walk.limits.files) throw tooMany(walk);
    const name = decodeName(entry.name);
    if (name === undefined) walk.unreadableNames.push(folder + entry.name.toString('utf8'));
    else await visit(walk, folder + name, entry, [...above, real]);
  }
}

interface Entry {
  readonly name: Buffer;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

async function visit(walk: Walk, path: string, entry: Entry, above: readonly string[]): Promise<void> {
  if (entry.isFile()) return void walk.files.push(path);
  const kind = entry.isSymbolicLink()
    ? await linkedKind(join(walk.root, path))
    : entry.isDirectory()
      ? 'folder'
      : 'other';
  if (kind === 'file') walk.files.push(path);
  else if (kind === 'folder') await descend(walk, path, above);
  else
    walk.ignored.push({
      path,
      why: kind === 'broken' ? 'a link that leads nowhere' : 'neither a file nor a folder',
    });
}

async function descend(walk: Walk, path: string, above: readonly string[]): Promise<void> {
  const level = path.split('/').length;
  if (level > walk.depth) return;
  if (level > walk.limits.depth)
    throw new EspalierError(
      'collection-too-deep',
      `${shownPath(join(walk.root, path))} lies more than ${walk.limits.depth} folders deep`,
      {
        hint: 'name a folder further down',
      },
    );
  await walkFolder(walk, `${path}/`, above);
}

async function linkedKind(path: string): Promise<'file' | 'folder' | 'other' | 'broken'> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 'broken';
  if (found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : 'other';
}

async function readFolder(path: string): Promise<Entry[]> {
  try {
    return await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = {
      ENOENT: 'does not exist',
      ENOTDIR: 'is not a folder',
      EACCES: 'may not be read by this user',
    }[code];
    throw new EspalierError(
      'folder-unreadable',
      `the folder ${shownPath(path)} ${reason ?? `cannot be read (${code})`}`,
      {
        hint: reason === 'may not be read by this user' ? 'ask its owner for access' : 'check the path',
        cause: error,
      },
    );
  }
}

function tooMany(walk: Walk): EspalierError {
  return new EspalierError(
    'collection-too-large',
    `the folder ${shownPath(walk.root)} holds more than ${walk.limits.files} files`,
    { hint: 'name a folder further down, or a table of the files you mean' },
  );
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeName(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
