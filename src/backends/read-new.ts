import { EspalierError } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';
import type { Transport } from './transport/transport.ts';

/** How far each record file has been read, by its path below the run's `records` folder. */
export type Offsets = ReadonlyMap<string, number>;

/** New bytes of record files, by the same paths, each from its offset on. */
export type NewBytes = ReadonlyMap<string, Uint8Array>;

/**
 * Everything new in a run's records by one command, whatever the number of jobs. The offsets go in on standard input; what
 * comes back is, per file that grew, a line `@@ PATH LENGTH` and the bytes.
 */
export async function readNew(transport: Transport, runFolder: string, offsets: Offsets): Promise<NewBytes> {
  const stdin = [...offsets].map(([path, offset]) => `${offset} ./${path}\n`).join('');
  const ran = await transport.run(command(runFolder), { stdin });
  const bytes = Buffer.from(ran.bytes);
  if (ran.code !== 0 || !bytes.toString('latin1').endsWith('\n@@ end\n')) {
    throw new EspalierError(
      'records-unread',
      `cannot read the records of \`${runFolder}\`: ${ran.stderr.trim()}`,
      { fault: 'site' },
    );
  }
  return parseNew(bytes);
}

/** A line `--` parts the offsets we know from the sizes there are. What is no record (an editor's file) is left alone. */
const pickGrown = [
  '$1 == "--" { sizes = 1; next }',
  '!sizes { known[$2] = $1; next }',
  'NF == 2 && $2 ~ /^[.][/][A-Za-z0-9._-]+[/][0-9]+$/ && $1 > known[$2] + 0 { print $2, known[$2] + 0, $1 - known[$2] }',
].join(' ');

function command(runFolder: string): string {
  return [
    `if cd ${shellQuote(`${runFolder}/records`)} 2>/dev/null; then`,
    `  { cat; echo --; find . -type f -exec wc -c {} +; } | awk '${pickGrown}' |`,
    '  while read -r path offset length; do',
    `    printf '@@ %s %s\\n' "$path" "$length"`,
    '    tail -c "+$((offset + 1))" "$path" | head -c "$length"',
    '    echo',
    '  done',
    'fi',
    `printf '\\n@@ end\\n'`,
  ].join('\n');
}

function parseNew(bytes: Buffer): NewBytes {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(10, at);
    const header = /^@@ \.\/(\S+) (\d+)$/.exec(bytes.toString('latin1', at, end));
    if (end < 0 || header?.[1] === undefined) break;
    const start = end + 1;
    const length = Number(header[2]);
    files.set(header[1], bytes.subarray(start, start + length));
    at = start + length + 1;
  }
  // Anything else than the last line here means that a file shrank while it was read, and its neighbour was taken for it.
  if (bytes.toString('latin1', at) !== '\n@@ end\n') {
    throw new EspalierError('records-unread', 'a record changed while it was read', { fault: 'site' });
  }
  return files;
}
