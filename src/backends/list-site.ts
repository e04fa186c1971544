import { EspalierError } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';
import type { Transport } from './transport/transport.ts';

/** A file as a site lists it. Paths relative to the folder; mtime in whole milliseconds. */
export interface ListedFile {
  readonly path: Buffer;
  readonly isFile: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: string;
}

export interface SiteListing {
  readonly files: readonly ListedFile[];
  /** Small files whose names were asked for, by their paths. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

export interface ListOptions {
  /** Folders below the first one. */
  readonly depth: number;
  /** A name pattern of `find`; such files come with their content. */
  readonly contentsOf: string;
  /** Bytes; larger ones come without. */
  readonly largest: number;
}

/**
 * Everything below a folder in one stream: names (any bytes), sizes, times, inodes, and what small metadata files hold. Links are
 * followed. No process per file where `find` can print; elsewhere `stat` prints many at once.
 */
export async function listSite(
  transport: Transport,
  folder: string,
  options: ListOptions,
): Promise<SiteListing> {
  const ran = await transport.run(script(folder, options));
  const bytes = Buffer.from(ran.bytes);
  const end = bytes.lastIndexOf('\0@@ end');
  if (ran.code === 44)
    throw new EspalierError('folder-unreadable', `the folder \`${folder}\` does not exist on the site`, {
      hint: 'check the path',
    });
  if (ran.code !== 0 || end < 0)
    throw new EspalierError(
      'folder-unreadable',
      `the folder \`${folder}\` cannot be listed: ${ran.stderr.trim()}`,
      { fault: 'site' },
    );
  return parse(bytes.subarray(0, end));
}

function script(folder: string, { depth, contentsOf, largest }: ListOptions): string {
  const found = `find -L . -mindepth 1 -maxdepth ${depth + 1}`;
  return [
    `cd -- ${shellQuote(folder)} 2>/dev/null || exit 44`,
    `if find . -maxdepth 0 -printf '' 2>/dev/null; then`,
    `  ${found} ! -type d -printf '%y %s %T@ %i %P\\0'`,
    'else',
    `  ${found} ! -type d -exec sh -c 'for f; do printf "f %s %s\\0" "$(stat -L -c "%s %Y %i" -- "$f")" "\${f#./}"; done' sh {} +`,
    'fi 2>/dev/null',
    `${found} -type f -name ${shellQuote(contentsOf)} -size -${Math.ceil(largest / 512)} -exec sh -c '`,
    `  for f; do printf "@@ %s %s\\0" "$(wc -c <"$f" | tr -d " ")" "\${f#./}"; cat -- "$f"; printf "\\0"; done' sh {} + 2>/dev/null`,
    `printf '\\0@@ end'`,
  ].join('\n');
}

function parse(bytes: Buffer): SiteListing {
  const files: ListedFile[] = [];
  const contents = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    if (end < 0) break;
    const entry = bytes.subarray(at, end);
    at = end + 1;
    const match = /^(@@|[a-zA-Z?]) (\d+)(?: ([\d.]+) (\d+))? /.exec(entry.toString('latin1'));
    if (match === null) continue;
    const path = Buffer.from(entry.subarray(match[0].length));
    const size = Number(match[2]);
    if (match[1] === '@@') {
      contents.set(path.toString(), Buffer.from(bytes.subarray(at, at + size)));
      at += size + 1;
    } else {
      const mtimeMs = Math.floor(Number(match[3]) * 1000);
      files.push({ path, isFile: match[1] === 'f', size, mtimeMs, inode: match[4] ?? '' });
    }
  }
  return { files, contents };
}
