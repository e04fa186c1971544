import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { HandOverEvent } from '../../../src/model/index.ts';
import { Ledger } from '../../../src/provenance/index.ts';
import {
  chainOfTwo,
  dump,
  newLedger,
  planned,
  scratch,
  sha,
  smallPlan,
  startRun,
  submitted,
  submitting,
  succeeded,
  tickingClock,
} from './story.ts';

const plan = smallPlan(['a', 'b']);
const { event, blob } = planned('r1', plan);

const handOver: readonly HandOverEvent[] = [
  event,
  { kind: 'driver-attached', run: 'r1', epoch: 1, host: 'laptop', pid: 99 },
  submitting('r1', 'a1', ['deskew:1', 'deconvolve:1']),
  { kind: 'elements-submitting', run: 'r1', array: 'a1', indices: [0, 1] },
  submitted('r1', 'a1'),
];

function handedOver(path: string): Ledger {
  const ledger = newLedger(path);
  ledger.appendAhead(handOver, [blob]);
  return ledger;
}

/** By another connection, which knows nothing of ours. */
function rows(path: string, sql: string): readonly unknown[] {
  const raw = new Database(path, { readonly: true });
  const found = raw.prepare(sql).all();
  raw.close();
  return found;
}

const states = `select state from task order by id`;

test('a handing over is on the disk at once, and its rows come when they are asked for', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = handedOver(path);
  expect(rows(path, 'select count(*) as n from events')).toEqual([{ n: 5 }]);
  expect(rows(path, 'select count(*) as n from pending')).toEqual([{ n: 5 }]);
  expect(rows(path, states)).toEqual([]);
  expect(ledger.tasks('r1').map(({ state }) => state)).toEqual(['queued', 'waiting', 'queued', 'waiting']);
  expect(rows(path, 'select count(*) as n from pending')).toEqual([{ n: 0 }]);
});

test('whether its rows are written at once, later, or again from the events, they are the same', () => {
  const [now, later, again] = ['now', 'later', 'again'].map((name) => join(scratch(), name));
  newLedger(now).append(handOver, [blob]);
  handedOver(later ?? '').catchUp();
  handedOver(again ?? '').rebuild();
  expect(dump(later ?? '')).toEqual(dump(now ?? ''));
  expect(dump(again ?? '')).toEqual(dump(now ?? ''));
  expect(dump(now ?? '').get('pending')).toBe('[]');
});

test('what a killed espalier left pending, the next one sees', () => {
  const path = join(scratch(), 'ledger.sqlite');
  // Never closed: its process is gone.
  Ledger.open(path, { clock: tickingClock() }).appendAhead(handOver, [blob]);
  expect(
    newLedger(path)
      .steps('r1')
      .map(({ name }) => name),
  ).toEqual(['deskew', 'deconvolve']);
});

test('what comes after finds the rows of what came before it, by whichever connection', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const first = handedOver(path);
  newLedger(path).append([succeeded('r1', 'deskew:1')]);
  expect(first.task('r1', 'deskew:1')?.state).toBe('succeeded');
  expect(first.check().problems).toEqual([]);
});

test('events, texts and results are told without waiting for the rows', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = newLedger(path);
  startRun(ledger, 'r0');
  ledger.append(chainOfTwo('r0'));
  ledger.appendAhead(handOver, [blob]);
  expect([...ledger.events('r1')].map((row) => row.event.kind)).toEqual(handOver.map(({ kind }) => kind));
  expect(ledger.hasRun('r1')).toBe(true);
  expect(ledger.blobBytes(event.planSha256)).toEqual(Buffer.from(blob));
  const keys = plan.tasks.map(({ staticKey }) => staticKey);
  const results = (): unknown => [
    ledger.keysWithSuccess(keys),
    ledger.candidatesFor(sha('static deskew a')),
    ledger.succeededByContentKey(sha('key deskew a')),
    ledger.usualSeconds('lattice', 'deskew'),
  ];
  const before = results();
  expect(rows(path, 'select count(*) as n from pending')).toEqual([{ n: 5 }]);
  ledger.catchUp();
  expect(results()).toEqual(before);
  expect(ledger.keysWithSuccess(keys).size).toBe(2);
});

test('a ledger that is closed leaves nothing pending', () => {
  const path = join(scratch(), 'ledger.sqlite');
  handedOver(path).close();
  expect(rows(path, 'select count(*) as n from pending')).toEqual([{ n: 0 }]);
  expect(rows(path, states)).toHaveLength(4);
});

const said =
  "event 1 (`array-submitted`) cannot be taken into the ledger's tables: the ledger knows no run `r9`";

test('an event that the tables cannot hold ends what handed it over, and is named by a check and after a rebuild', () => {
  const ledger = newLedger();
  ledger.appendAhead([submitted('r9', 'a1')]);
  expect(() => ledger.catchUp()).toThrow(said);
  expect(ledger.check()).toMatchObject({ ok: false, events: 1, problems: [expect.stringContaining(said)] });
  expect(ledger.rebuild()).toBe(1);
  expect(ledger.refused()).toEqual([expect.stringContaining(said)]);
});

test('it stops no other run, and leaves none of its rows', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = newLedger(path);
  ledger.appendAhead([submitted('r9', 'a1'), ...handOver, event], [blob]);
  expect(ledger.runs().map(({ run }) => run)).toEqual(['r1']);
  ledger.append([succeeded('r1', 'deskew:1')]);
  expect(ledger.task('r1', 'deskew:1')?.state).toBe('succeeded');
  expect(ledger.check().problems).toEqual([
    expect.stringContaining(said),
    expect.stringContaining("event 7 (`run-planned`) cannot be taken into the ledger's tables: UNIQUE"),
  ]);
  const before = dump(path);
  ledger.rebuild();
  expect(dump(path)).toEqual(before);
});
