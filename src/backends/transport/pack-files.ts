import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { shellQuote } from '../../templates/index.ts';
import type { SiteFile } from './transport.ts';

/**
 * Files as one tar stream, and the script that unpacks it beside their places and moves them there whole. Names inside the
 * stream are numbers, so that no name of ours meets a limit of the format; the moves stand in a script of their own in it.
 */
export function packFiles(
  files: readonly SiteFile[],
  token: string,
): { readonly stdin: () => Readable; readonly script: string } {
  const folders = [...new Set(files.map(({ path }) => dirname(path)))];
  return { stdin: () => tarOf(files, folders), script: unpackScript(folders, token) };
}

/** Unpacks a stream into a folder of its own beside the places of its files, and runs the script `moves` in it there. */
export function unpackScript(folders: readonly string[], token: string): string {
  const stage = shellQuote(`${commonFolder(folders)}/.espalier-${token}`);
  return [
    'umask 077',
    `mkdir -p -- ${stage} || exit 73`,
    `( cd -- ${stage} && tar -xof - && sh ./moves ); code=$?`,
    `rm -rf -- ${stage}`,
    'exit $code',
  ].join('\n');
}

function tarOf(files: readonly SiteFile[], folders: readonly string[]): Readable {
  const stream = pack();
  const moves: string[] = [];
  files.forEach(({ path, content, executable }, index) => {
    stream.entry({ name: String(index), mode: executable ? 0o700 : 0o600 }, asBuffer(content));
    moves.push(`mv -f -- ${index} ${shellQuote(path)}`);
  });
  const makes = `mkdir -p -- ${folders.map(shellQuote).join(' ')}`;
  stream.entry({ name: 'moves' }, `set -e\n${makes}\n${moves.join('\n')}\n`);
  stream.finalize();
  return Readable.from(stream);
}

/** Bytes are looked at where they lie: a plan has many of them. */
function asBuffer(content: string | Uint8Array): Buffer {
  if (typeof content === 'string') return Buffer.from(content);
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

/** The folder that all of these lie in: on one file system with them as far as anybody can tell. */
function commonFolder(folders: readonly string[]): string {
  const [first = '/', ...rest] = folders;
  let parts = first.split('/');
  for (const other of rest) {
    const words = other.split('/');
    const same = parts.findIndex((part, index) => part !== words[index]);
    if (same >= 0) parts = parts.slice(0, same);
  }
  return parts.join('/') || '/';
}
