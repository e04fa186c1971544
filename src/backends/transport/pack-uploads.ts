import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { shellQuote } from '../../templates/index.ts';
import { unpackScript } from './pack-files.ts';
import { digest } from './site-digest.ts';
import type { SentFile } from './transport.ts';

/** Exit code of a script that received something else than what was sent. */
export const arrivedWrong = 75;

/**
 * Files of this machine as one tar stream, and the script that unpacks it beside their places, checks each by its sha256 and moves
 * it there. Names inside the stream are numbers, as in `packFiles`. A stream that was cut lacks its last entry, the script that
 * checks and moves.
 */
export function packUploads(
  files: readonly SentFile[],
  token: string,
): { readonly stdin: Readable; readonly script: string } {
  const stream = pack();
  fill(stream, files).then(
    () => stream.finalize(),
    (error: Error) => stream.destroy(error),
  );
  const folders = files.map(({ sitePath }) => dirname(sitePath));
  return { stdin: Readable.from(stream), script: unpackScript(folders, token) };
}

async function fill(stream: Pack, files: readonly SentFile[]): Promise<void> {
  const moves: string[] = [];
  for (const [index, { localPath, sitePath, sha256 }] of files.entries()) {
    const { size } = await stat(localPath);
    // An entry is as long as it says: a file that grows or shrinks meanwhile ends the stream with an error.
    await pipeline(createReadStream(localPath), stream.entry({ name: String(index), mode: 0o600, size }));
    moves.push(`take ${index} ${sha256} ${shellQuote(dirname(sitePath))} ${shellQuote(sitePath)}`);
  }
  const take = [
    'take() {',
    `  made=$(digest "$1") && [ "\${made%% *}" = "$2" ] || { echo "$4 arrived as \${made%% *}" >&2; exit ${arrivedWrong}; }`,
    '  mkdir -p -- "$3" && mv -f -- "$1" "$4" || exit 73',
    '}',
  ].join('\n');
  stream.entry({ name: 'moves' }, `${digest}\n${take}\n${moves.join('\n')}\n`);
}
