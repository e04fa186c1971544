import { createHash } from 'node:crypto';
import { readBlob } from './blobs.ts';
import { allEvents, genesis, hashEvent, type StoredEvent } from './chain.ts';
import { loadSqlite } from './file/load-sqlite.ts';
import { readMigrations } from './file/migrations.ts';
import type { Store } from './file/store.ts';

export interface CheckResult {
  readonly ok: boolean;
  /** In words, each naming the event, object or blob concerned. */
  readonly problems: readonly string[];
  readonly events: number;
  /** Hash of the last event: what a copy must agree on. `0` when there is none. */
  readonly head: string;
}

/**
 * What a change behind our back leaves in the file itself. A tail cut off, or a history written anew, shows only
 * against a checkpoint kept elsewhere.
 */
export function checkLedger(store: Store): CheckResult {
  const chain = checkChain(store);
  const problems = [...checkPages(store), ...checkSchema(store), ...chain.problems, ...checkBlobs(store)];
  return { ok: problems.length === 0, problems, events: chain.events, head: chain.head };
}

function checkChain(store: Store): Omit<CheckResult, 'ok'> {
  const problems: string[] = [];
  let head = genesis;
  let events = 0;
  let expected = 1;
  for (const row of allEvents(store)) {
    const fault = findFault(row, expected, head);
    if (fault !== undefined) problems.push(`event ${row.seq}: ${fault}`);
    head = row.hash;
    expected = row.seq + 1;
    events++;
  }
  return { problems, events, head };
}

function findFault(row: StoredEvent, expected: number, head: string): string | undefined {
  if (row.seq !== expected) return `follows on event ${expected - 1}: what was between them is missing`;
  if (row.prev_hash !== head) return 'does not continue the event before it';
  if (row.hash !== hashEvent(row)) return 'its content is not what was hashed';
  return undefined;
}

function checkPages(store: Store): readonly string[] {
  const rows = store.all<{ quick_check: string }>('pragma quick_check');
  const said = rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
  const strays = store.all<{ table: string; rowid: number }>('pragma foreign_key_check');
  return [
    ...said.map((text) => `database: ${text}`),
    ...strays.map(({ table, rowid }) => `table \`${table}\`: row ${rowid} points at nothing`),
  ];
}

/** Every table, index, view and trigger must read as the migrations wrote it: a dropped guard is a broken seal. */
function checkSchema(store: Store): readonly string[] {
  const found = new Map(dumpSchema(store.database).map((row) => [`${row.type} \`${row.name}\``, row.sql]));
  const wanted = new Map(freshSchema().map((row) => [`${row.type} \`${row.name}\``, row.sql]));
  const missing = [...wanted].filter(([name]) => !found.has(name)).map(([name]) => `${name} is missing`);
  const other = [...found].filter(([name, sql]) => wanted.get(name) !== sql);
  return [
    ...missing,
    ...other.map(([name]) => (wanted.has(name) ? `${name} was changed` : `${name} does not belong here`)),
  ];
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** As text for review: `schema.sql` beside this file is it. */
export function freshSchema(): readonly SchemaRow[] {
  const Sqlite = loadSqlite();
  const fresh = new Sqlite(':memory:');
  for (const { sql } of readMigrations()) fresh.exec(sql);
  const rows = dumpSchema(fresh);
  fresh.close();
  return rows;
}

function dumpSchema(database: Store['database']): SchemaRow[] {
  const sql = `select type, name, sql from sqlite_schema where name not like 'sqlite_%' order by tbl_name, type, name`;
  return database.prepare<[], SchemaRow>(sql).all();
}

function checkBlobs(store: Store): readonly string[] {
  return store.all<{ sha256: string }>('select sha256 from blob').flatMap(({ sha256 }) => {
    const fault = findBlobFault(store, sha256);
    return fault === undefined ? [] : [`blob \`${sha256}\`: ${fault}`];
  });
}

function findBlobFault(store: Store, sha256: string): string | undefined {
  try {
    const hash = createHash('sha256').update(readBlob(store, sha256)).digest('hex');
    return hash === sha256 ? undefined : 'its content is not what was hashed';
  } catch {
    return 'it cannot be read';
  }
}
