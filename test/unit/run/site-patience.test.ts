import { expect, test, vi } from 'vitest';
import { EspalierError } from '../../../src/model/index.ts';
import { LiveRun } from '../../../src/run/drive/live-run.ts';
import { SitePatience } from '../../../src/run/drive/site-patience.ts';
import { recallRun } from '../../../src/run/run-memory.ts';
import { applyEvents, initialState, type SiteRule } from '../../../src/scheduler/index.ts';
import { newLedger, startRun, submitted, submitting } from '../provenance/story.ts';

const cluster: SiteRule = { takes: 'arrays' };
const here: SiteRule = { takes: 'elements', capacity: { cpus: 2, gpus: 0, memory: 1e9 } };

/** A run with two tasks handed over, and what bears the faults of its site. */
function bearing(rule: SiteRule) {
  const ledger = newLedger();
  const plan = startRun(ledger, 'r1');
  ledger.append([submitting('r1', 'a1', ['deskew:1', 'deskew:2']), submitted('r1', 'a1')]);
  const dated = [...ledger.events('r1')].map(({ event }) => ({ event, atMs: 0 }));
  const context = { run: 'r1', ledger, clock: () => 0, onChange: () => undefined };
  const live = new LiveRun(context, applyEvents(initialState(plan), dated));
  const since = ledger.lastSeq('r1');
  const news = () => [...ledger.events('r1')].filter(({ seq }) => seq > since).map(({ event }) => event);
  const wishes = { drain: false, kill: false };
  return {
    live,
    wishes,
    patience: new SitePatience(rule, live, wishes),
    news,
    recalled: () => recallRun(ledger, 'r1', plan).state,
  };
}

const fails = (code: string, fault: 'site' | 'user') => () =>
  Promise.reject(new EspalierError(code, 'the link to `cluster` broke', { fault }));

test('a network that is gone for long spends no try: no task hears of it, and one note says so', async () => {
  const { live, patience, news, recalled } = bearing(cluster);
  const before = live.state.tasks;
  for (let n = 0; n < 50; n++) expect(await patience.bear(fails('no-answer', 'site'))).toBeUndefined();
  expect(news()).toEqual([{ kind: 'noted', run: 'r1', about: 'site', note: 'the link to `cluster` broke' }]);
  expect(live.state.tasks).toEqual(before);
  expect(recalled().tasks).toEqual(before);
  expect(await patience.bear(async () => 'an answer')).toBe('an answer');
  await patience.bear(fails('no-answer', 'site'));
  expect(news()).toHaveLength(2);
});

test('a question that takes too long, or whose answer was cut, is asked again', async () => {
  const { patience, news } = bearing(cluster);
  for (const code of ['too-slow', 'connection-lost', 'unreachable', 'not-searched', 'records-unread']) {
    expect(await patience.bear(fails(code, 'site')), code).toBeUndefined();
    expect(await patience.bear(async () => 'an answer')).toBe('an answer');
  }
  expect(news().map(({ kind }) => kind)).toEqual(Array(5).fill('noted'));
});

test('a site that needs us is given up after five questions in a row without an answer; an answer begins the count anew', async () => {
  const { patience } = bearing(here);
  for (const round of ['first', 'second']) {
    for (let n = 0; n < 5; n++)
      expect(await patience.bear(fails('no-answer', 'site')), round).toBeUndefined();
    if (round === 'first') await patience.bear(async () => 'an answer');
  }
  await expect(patience.bear(fails('no-answer', 'site'))).rejects.toThrow('the link to `cluster` broke');
});

test('what only a person can mend, and what is no fault of the site, ends it at the first', async () => {
  const { patience, news } = bearing(cluster);
  for (const code of ['login-refused', 'needs-login', 'host-key-changed', 'cannot-write'])
    await expect(patience.bear(fails(code, 'site')), code).rejects.toThrow('broke');
  await expect(patience.bear(fails('no-answer', 'user'))).rejects.toThrow('broke');
  await expect(patience.bear(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  expect(news()).toEqual([]);
});

test('who wishes to leave waits a few seconds for an answer of a cluster, and says that none came; nobody else is hurried', async () => {
  vi.useFakeTimers();
  try {
    const { patience, wishes, news } = bearing(cluster);
    let answer = (_: string): void => {};
    const slow = () =>
      new Promise<string>((resolve) => {
        answer = resolve;
      });
    let heard: string | undefined = 'nothing yet';
    const listen = (): Promise<void> =>
      patience.bear(slow).then((said) => {
        heard = said;
      });
    const first = listen();
    await vi.advanceTimersByTimeAsync(3600_000);
    expect(heard).toBe('nothing yet');
    wishes.drain = true;
    await vi.advanceTimersByTimeAsync(3000);
    answer('just in time');
    await first;
    expect(heard).toBe('just in time');
    expect(news()).toEqual([]);
    const second = listen();
    await vi.advanceTimersByTimeAsync(6000);
    await second;
    expect(heard).toBeUndefined();
    expect(news()).toMatchObject([
      { kind: 'noted', about: 'site', note: expect.stringContaining('espalier attach') },
    ]);
  } finally {
    vi.useRealTimers();
  }
});

test('on this machine an answer is waited for, whatever is wished: what runs here is to end first', async () => {
  vi.useFakeTimers();
  try {
    const { patience, wishes } = bearing(here);
    wishes.drain = true;
    const answer = patience.bear(
      () => new Promise<string>((resolve) => setTimeout(() => resolve('late'), 60_000)),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answer).toBe('late');
  } finally {
    vi.useRealTimers();
  }
});
