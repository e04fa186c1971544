import { expect, it } from 'vitest';
import { Backend, type Listing, LocalTransport, localBatch } from '../../../src/backends/index.ts';
import { Presence } from '../../../src/run/presence.ts';

const empty: Listing = {
  alive: new Set(),
  ended: new Map(),
  stuck: new Map(),
  nodes: new Map(),
  notUnderstood: [],
};
/** An answer about another element only. */
const others: Listing = { ...empty, alive: new Set(['7_9']) };
const question = { natives: ['7_0', '7_0'], tokens: ['r.a1'], ageSeconds: 10 };

/** A backend whose accounting gives these answers; the batch system is a stand-in, its texts are not looked at. */
function presence(delay: number, history: Listing | undefined = undefined): Presence {
  const backend = new Backend(localBatch, new LocalTransport());
  backend.history = async () => history;
  return new Presence(backend, delay);
}

it('absence is not an end: it counts as there until its record has had time to become visible', async () => {
  const there = presence(5);
  expect((await there.take(others, question, 1000)).alive.has('7_0')).toBe(true);
  expect((await there.take(others, question, 5999)).alive.has('7_0')).toBe(true);
  expect((await there.take(others, question, 6000)).alive.has('7_0')).toBe(false);
});

it('a clock that is set back meanwhile does not put off the end by as much', async () => {
  const there = presence(5);
  await there.take(others, question, 601_000);
  expect((await there.take(others, question, 1000)).alive.has('7_0')).toBe(true);
  expect((await there.take(others, question, 6000)).alive.has('7_0')).toBe(false);
});

it('an answer without one row is no answer, until it has been so for longer than ended jobs are shown', async () => {
  const there = presence(5);
  await there.take(empty, question, 1000);
  expect((await there.take(empty, question, 300_999)).alive.has('7_0')).toBe(true);
  expect((await there.take(empty, question, 301_000)).alive.has('7_0')).toBe(false);
});

it('an answer without one row does not gainsay the accounting', async () => {
  const end = { how: 'failed' as const, raw: '7_0|FAILED' };
  const there = presence(5, { ...empty, ended: new Map([['7_0', end]]) });
  await there.take(empty, question, 1000);
  expect((await there.take(empty, question, 6000)).alive.has('7_0')).toBe(false);
});

it('what comes back was not gone', async () => {
  const there = presence(5);
  await there.take(empty, question, 1000);
  await there.take({ ...empty, alive: new Set(['7_0']) }, question, 3000);
  expect((await there.take(empty, question, 6500)).alive.has('7_0')).toBe(true);
});

it('how it ended is told by the accounting, where the queue no longer shows it', async () => {
  const end = { how: 'time' as const, raw: '7_0|TIMEOUT' };
  const there = presence(5, { ...empty, ended: new Map([['7_0', end]]) });
  expect((await there.take(empty, question, 1000)).ended.get('7_0')).toEqual(end);
});

it('an end is forgotten when the job is requeued', async () => {
  const there = presence(5);
  const end = { how: 'preempted' as const, raw: '' };
  await there.take({ ...empty, ended: new Map([['7_0', end]]) }, question, 1000);
  const again = await there.take({ ...empty, alive: new Set(['7_0']) }, question, 2000);
  expect(again.ended.has('7_0')).toBe(false);
});

it('each reason why jobs are stuck is said once', async () => {
  const there = presence(5);
  const listing = {
    ...empty,
    alive: new Set(['7_0', '7_1']),
    stuck: new Map([
      ['7_0', { until: 'held' as const, why: 'held by you' }],
      ['7_1', { until: 'held' as const, why: 'held by you' }],
    ]),
  };
  expect((await there.take(listing, question, 1000)).notes).toEqual([
    '2 jobs (7_0 and others) do not begin: held by you',
  ]);
  expect((await there.take(listing, question, 2000)).notes).toEqual([]);
});
