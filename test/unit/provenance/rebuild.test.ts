import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { LedgerEvent } from '../../../src/model/index.ts';
import type { Ledger } from '../../../src/provenance/index.ts';
import { projections } from '../../../src/provenance/rebuild.ts';
import { cachedIn, chainOfTwo, dump, newLedger, scratch, sha, startRun, submitting } from './story.ts';

/** A ledger in which every kind of event happened at least once. */
function eventful(path: string): Ledger {
  const ledger = newLedger(path);
  startRun(ledger, 'r1');
  ledger.append([{ kind: 'driver-attached', run: 'r1', epoch: 1, host: 'laptop', pid: 99 }]);
  ledger.append(chainOfTwo('r1'));
  const mishaps: readonly LedgerEvent[] = [
    submitting('r1', 'a2', ['deskew:2', 'deconvolve:2']),
    { kind: 'elements-submitting', run: 'r1', array: 'a2', indices: [0] },
    { kind: 'submission-failed', run: 'r1', array: 'a2', indices: [0], reason: 'full' },
    submitting('r1', 'a3', ['deskew:2']),
    {
      kind: 'array-submitted',
      run: 'r1',
      array: 'a3',
      native: '43',
      elements: [{ index: 0, native: '43_0' }],
    },
    { kind: 'tasks-started', run: 'r1', tasks: [{ task: 'deskew:2', attempt: 1, at: 300, host: 'n2' }] },
    { kind: 'task-lost', run: 'r1', task: 'deskew:2', attempt: 1, why: 'vanished', message: 'no evidence' },
    { kind: 'tasks-reset', run: 'r1', tasks: ['deskew:2'], why: 'again' },
    { kind: 'task-failed', run: 'r1', task: 'deskew:2', attempt: 2, why: 'exit', message: 'exit 1' },
    { kind: 'task-skipped', run: 'r1', task: 'deconvolve:2', attempt: 0, why: 'upstream', message: 'no' },
    {
      kind: 'output-lost',
      run: 'r1',
      task: 'deskew:1',
      role: 'image',
      path: '/runs/r1/results/deskew/a.tif',
      why: 'missing',
    },
    { kind: 'noted', about: 'records', note: 'a line that could not be read' },
    { kind: 'driver-detached', run: 'r1', epoch: 1, why: 'finished' },
    { kind: 'run-finished', run: 'r1' },
    {
      kind: 'files-hashed',
      files: [
        {
          site: 'local',
          path: '/data/psf.tif',
          size: 3,
          mtimeMs: 100_250,
          inode: '11',
          sha256: sha('psf'),
          hashedMs: 900_000,
        },
      ],
    },
  ];
  for (const event of mishaps) ledger.append([event]);
  startRun(ledger, 'r2');
  ledger.append([
    cachedIn('r2', 'r1'),
    { kind: 'task-cancelled', run: 'r2', task: 'deskew:2', attempt: 0, why: 'cancelled', message: 'Ctrl-C' },
  ]);
  return ledger;
}

test('every projection is written again from events and blobs alone, the same to the last byte', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = eventful(path);
  const before = dump(path);
  for (const table of projections) expect(before.get(table), table).not.toBe('[]');

  const raw = new Database(path);
  raw.pragma('foreign_keys = off');
  for (const table of projections) raw.exec(`delete from ${table}`);
  raw.close();
  expect(ledger.runs()).toEqual([]);

  const count = ledger.rebuild();
  expect(count).toBe([...ledger.events()].length);
  expect(dump(path)).toEqual(before);
  ledger.rebuild();
  expect(dump(path)).toEqual(before);
  expect(ledger.check().problems).toEqual([]);
});

test('a rebuild mends a projection that was changed behind our back', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = eventful(path);
  const before = dump(path);
  const raw = new Database(path);
  raw.exec("update task set state = 'succeeded', label = 'forged'");
  raw.close();
  ledger.rebuild();
  expect(dump(path)).toEqual(before);
});

test('the projections and the ledger itself are all the tables there are', () => {
  const path = join(scratch(), 'ledger.sqlite');
  newLedger(path);
  expect([...dump(path).keys()].sort()).toEqual([...projections, 'blob', 'events', 'pending'].sort());
});
