import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { EspalierError } from '../../model/index.ts';
import { explained, sqliteCode } from './explain-error.ts';
import { chooseJournal, type Journal } from './journal-mode.ts';
import { loadSqlite } from './load-sqlite.ts';

export interface OpenOptions {
  readonly readonly: boolean;
  /** `f_type` of the file system that holds a folder; statfs(2) unless a test says otherwise. */
  readonly fileSystemType?: (folder: string) => number;
}

/** Milliseconds a writer waits for another one. */
const patience = 10_000;

/**
 * Opens the file, makes it if need be (file 0600, folder 0700), and sets what SQLite leaves to each connection.
 * Looks at nothing inside.
 * @throws EspalierError `ledger-…`
 */
export function openDatabase(path: string, options: OpenOptions): Database.Database {
  if (options.readonly && !existsSync(path)) throw noLedger(path);
  return explained(path, () => {
    if (!options.readonly) prepareFile(path);
    const Sqlite = loadSqlite();
    const database = new Sqlite(path, { readonly: options.readonly, timeout: patience });
    try {
      setUp(database, path, options);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

/** The ledger names who works on what: nobody else's business unless its owner says so. */
function prepareFile(path: string): void {
  closeSync(openForAppend(path));
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

function openForAppend(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new EspalierError('ledger-cannot-open', `the ledger \`${path}\` cannot be written`, {
      fault: 'ledger',
      hint: `Check that \`${dirname(path)}\` is a folder where you may write; \`ESPALIER_HOME\` names another.`,
      cause: error,
    });
  }
}

function setUp(database: Database.Database, path: string, options: OpenOptions): void {
  // First a harmless read: a file that is no database must be refused before anything is set in it.
  database.pragma('schema_version');
  const fileSystemType = options.fileSystemType ?? ((folder) => statfsSync(folder).type);
  const journal = chooseJournal(fileSystemType(dirname(path)));
  if (!options.readonly) setJournal(database, journal);
  database.pragma(`synchronous = ${journal.synchronous}`);
  // 64 MB: inserts by hash land anywhere, and a page that does not fit is written twice.
  database.pragma('cache_size = -65536');
  database.pragma('foreign_keys = on');
  database.pragma('trusted_schema = off');
  database.pragma('cell_size_check = on');
  database.pragma('recursive_triggers = on');
  if (options.readonly) database.pragma('query_only = on');
}

/** SQLite does not wait for others when it changes the journal's mode, so two first openings may collide. */
function setJournal(database: Database.Database, { mode }: Journal): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  if (database.pragma('journal_mode', { simple: true }) === mode) return;
  for (let tries = patience / 20; ; tries--) {
    try {
      database.pragma(`journal_mode = ${mode}`);
      return;
    } catch (error) {
      if (tries <= 0 || !sqliteCode(error)?.startsWith('SQLITE_BUSY')) throw error;
      Atomics.wait(pause, 0, 0, 20);
    }
  }
}

function noLedger(path: string): EspalierError {
  return new EspalierError('ledger-none', `there is no ledger at \`${path}\` yet`, {
    fault: 'ledger',
    hint: 'It is made by the first `espalier run`; `ESPALIER_HOME` names the folder that holds it.',
  });
}
