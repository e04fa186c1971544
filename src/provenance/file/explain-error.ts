import { statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EspalierError } from '../../model/index.ts';

/** SQLite's result codes (https://www.sqlite.org/rescode.html), by prefix, and what each means to a person. */
const meanings: readonly (readonly [prefix: string, code: string, explain: (path: string) => Explained])[] = [
  ['SQLITE_FULL', 'ledger-disk-full', diskFull],
  ['SQLITE_IOERR', 'ledger-disk', diskError],
  ['SQLITE_NOTADB', 'ledger-not-a-database', notADatabase],
  ['SQLITE_CORRUPT', 'ledger-corrupt', corrupt],
  ['SQLITE_BUSY', 'ledger-busy', busy],
  ['SQLITE_LOCKED', 'ledger-busy', busy],
  ['SQLITE_READONLY', 'ledger-read-only', readOnly],
  ['SQLITE_CANTOPEN', 'ledger-cannot-open', cannotOpen],
  ['SQLITE_PERM', 'ledger-cannot-open', cannotOpen],
];

/** Where there is no backup, a new ledger can take in the runs from their folders. */
export const repair =
  'Keep a copy of it with its -wal file, and put back a backup made by `espalier ledger backup`, or none; then `espalier adopt SITE:RUN` what it does not know.';

interface Explained {
  readonly message: string;
  readonly hint: string;
}

/** What SQLite or a text in the ledger gave, as an error for people. Anything else comes back as it is. */
export function explainError(error: unknown, path: string): unknown {
  const code = isUnreadable(error) ? 'SQLITE_CORRUPT' : sqliteCode(error);
  if (code === undefined) return error;
  const known = meanings.find(([prefix]) => code.startsWith(prefix));
  const { message, hint } = known?.[2](path) ?? unknown(path, error);
  return new EspalierError(known?.[1] ?? 'ledger-database', message, { fault: 'ledger', hint, cause: error });
}

/** Runs `work`, with SQLite's errors explained. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainError(error, path);
  }
}

/** The same for rows that are read while others are asked for. */
export function* explainedEach<T>(path: string, rows: Iterable<T>): Generator<T, undefined> {
  try {
    yield* rows;
  } catch (error) {
    throw explainError(error, path);
  }
  return undefined;
}

/** Whole pages with broken texts in them: what was stored as JSON is none, or does not unpack. */
function isUnreadable(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error.code.startsWith('SQLITE_') ? error.code : undefined;
}

function diskFull(path: string): Explained {
  return {
    message: `the disk is full: nothing was written to the ledger \`${path}\` (${describeDisk(path)})`,
    hint: 'Free some space on that disk, then repeat the command; what was acknowledged before is safe.',
  };
}

function diskError(path: string): Explained {
  return {
    message: `the disk refused to read or write the ledger \`${path}\` (${describeDisk(path)})`,
    hint: 'Look for a full disk, a quota, a limit on file size (`ulimit -f`) or a failing disk.',
  };
}

function notADatabase(path: string): Explained {
  return {
    message: `\`${path}\` is not an espalier ledger, or it is damaged at its beginning`,
    hint: 'Name another file, or put back a backup made by `espalier ledger backup`.',
  };
}

function corrupt(path: string): Explained {
  return {
    message: `the ledger \`${path}\` is damaged`,
    hint: repair,
  };
}

function busy(path: string): Explained {
  return {
    message: `another program holds the ledger \`${path}\``,
    hint: 'Wait until it has finished, or end it, then repeat the command.',
  };
}

function readOnly(path: string): Explained {
  return {
    message: `the ledger \`${path}\` cannot be written: it, its folder or this connection is read-only`,
    hint: 'Check the permissions of the file and its folder.',
  };
}

function cannotOpen(path: string): Explained {
  return {
    message: `the ledger \`${path}\` cannot be opened`,
    hint: 'Check that its folder exists and that you may read and write there.',
  };
}

function unknown(path: string, error: unknown): Explained {
  const said = error instanceof Error ? error.message : String(error);
  return { message: `the ledger \`${path}\` refused: ${said}`, hint: 'Run `espalier ledger check` on it.' };
}

/** The disk by its mount point, with what is left on it, e.g. `disk mounted at /home, 0 MB free`. */
function describeDisk(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(resolve(path)));
    return `disk mounted at \`${mountPoint(path)}\`, ${Math.floor((bavail * bsize) / 1e6)} MB free`;
  } catch {
    return `disk of \`${dirname(resolve(path))}\``;
  }
}

function mountPoint(path: string): string {
  let folder = dirname(resolve(path));
  const { dev } = statSync(folder);
  while (folder !== '/' && statSync(dirname(folder)).dev === dev) folder = dirname(folder);
  return folder;
}
