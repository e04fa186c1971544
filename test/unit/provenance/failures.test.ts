import { expect, test } from 'vitest';
import type { FailureWord, TaskEndedBadly } from '../../../src/model/index.ts';
import { describeCause, type Ledger } from '../../../src/provenance/index.ts';
import { newLedger, startRun, submitted, submitting } from './story.ts';

/** A run of `count` tasks a step, the first step handed over. */
function underway(count: number): Ledger {
  const ledger = newLedger();
  const labels = Array.from({ length: count }, (_, n) => `cell${n + 1}`);
  startRun(ledger, 'r1', labels);
  const tasks = labels.map((_, n) => `deskew:${n + 1}`);
  ledger.append([submitting('r1', 'a1', tasks), submitted('r1', 'a1')]);
  return ledger;
}

function begin(ledger: Ledger, hosts: readonly string[]): void {
  const tasks = hosts.map((host, n) => ({ task: `deskew:${n + 1}`, attempt: 1, at: 190, host }));
  ledger.append([{ kind: 'tasks-started', run: 'r1', tasks }]);
}

function end(kind: TaskEndedBadly['kind'], task: number, why: FailureWord, node?: string): TaskEndedBadly {
  const message = `used ${task} GB`;
  const batch = node === undefined ? {} : { batch: { row: 'a row', node } };
  return { kind, run: 'r1', task: `deskew:${task}`, attempt: 1, why, message, ...batch };
}

const said = (ledger: Ledger): readonly string[] => ledger.failures('r1').map(describeCause);

test('many tasks that ended for one cause on one host are said in one line', () => {
  const ledger = underway(37);
  begin(ledger, Array(37).fill('cn2'));
  ledger.append(Array.from({ length: 37 }, (_, n) => end('task-failed', n + 1, 'out-of-memory')));
  expect(said(ledger)).toEqual(['37 tasks of deskew ran out of memory on cn2']);
  const [cause] = ledger.failures('r1');
  expect(cause).toMatchObject({ message: 'used 1 GB', first: { host: 'cn2' } });
  expect(cause?.tasks.at(-1)).toEqual({ task: 'deskew:37', label: 'cell37', attempt: 1 });
});

test('hosts are counted, those with most of them first and only the first three by name; each cause stands by itself', () => {
  const ledger = underway(9);
  begin(ledger, ['cn4', 'cn2', 'cn1', 'cn1', 'cn3', 'cn2', 'cn1', 'cn1', 'cn1']);
  const ends = [1, 2, 3, 4, 5, 6, 7, 8].map((task) => end('task-failed', task, 'out-of-memory'));
  ledger.append([...ends, end('task-failed', 9, 'time')]);
  expect(said(ledger)).toEqual([
    '8 tasks of deskew ran out of memory on cn1 (4), cn2 (2), cn4 (1) and 1 more',
    '1 task of deskew ran out of time on cn1',
  ]);
});

test('tasks cancelled before they began name no host, even where the batch system had a node for their job', () => {
  const never = underway(2);
  never.append([end('task-cancelled', 1, 'cancelled', 'cn1'), end('task-cancelled', 2, 'cancelled')]);
  expect(said(never)).toEqual(['2 tasks of deskew were cancelled']);
  expect(never.failures('r1')[0]?.first.host).toBeNull();
  const some = underway(3);
  begin(some, ['cn1']);
  some.append([1, 2, 3].map((task) => end('task-cancelled', task, 'cancelled')));
  expect(said(some)).toEqual(['3 tasks of deskew were cancelled, 1 of them on cn1']);
});
