import { EspalierError } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';
import type { Transport } from './transport/transport.ts';

/** What a site says about a file now. size in bytes, mtime in whole seconds. */
export interface SeenFile {
  readonly size: number;
  readonly mtime: number;
  readonly inode: string;
}

/** `stat_line PATH` prints size, time and inode. A folder's size is the sum of its files', as in records. */
const statLine = `if stat -L -c %s / >/dev/null 2>&1; then
  flag=-c size=%s rest='%Y %i'
else
  flag=-f size=%z rest='%m %i'
fi
stat_line() {
  [ -d "$1" ] || { stat -L "$flag" "$size $rest" -- "$1" 2>/dev/null; return; }
  sum=0
  for each in $(cd -- "$1" && find . ! -type d -exec stat -L "$flag" "$size" {} + 2>/dev/null); do
    sum=$((sum + each))
  done
  times=$(stat -L "$flag" "$rest" -- "$1" 2>/dev/null) && echo "$sum $times"
}`;

/** `digest PATH` prints a sha256; of a folder that of its sorted lines `SHA256  ./PATH`, as in records. */
const digest = `sum_files() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
fast() { if command -v openssl >/dev/null; then openssl dgst -sha256 -r; else sum_files; fi; }
digest() {
  [ -d "$1" ] || { fast <"$1"; return; }
  if command -v sha256sum >/dev/null; then set -- "$1" sha256sum; else set -- "$1" shasum -a 256; fi
  (cd -- "$1" && shift && find . ! -type d -exec "$@" {} +) | LC_ALL=C sort | sum_files
}`;

/** Size, time and inode of each path in one command; undefined where there is nothing. */
export async function statFiles(
  transport: Transport,
  paths: readonly string[],
): Promise<readonly (SeenFile | undefined)[]> {
  // No subshell per file: there may be tens of thousands.
  const lines = paths.map((path, index) => `printf '%s ' ${index}; stat_line ${shellQuote(path)} || echo`);
  return answers(transport, [statLine, ...lines], paths.length, parseSeen);
}

/** Content hashes (sha256, hex), taken where the files lie, in one command; undefined where one cannot be read. */
export async function hashFiles(
  transport: Transport,
  paths: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const lines = paths.map(
    (path, index) => `h=$(digest ${shellQuote(path)} 2>/dev/null) && echo "${index} \${h%% *}"`,
  );
  return answers(transport, [digest, ...lines], paths.length, ([sha256]) =>
    /^[0-9a-f]{64}$/.test(sha256 ?? '') ? sha256 : undefined,
  );
}

/** Makes each `to` the same file as `from` (a hard link where the file system can, else a copy), whole or not at all. */
export async function linkFiles(
  transport: Transport,
  pairs: readonly { readonly from: string; readonly to: string }[],
): Promise<readonly (SeenFile | undefined)[]> {
  const lines = pairs.map(({ from, to }, index) => {
    const [source, target, part] = [shellQuote(from), shellQuote(to), shellQuote(`${to}.part`)];
    const folder = shellQuote(to.slice(0, to.lastIndexOf('/')));
    const link = `{ ln -- ${source} ${part} 2>/dev/null || cp -R -p -- ${source} ${part}; }`;
    // A folder in the way would be moved into; a file that is the same already has nothing to be moved.
    const place = `{ [ ! -d ${target} ] || rm -rf -- ${target}; } && mv -f -- ${part} ${target}`;
    const make = `mkdir -p -- ${folder} && rm -rf -- ${part} && ${link} && ${place}`;
    return `{ [ ${source} -ef ${target} ] || { ${make}; }; } && l=$(stat_line ${target}) && echo "${index} $l"`;
  });
  return answers(transport, ['umask 077', statLine, ...lines], pairs.length, parseSeen);
}

export async function removeFiles(transport: Transport, paths: readonly string[]): Promise<void> {
  if (paths.length > 0)
    await answers(
      transport,
      paths.map((path) => `rm -rf -- ${shellQuote(path)}`),
      0,
      () => undefined,
    );
}

function parseSeen([size, mtime, inode]: readonly string[]): SeenFile | undefined {
  return inode === undefined ? undefined : { size: Number(size), mtime: Number(mtime), inode };
}

/** Runs the lines; each answer is a line `INDEX WORDS…`, and a last line says that nothing was cut off. */
async function answers<T>(
  transport: Transport,
  script: readonly string[],
  count: number,
  parse: (words: readonly string[]) => T | undefined,
): Promise<readonly (T | undefined)[]> {
  const ran = await transport.run([...script, 'echo end'].join('\n'));
  const lines = ran.stdout.split('\n').filter((line) => line !== '');
  if (lines.at(-1) !== 'end') {
    throw new EspalierError('files-unseen', `the site did not answer about its files: ${ran.stderr.trim()}`, {
      fault: 'site',
    });
  }
  const found = new Map(
    lines.slice(0, -1).map((line) => {
      const [index, ...words] = line.split(' ');
      return [Number(index), parse(words)] as const;
    }),
  );
  return Array.from({ length: count }, (_, index) => found.get(index));
}
