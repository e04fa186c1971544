import { describe, expect, it } from 'vitest';
import type { LedgerEvent, OnFailure, TaskState, TasksReset } from '../../../src/model/index.ts';
import {
  applyEvents,
  completable,
  decide,
  decideWithout,
  endOpen,
  markStuck,
  type Policy,
  type RunState,
  type SiteRule,
} from '../../../src/scheduler/index.ts';
import { plainState, task, withArray } from './story.ts';

const arrays: SiteRule = { takes: 'arrays' };
const policy = (more: Partial<Policy> = {}): Policy => ({
  onFailure: () => undefined,
  retriesStuck: () => false,
  failures: 3,
  patienceMs: 1000,
  ...more,
});

function inStates(state: RunState, states: Readonly<Record<string, TaskState>>): RunState {
  const changed = [...state.tasks.values()].map(
    (each) => [each.id, { ...each, state: states[each.id] ?? each.state }] as const,
  );
  return { ...state, tasks: new Map(changed) };
}

const begun: LedgerEvent = {
  kind: 'tasks-started',
  run: 'r1',
  tasks: [{ task: 'a:1', attempt: 2, at: 1, host: 'cn1' }],
};

const never = { until: 'never' as const, why: 'no node can meet it' };
const held = { until: 'held' as const, why: 'held by you' };

describe('jobs that do not begin', () => {
  const two = [task('a:1'), task('a:2'), task('b:1', ['a:1'])];
  const at = (
    stuck: Readonly<Record<string, typeof never | typeof held>>,
    nowMs = 1000,
    more: Partial<Policy> = {},
  ) => {
    const state = withArray(two, [['a:1'], ['a:2'], ['b:1']]);
    const marked = markStuck(state, new Map(Object.entries(stuck)), 0);
    return decide(marked, arrays, nowMs, { drain: false }, policy(more)).map((action) => [
      action.do,
      ...(action.do === 'give-up' ? action.elements.map(({ index }) => index) : []),
    ]);
  };

  it.each([
    ['are waited for while another goes on', { n0: never }, 1000, []],
    ['are waited for while it may be mended', { n0: never, n1: never }, 999, []],
    [
      'are given up when only what waits for them is left',
      { n0: never, n1: never },
      1000,
      [['give-up', 0, 1]],
    ],
    ['are left to a person when they are held', { n0: held, n1: held }, 1000, [['leave']]],
    ['are given up before the held ones are left', { n0: never, n1: held }, 1000, [['give-up', 0]]],
    ['are none of ours to touch when nothing is stuck', {}, 1e9, []],
  ])('%s', (_, stuck, nowMs, expected) => {
    expect(at(stuck, nowMs)).toEqual(expected);
  });

  it('are given up at once where their step has another try for it', () => {
    expect(at({ n0: never }, 1000, { retriesStuck: (step) => step === 'a' })).toEqual([['give-up', 0]]);
    expect(at({ n0: held }, 1000, { retriesStuck: () => true })).toEqual([]);
  });

  it('are forgotten when they wait or run after all', () => {
    const state = withArray(two, [['a:1'], ['a:2'], ['b:1']]);
    const marked = markStuck(state, new Map([['n0', held]]), 0);
    const again = markStuck(markStuck(marked, new Map(), 500), new Map([['n0', held]]), 900);
    expect(again.arrays.get('a1')?.elements[0]?.stuck?.sinceMs).toBe(900);
    expect(
      markStuck(marked, new Map([['n0', held]]), 900).arrays.get('a1')?.elements[0]?.stuck?.sinceMs,
    ).toBe(0);
  });
});

describe('failures', () => {
  const many = Array.from({ length: 6 }, (_, index) => task(`a:${index + 1}`));
  const end = (n: number, kind: 'task-failed' | 'task-lost' | 'task-succeeded'): LedgerEvent =>
    kind === 'task-succeeded'
      ? {
          kind,
          run: 'r1',
          task: `a:${n}`,
          attempt: 1,
          evidence: { inputs: [], outputs: [], array: 'a1', index: 0 },
        }
      : {
          kind,
          run: 'r1',
          task: `a:${n}`,
          attempt: 1,
          why: kind === 'task-lost' ? 'node' : 'exit',
          message: '',
        };
  const following = (...events: readonly LedgerEvent[]): RunState =>
    applyEvents(
      plainState(many),
      events.map((event) => ({ event, atMs: 0 })),
    );
  const stops = (state: RunState, more: Partial<Policy> = {}, drain = false) =>
    decide(state, arrays, 0, { drain }, policy(more)).flatMap((action) =>
      action.do === 'stop' ? [action.what] : [],
    );

  it('one after another pause the site at its limit, and a success between begins anew', () => {
    const two = [end(1, 'task-failed'), end(2, 'task-lost')];
    expect(stops(following(...two))).toEqual([]);
    expect(stops(following(...two, end(3, 'task-failed')))).toEqual(['site']);
    expect(stops(following(...two, end(4, 'task-succeeded'), end(3, 'task-failed')))).toEqual([]);
  });

  it('of jobs that were preempted do not count', () => {
    const preempted = [1, 2, 3].map(
      (n): LedgerEvent => ({ ...end(n, 'task-lost'), why: 'preempted' }) as LedgerEvent,
    );
    expect(stops(following(...preempted))).toEqual([]);
  });

  const reset = (n: number, more: Partial<TasksReset> = {}): LedgerEvent => {
    return { kind: 'tasks-reset', run: 'r1', tasks: [`a:${n}`], why: '', ...more };
  };
  const byRule = { retry: { class: 'out-of-memory', number: 1, of: 2 } } as const;
  const byPerson = { byPerson: true } as const;
  const one = end(1, 'task-failed');
  const two = end(2, 'task-failed');
  const three = end(3, 'task-failed');
  const four = end(4, 'task-failed');

  it.each<[string, readonly LedgerEvent[], readonly string[]]>([
    ['a rule tries again', [one, two, three, reset(2, byRule)], []],
    ['a rule tries no more', [one, reset(1, byRule), two, three, four], ['site']],
    ['a person has seen', [one, two, reset(1, byPerson), three], []],
    [
      'a person has seen, where none is tried again',
      [one, two, three, reset(1, { ...byPerson, tasks: [] })],
      [],
    ],
    ['befell a task whose element ended', [one, two, three, reset(4)], ['site']],
    ['are told twice', [one, two, two, two], []],
  ])('pause the site by their number, and what %s is counted so', (_, events, expected) => {
    expect(stops(following(...events))).toEqual(expected);
  });

  it.each<[string, readonly LedgerEvent[], readonly string[]]>([
    ['before a person had others tried again', [one, two, reset(2, byPerson)], []],
    ['after that', [one, reset(1, byPerson), two], ['run']],
    ['before something that was no wish of a person', [one, reset(3)], ['run']],
  ])('that came %s stop the run accordingly', (_, events, expected) => {
    expect(stops(following(...events), { onFailure: () => 'stop' })).toEqual(expected);
  });

  it.each<[string, readonly LedgerEvent[], readonly string[]]>([
    ['stays failed', [one], []],
    ['is failed again when it waited for another try', [one, reset(1, byRule)], ['task-failed exit']],
    ['is failed again when a person wanted it tried', [one, reset(1, byPerson)], ['task-failed exit']],
    ['is lost again', [end(1, 'task-lost'), reset(1, byRule)], ['task-lost node']],
    [
      'is cancelled when its next attempt was on its way',
      [one, reset(1, byRule), begun],
      ['task-cancelled cancelled'],
    ],
    [
      'is cancelled when it had succeeded',
      [end(1, 'task-succeeded'), reset(1, byPerson)],
      ['task-cancelled cancelled'],
    ],
  ])('of a run that is stopped: a task that failed %s', (_, events, expected) => {
    const written = endOpen(following(...events), 'r1', 'stopped').flatMap((event) =>
      'task' in event && event.task === 'a:1' && 'why' in event ? [`${event.kind} ${event.why}`] : [],
    );
    expect(written).toEqual(expected);
  });

  it('stop the run where the step says so, and only as long as something is left of it', () => {
    const onFailure = (): OnFailure => 'stop';
    expect(stops(following(end(1, 'task-failed')), { onFailure })).toEqual(['run']);
    expect(stops(following(end(1, 'task-failed')), { onFailure }, true)).toEqual([]);
    const over = inStates(plainState(many), Object.fromEntries(many.map(({ id }) => [id, 'failed'])));
    expect(stops(over, { onFailure })).toEqual([]);
  });
});

describe('a group that goes on without', () => {
  const parts = [task('a:1'), task('a:2'), task('all:1', ['a:1', 'a:2'])];
  const without = (states: Readonly<Record<string, TaskState>>, goesOn = true) =>
    decideWithout(
      inStates(plainState(parts), states),
      'r1',
      (id) => parts.find((each) => each.id === id),
      () => goesOn,
    ).flatMap((event) => (event.kind === 'tasks-reset' ? [event.without] : []));

  it.each<[string, Readonly<Record<string, TaskState>>, readonly (readonly string[])[]]>([
    ['is made of what there is', { 'a:1': 'failed', 'a:2': 'succeeded', 'all:1': 'skipped' }, [['a:1']]],
    ['waits for all that may still come', { 'a:1': 'failed', 'a:2': 'running', 'all:1': 'skipped' }, []],
    ['is not made of nothing', { 'a:1': 'failed', 'a:2': 'failed', 'all:1': 'skipped' }, []],
    ['is left alone while it runs', { 'a:1': 'failed', 'a:2': 'succeeded', 'all:1': 'running' }, []],
  ])('%s', (_, states, expected) => {
    expect(without(states)).toEqual(expected);
    expect(without(states, false)).toEqual([]);
  });

  it.each<[string, TaskState, TaskState, readonly string[]]>([
    ['is there', 'succeeded', 'succeeded', ['all:1']],
    ['is there from an earlier run', 'cached', 'cached', ['all:1']],
    ['is missing still', 'failed', 'succeeded', []],
    ['is tried again', 'running', 'succeeded', []],
    ['is there before it is made itself', 'succeeded', 'running', []],
  ])('is out of date where what it did without %s', (_, missing, all, expected) => {
    const state = inStates(plainState(parts), { 'a:1': missing, 'a:2': 'succeeded', 'all:1': all });
    const group = state.tasks.get('all:1');
    const tasks = new Map(state.tasks);
    if (group !== undefined) tasks.set('all:1', { ...group, without: ['a:1'] });
    expect(completable(state)).toEqual([]);
    expect(completable({ ...state, tasks })).toEqual(expected);
  });
});
