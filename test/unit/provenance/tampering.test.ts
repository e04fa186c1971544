import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { hashEvent } from '../../../src/provenance/chain.ts';
import { Ledger } from '../../../src/provenance/index.ts';
import { scratch, sha, tickingClock } from './story.ts';

/** A closed ledger of four notes, and a plain connection to it with SQLite's own defaults. */
function attacked(): { readonly raw: Database.Database; readonly check: () => readonly string[] } {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = Ledger.open(path, { clock: tickingClock() });
  for (const note of ['one', 'two', 'three', 'four']) ledger.append([{ kind: 'noted', about: 'test', note }]);
  ledger.close();
  const raw = new Database(path);
  raw.pragma('recursive_triggers = off');
  const check = (): readonly string[] => {
    raw.close();
    const again = Ledger.open(path, { clock: tickingClock() });
    const { problems, ok } = again.check();
    again.close();
    expect(ok).toBe(problems.length === 0);
    return problems;
  };
  return { raw, check };
}

/** Takes the guards off and puts them back, as one would who wants to go unseen. */
function unguarded(raw: Database.Database, sql: string): void {
  const guards = raw
    .prepare<[], { name: string; sql: string }>("select name, sql from sqlite_schema where type = 'trigger'")
    .all();
  for (const { name } of guards) raw.exec(`drop trigger ${name}`);
  raw.exec(sql);
  for (const guard of guards) raw.exec(guard.sql);
}

const columns = 'seq, prev_hash, hash, at_ms, kind, body';

test('an untouched ledger passes its check', () => {
  expect(attacked().check()).toEqual([]);
});

test('updates, deletions and gaps are refused by the guards', () => {
  const { raw, check } = attacked();
  expect(() => raw.exec("update events set kind = 'x' where seq = 2")).toThrow('append-only');
  expect(() => raw.exec("update or replace events set kind = 'x' where seq = 2")).toThrow('append-only');
  expect(() => raw.exec('delete from events where seq = 2')).toThrow('append-only');
  const last = raw.prepare<[], { hash: string }>('select hash from events where seq = 4').get()?.hash;
  const insert = `insert into events (${columns}) values`;
  expect(() => raw.exec(`${insert} (6, '${last}', '${sha('x')}', 1, 'noted', '{}')`)).toThrow('max + 1');
  expect(() => raw.exec(`${insert} (null, '${last}', '${sha('x')}', 1, 'noted', '{}')`)).toThrow('max + 1');
  expect(() => raw.exec(`${insert} (5, '${sha('y')}', '${sha('x')}', 1, 'noted', '{}')`)).toThrow(
    'last hash',
  );
  expect(check()).toEqual([]);
});

test('replacing an old event by its number is refused', () => {
  const { raw, check } = attacked();
  const sql = `insert or replace into events (${columns}) select 2, prev_hash, '${sha('x')}', 1, 'noted', '{}' from events where seq = 2`;
  expect(() => raw.exec(sql)).toThrow('max + 1');
  expect(check()).toEqual([]);
});

test('replacing an old event by its hash is refused', () => {
  const { raw, check } = attacked();
  const sql = `insert or replace into events (${columns})
    select 5, (select hash from events where seq = 4), hash, 1, 'noted', '{}' from events where seq = 2`;
  expect(() => raw.exec(sql)).toThrow('already present');
  expect(check()).toEqual([]);
});

test('one edited byte of a body is found', () => {
  const { raw, check } = attacked();
  unguarded(raw, "update events set body = replace(body, 'three', 'thr3e') where seq = 3");
  expect(check()).toEqual(['event 3: its content is not what was hashed']);
});

test('two events that changed places are found', () => {
  const { raw, check } = attacked();
  unguarded(
    raw,
    'update events set seq = -2 where seq = 2; update events set seq = 2 where seq = 3; update events set seq = 3 where seq = -2',
  );
  expect(check()).toEqual([
    'event 2: does not continue the event before it',
    'event 3: does not continue the event before it',
    'event 4: does not continue the event before it',
  ]);
});

test('an event that was cut out is found', () => {
  const { raw, check } = attacked();
  unguarded(raw, 'delete from events where seq = 2');
  expect(check()).toEqual(['event 3: follows on event 1: what was between them is missing']);
});

test('a well-formed but wrong hash is found', () => {
  const { raw, check } = attacked();
  raw.exec(
    `insert into events (${columns}) select 5, hash, '${sha('x')}', 1, 'noted', '{}' from events where seq = 4`,
  );
  expect(check()).toEqual(['event 5: its content is not what was hashed']);
});

test('a dropped guard is found', () => {
  const { raw, check } = attacked();
  raw.exec('drop trigger events_no_delete');
  expect(check()).toEqual(['trigger `events_no_delete` is missing']);
});

test('a guard that was weakened and a trigger of somebody else are found', () => {
  const { raw, check } = attacked();
  raw.exec(
    'drop trigger events_no_update; create trigger events_no_update before update on events begin select 1; end',
  );
  raw.exec('create trigger sneaky after insert on events begin select 1; end');
  expect(check()).toEqual([
    'trigger `events_no_update` was changed',
    'trigger `sneaky` does not belong here',
  ]);
});

test('an edited blob is found', () => {
  const { raw, check } = attacked();
  raw.prepare('insert into blob (sha256, size, data) values (?, 3, ?)').run(sha('plan'), Buffer.from('no'));
  expect(() => raw.exec("update blob set data = x'00'")).toThrow('append-only');
  expect(check()).toEqual([`blob \`${sha('plan')}\`: it cannot be read`]);
});

test('the hash of an event is that of its parts, a line each', () => {
  // printf '0\n1\n5\nnoted\n{"a":1}' | sha256sum
  const row = { seq: 1, prev_hash: '0', at_ms: 5, kind: 'noted', body: '{"a":1}' };
  expect(hashEvent(row)).toBe('66d6eae4a0c9c1edc0ae553c6241fc978d4e6791acc45bdc98a7e1e388a44750');
});

test('a clock that goes backwards is kept as it was read, and the order stays', () => {
  const times = [5000, 3000, 4000];
  const ledger = Ledger.open(join(scratch(), 'ledger.sqlite'), { clock: () => times.shift() ?? 0 });
  for (const note of ['first', 'second', 'third']) ledger.append([{ kind: 'noted', about: 'test', note }]);
  expect([...ledger.events()].map(({ seq, atMs }) => [seq, atMs])).toEqual([
    [1, 5000],
    [2, 3000],
    [3, 4000],
  ]);
  expect(ledger.check().problems).toEqual([]);
  ledger.close();
});
