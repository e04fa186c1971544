import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { EspalierError, isTerminal, taskStateNames } from '../../../src/model/index.ts';
import { freshSchema } from '../../../src/provenance/check.ts';
import { explainError } from '../../../src/provenance/file/explain-error.ts';
import { chooseJournal } from '../../../src/provenance/file/journal-mode.ts';
import { refuseCrashingDriver } from '../../../src/provenance/file/load-sqlite.ts';
import { readMigrations } from '../../../src/provenance/file/migrations.ts';
import { openDatabase } from '../../../src/provenance/file/open-database.ts';
import { Ledger, type LedgerOptions } from '../../../src/provenance/index.ts';
import { chainOfTwo, newLedger, scratch, startRun, tickingClock } from './story.ts';

const options: LedgerOptions = { clock: () => 1 };

function refusal(work: () => unknown): {
  readonly code: string;
  readonly message: string;
  readonly fault: string;
  readonly hint: string | undefined;
} {
  try {
    work();
  } catch (error) {
    if (error instanceof EspalierError)
      return { code: error.code, message: error.message, fault: error.fault, hint: error.hint };
    throw error;
  }
  throw new Error('it was not refused');
}

test('every connection waits for the disk, the second as well as the first', () => {
  const path = join(scratch(), 'ledger.sqlite');
  for (const _ of ['first', 'second', 'third']) {
    const database = openDatabase(path, { readonly: false });
    const pragma = (name: string): unknown => database.pragma(name, { simple: true });
    expect(pragma('synchronous')).toBe(2);
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('trusted_schema')).toBe(0);
    expect(pragma('cell_size_check')).toBe(1);
    expect(pragma('recursive_triggers')).toBe(1);
    expect(pragma('busy_timeout')).toBe(10_000);
    database.close();
  }
});

test.each([
  ['NFS', 0x6969],
  ['Lustre', 0x0bd00bd0],
  ['GPFS', 0x47504653],
  ['SMB', 0x517b],
  ['SMB', -0x00acb2be],
])('on %s (%i) the rollback journal is used, with the strictest waiting', (network, type) => {
  expect(chooseJournal(type)).toEqual({ mode: 'delete', synchronous: 'extra', network });
  const database = openDatabase(join(scratch(), 'l'), { readonly: false, fileSystemType: () => type });
  expect(database.pragma('journal_mode', { simple: true })).toBe('delete');
  expect(database.pragma('synchronous', { simple: true })).toBe(3);
  database.close();
});

test('the file is for its owner alone, also when it was not before', () => {
  const folder = join(scratch(), 'new', 'home');
  const path = join(folder, 'ledger.sqlite');
  const ledger = newLedger(path);
  ledger.append([{ kind: 'noted', about: 'x', note: 'y' }]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
  ledger.close();
  chmodSync(path, 0o644);
  newLedger(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a schema from the future is refused and left as it is', () => {
  const path = join(scratch(), 'ledger.sqlite');
  newLedger(path).close();
  const raw = new Database(path);
  raw.pragma('user_version = 99');
  raw.close();
  const before = readFileSync(path);
  const refused = refusal(() => Ledger.open(path, options));
  expect(refused).toMatchObject({ code: 'ledger-newer', fault: 'ledger' });
  expect(refused.message).toContain('schema 99');
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a database of another program is refused and left as it is', () => {
  const path = join(scratch(), 'other.sqlite');
  const raw = new Database(path);
  raw.exec('create table recipes (name text)');
  raw.close();
  expect(refusal(() => Ledger.open(path, options)).code).toBe('ledger-not-a-database');
  const again = new Database(path);
  expect(again.prepare('select count(*) as n from sqlite_schema').get()).toEqual({ n: 1 });
  again.close();
});

test('a file that is no database is refused', () => {
  const path = join(scratch(), 'notes.txt');
  writeFileSync(path, 'Dear diary, this is not a database at all, however long it may be.\n'.repeat(40));
  expect(refusal(() => Ledger.open(path, options))).toMatchObject({
    code: 'ledger-not-a-database',
    fault: 'ledger',
  });
});

test('a folder in the place of the file is refused in words', () => {
  const path = join(scratch(), 'ledger.sqlite');
  mkdirSync(path);
  expect(refusal(() => Ledger.open(path, options)).code).toBe('ledger-cannot-open');
});

test('a file in the place of its folder is refused in words that name the folder', () => {
  const file = join(scratch(), 'home');
  writeFileSync(file, '');
  const { code, hint } = refusal(() => Ledger.open(join(file, 'ledger.sqlite'), options));
  expect(code).toBe('ledger-cannot-open');
  expect(hint).toContain(file);
});

test('a damaged page is told apart from a wrong file', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = newLedger(path);
  startRun(ledger, 'r1');
  ledger.close();
  const bytes = readFileSync(path);
  bytes.fill(0xee, 4096);
  writeFileSync(path, bytes);
  expect(refusal(() => Ledger.open(path, options).run('r1')).code).toBe('ledger-corrupt');
});

test('a reader makes no ledger and writes to none', () => {
  const path = join(scratch(), 'ledger.sqlite');
  expect(refusal(() => Ledger.open(path, { ...options, readonly: true })).code).toBe('ledger-none');
  expect(existsSync(path)).toBe(false);
  newLedger(path);
  const reader = Ledger.open(path, { ...options, readonly: true });
  expect(refusal(() => reader.putBlob('x')).code).toBe('ledger-read-only');
  expect(reader.runs()).toEqual([]);
  reader.close();
});

test('a full disk is named', () => {
  const folder = scratch();
  const raw = new Database(join(folder, 'small.sqlite'));
  raw.pragma('max_page_count = 3');
  let full: unknown;
  try {
    raw.exec('create table t (x); insert into t select zeroblob(100000)');
  } catch (error) {
    full = explainError(error, join(folder, 'small.sqlite'));
  }
  raw.close();
  expect(full).toMatchObject({ code: 'ledger-disk-full', fault: 'ledger' });
  expect(String(full)).toMatch(/disk mounted at `\/.*`, \d+ MB free/);
});

test('a ledger that another program holds is called busy, and errors of our own pass unchanged', () => {
  const path = join(scratch(), 'ledger.sqlite');
  newLedger(path);
  const holder = new Database(path);
  holder.exec('begin immediate');
  const waiting = new Database(path, { timeout: 0 });
  let busy: unknown;
  try {
    waiting.exec('begin immediate');
  } catch (error) {
    busy = explainError(error, path);
  }
  waiting.close();
  holder.close();
  expect(busy).toMatchObject({ code: 'ledger-busy', fault: 'ledger' });
  expect(explainError(new TypeError('mine'), 'x')).toBeInstanceOf(TypeError);
});

test('a backup is a whole ledger for its owner alone, and never written over another', () => {
  const folder = scratch();
  const ledger = newLedger(join(folder, 'ledger.sqlite'));
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  ledger.backup(join(folder, 'copy.sqlite'));
  expect(statSync(join(folder, 'copy.sqlite')).mode & 0o777).toBe(0o600);
  const copy = newLedger(join(folder, 'copy.sqlite'));
  expect(copy.check()).toEqual(ledger.check());
  expect(copy.tasks('r1')).toEqual(ledger.tasks('r1'));
  expect(refusal(() => ledger.backup(join(folder, 'copy.sqlite'))).code).toBe('ledger-backup-exists');
});

const newest = readMigrations().length;

test('an older schema is raised after a backup, and its projections are written again', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = newLedger(path);
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  const tasks = ledger.tasks('r1');
  ledger.close();
  const second = {
    version: newest + 1,
    name: 'x.sql',
    sql: 'create table extra (x integer) strict; delete from used',
  };
  const migrations = [...readMigrations(), second];
  const clock = tickingClock();

  expect(refusal(() => Ledger.open(path, { clock, migrations, readonly: true })).code).toBe('ledger-older');
  const raised = Ledger.open(path, { clock, migrations });
  expect(raised.tasks('r1')).toEqual(tasks);
  expect(raised.attempts('r1', 'deskew:1')[0]?.inputs).toHaveLength(1);
  raised.close();

  const version = (file: string): unknown => {
    const raw = new Database(file, { readonly: true });
    const found = raw.pragma('user_version', { simple: true });
    raw.close();
    return found;
  };
  expect(version(path)).toBe(newest + 1);
  expect(version(`${path}.schema-${newest}`)).toBe(newest);
});

test('a ledger of the first schema, with attempts in it, is raised by the migrations since', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = newLedger(path);
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  const attempts = ledger.attempts('r1', 'deskew:1');
  ledger.close();
  const old = join(scratch(), 'old.sqlite');
  const database = openDatabase(old, { readonly: false });
  database.exec(readMigrations()[0]?.sql ?? '');
  database.exec(`attach '${path}' as new; pragma defer_foreign_keys = on; begin`);
  const tables = database
    .prepare<[], { name: string }>("select name from main.sqlite_schema where type = 'table'")
    .all();
  for (const { name } of tables) {
    const columns = database
      .prepare<[string], { name: string; hidden: number }>('select name, hidden from pragma_table_xinfo(?)')
      .all(name)
      .flatMap((column) => (column.hidden === 0 ? [column.name] : []))
      .join(', ');
    database.exec(`insert into main.${name} (${columns}) select ${columns} from new.${name}`);
  }
  database.exec('commit; pragma application_id = 0x6573706c; pragma user_version = 1');
  database.close();
  const raised = Ledger.open(old, options);
  expect(raised.attempts('r1', 'deskew:1')).toEqual(attempts);
  expect(raised.check().problems).toEqual([]);
  raised.close();
});

test('a migration that fails leaves the old schema', () => {
  const path = join(scratch(), 'ledger.sqlite');
  newLedger(path).close();
  const broken = {
    version: newest + 1,
    name: 'x.sql',
    sql: 'create table extra (x integer); create table extra (x integer)',
  };
  expect(() => Ledger.open(path, { ...options, migrations: [...readMigrations(), broken] })).toThrow('extra');
  const ledger = newLedger(path);
  expect(ledger.check().problems).toEqual([]);
});

test('a driver that would crash this Node is refused before it is loaded', () => {
  expect(refusal(() => refuseCrashingDriver('20.20.2', '13.2.0'))).toMatchObject({
    code: 'ledger-driver',
    fault: 'ledger',
  });
  refuseCrashingDriver('20.20.2', '12.11.1');
  refuseCrashingDriver('22.1.0', '13.2.0');
  refuseCrashingDriver('24.21.0', '14.0.0');
});

test('the dumped schema shows what the migrations make', () => {
  const dumped = readFileSync(
    fileURLToPath(new URL('../../../src/provenance/schema.sql', import.meta.url)),
    'utf8',
  );
  const made = freshSchema().flatMap(({ sql }) => (sql === null ? [] : [`${sql};\n`]));
  const head = dumped
    .split('\n', 2)
    .map((line) => `${line}\n`)
    .join('');
  expect(head).toMatch(/^-- /);
  expect(dumped).toBe(`${head}\n${made.join('\n')}`);
});

test('the states that the index of ended tasks names are those that the model calls terminal', () => {
  const index = freshSchema().find(({ name }) => name === 'task_ended')?.sql;
  const terminal = taskStateNames.filter(isTerminal).map((name) => `'${name}'`);
  expect(index).toContain(`where state in (${terminal.join(', ')})`);
});

test('every table and column of the schema says what it holds', () => {
  const database = openDatabase(join(scratch(), 'ledger.sqlite'), { readonly: false });
  for (const { sql } of readMigrations()) database.exec(sql);
  const tables = freshSchema().filter(({ type }) => type === 'table' || type === 'view');
  expect(tables.length).toBeGreaterThan(10);
  for (const { name, sql } of tables) {
    const lines = (sql ?? '').split('\n').slice(1);
    expect(lines[0], name).toMatch(/^ {2}-- [A-Z]/);
    const columns = database
      .prepare<[string], { name: string }>('select name from pragma_table_xinfo(?)')
      .all(name);
    for (const column of columns) {
      const at = lines.findIndex((line) => new RegExp(`^  ${column.name}\\b`).test(line));
      expect(`${lines[at]} ${lines[at + 1]}`, `${name}.${column.name}`).toContain(' -- ');
    }
  }
  database.close();
});
