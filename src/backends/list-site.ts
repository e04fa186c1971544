import { isAscii, isUtf8 } from 'node:buffer';
import { EspalierError } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';
import type { Transport } from './transport/transport.ts';

/** A file as a site lists it. Paths relative to the folder; mtime in whole milliseconds. */
export interface ListedFile {
  readonly path: string;
  /** False where the path is no UTF-8: then it stands for no file. */
  readonly isText: boolean;
  readonly isFile: boolean;
  readonly size: number;
  readonly mtimeMs: number;
  readonly inode: string;
}

export interface SiteListing {
  /** In the order of the bytes of their paths. */
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

/** The contents begin with the first entry that is one: no name holds a NUL. */
function parse(bytes: Buffer): SiteListing {
  const first = bytes.indexOf('\0@@ ');
  const end = bytes.subarray(0, 3).toString('latin1') === '@@ ' ? 0 : first < 0 ? bytes.length : first + 1;
  const list = bytes.subarray(0, end);
  return {
    files: isAscii(list) ? plainFiles(list) : anyFiles(list),
    contents: parseContents(bytes.subarray(end)),
  };
}

/** Names of plain letters need no bytes each: most folders have no others, and there may be a hundred thousand. */
function plainFiles(list: Buffer): readonly ListedFile[] {
  const files: ListedFile[] = [];
  for (const entry of list.toString('latin1').split('\0')) {
    const facts = factsOf(entry);
    if (facts !== null) files.push(fileOf(facts, entry.slice(facts[0].length), true));
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function anyFiles(list: Buffer): readonly ListedFile[] {
  const files: { readonly bytes: Buffer; readonly facts: RegExpExecArray }[] = [];
  for (let at = 0; at < list.length; ) {
    const end = list.indexOf(0, at);
    const entry = list.subarray(at, end < 0 ? list.length : end);
    at += entry.length + 1;
    const facts = factsOf(entry.toString('latin1'));
    if (facts !== null) files.push({ bytes: entry.subarray(facts[0].length), facts });
  }
  return files
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ bytes, facts }) => fileOf(facts, bytes.toString(), isUtf8(bytes)));
}

/** What stands before the path: kind, size, seconds, inode. */
function factsOf(entry: string): RegExpExecArray | null {
  return /^([a-zA-Z?]) (\d+) ([\d.]+) (\d+) /.exec(entry);
}

function fileOf(
  [, kind, size, seconds, inode = '']: RegExpExecArray,
  path: string,
  isText: boolean,
): ListedFile {
  const mtimeMs = Math.floor(Number(seconds) * 1000);
  return { path, isText, isFile: kind === 'f', size: Number(size), mtimeMs, inode };
}

function parseContents(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    if (end < 0) break;
    const [all, size] = /^@@ (\d+) /.exec(bytes.toString('latin1', at, end)) ?? [];
    const path = bytes.toString('utf8', at + (all?.length ?? 0), end);
    at = end + 1;
    if (all === undefined) continue;
    contents.set(path, Buffer.from(bytes.subarray(at, at + Number(size))));
    at += Number(size) + 1;
  }
  return contents;
}
