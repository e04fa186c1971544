import { basename, dirname, join, posix } from 'node:path';
import { type ListedFile, listSite, type SiteListing, type Transport } from '../backends/index.ts';
import { type FileAccess, largestSettings } from '../collections/index.ts';
import { type FileBytes, FormatError, windowed } from '../formats/index.ts';
import { EspalierError } from '../model/index.ts';
import { compileTemplates } from '../templates/index.ts';

/**
 * The files of one folder on a site, listed once: what is asked about them afterwards needs no further question, but for headers of
 * images, which are read where the metadata files do not say what they would.
 */
export function siteAccess(transport: Transport): FileAccess {
  const seen = new Map<string, ListedFile>();
  const settings = new Map<string, { name: string; bytes: Buffer }[]>();
  return {
    list: async (root, depth, limits) => {
      const asked = listSite(transport, root, {
        depth: Number.isFinite(depth) ? depth : limits.depth,
        contentsOf: '*[Ss]ettings.txt',
        largest: largestSettings,
      });
      // The site takes its time: what a submission needs is made ready meanwhile.
      setImmediate(compileTemplates);
      const listing = await asked;
      if (listing.files.length > limits.files)
        throw new EspalierError(
          'collection-too-large',
          `the folder \`${root}\` holds more than ${limits.files} files`,
          {
            hint: 'name a folder further down, or a table of the files you mean',
          },
        );
      return remember(listing, root);
    },
    identify: (path) => seen.get(path),
    settings: async (folder) => settings.get(folder) ?? [],
    open: (path) => openAtSite(transport, path, seen.get(path)?.size ?? 0),
  };

  function remember(listing: SiteListing, root: string) {
    for (const [path, bytes] of listing.contents) {
      const at = posix.join(root, path);
      const name = basename(at);
      if (name.startsWith('.')) continue;
      settings.set(dirname(at), [...(settings.get(dirname(at)) ?? []), { name, bytes }].sort(byName));
    }
    const files: string[] = [];
    const unreadableNames: string[] = [];
    // What `find` prints is plain below the folder.
    const before = join(root, '/');
    for (const file of listing.files) {
      if (!file.isText) unreadableNames.push(file.path);
      else if (file.isFile) {
        files.push(file.path);
        seen.set(`${before}${file.path}`, file);
      }
    }
    return { files, ignored: [], unreadableNames };
  }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

async function openAtSite(transport: Transport, path: string, size: number): Promise<FileBytes> {
  if (size === 0) throw new FormatError(path, 'is empty; copy or acquire it again');
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = await transport.read(path, { offset, limit: length });
    if (bytes === undefined || bytes.length < length)
      throw new FormatError(path, `is truncated: it ends before byte ${offset + length}`);
    return Buffer.from(bytes);
  };
  return { path, size, read, peek: windowed(read, size), close: async () => {} };
}
