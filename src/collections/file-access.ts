import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileBytes, openBytes } from '../formats/index.ts';
import type { CollectionLimits } from './limits.ts';
import { type FolderListing, listFiles } from './list-files.ts';

/** How a collection's files are looked at, wherever they lie. Paths are absolute. */
export interface FileAccess {
  list(root: string, depth: number, limits: CollectionLimits): Promise<FolderListing>;
  /** Undefined where there is none or it may not be read. mtime in whole milliseconds. No promise where it is known already. */
  identify(path: string): Promise<SeenIdentity | undefined> | SeenIdentity | undefined;
  /** The small `*Settings.txt` files of a folder; none where it cannot be read. */
  settings(folder: string): Promise<readonly { readonly name: string; readonly bytes: Buffer }[]>;
  open(path: string): Promise<FileBytes>;
}

export interface SeenIdentity {
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: string;
  readonly isFile: boolean;
}

export const largestSettings = 4 * 1024 * 1024;

/** What counts as a settings file by its name. */
export const settingsName = /settings\.txt$/i;

/** This machine's own disk. */
export const diskAccess: FileAccess = {
  list: listFiles,
  identify: async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined) return undefined;
    const mtimeMs = Number(found.mtimeNs / 1_000_000n);
    return { size: Number(found.size), mtimeMs, inode: String(found.ino), isFile: found.isFile() };
  },
  settings: async (folder) => {
    const names = (await readdir(folder).catch(() => [])).filter(
      (name) => settingsName.test(name) && !name.startsWith('.'),
    );
    const found: { name: string; bytes: Buffer }[] = [];
    for (const name of names.sort()) {
      const file = await stat(join(folder, name)).catch(() => undefined);
      if (file?.isFile() === true && file.size <= largestSettings)
        found.push({ name, bytes: await readFile(join(folder, name)) });
    }
    return found;
  },
  open: openBytes,
};
