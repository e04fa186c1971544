import { describe, expect, it } from 'vitest';
import type {
  FailureWord,
  LedgerEvent,
  Resources,
  RetryRules,
  TaskState,
  TasksReset,
} from '../../../src/model/index.ts';
import {
  adjustTask,
  applyEvents,
  decideRetries,
  decideRevivals,
  type RetryOptions,
  type RunState,
} from '../../../src/scheduler/index.ts';
import { plainState, resources, step, task } from './story.ts';

const tasks = [task('a:1'), task('a:2'), task('b:1', ['a:1'])];

function options(retry: RetryRules, more: Partial<RetryOptions> = {}): RetryOptions {
  return {
    run: 'r1',
    steps: [step('a', { retry }), step('b')],
    task: (id) => tasks.find((each) => each.id === id),
    most: () => undefined,
    fits: () => true,
    ...more,
  };
}

const bad = (why: FailureWord, attempt = 1, node?: string): LedgerEvent => ({
  kind: why === 'node' || why === 'preempted' || why === 'vanished' ? 'task-lost' : 'task-failed',
  run: 'r1',
  task: 'a:1',
  attempt,
  why,
  message: '',
  ...(node !== undefined && { batch: { node } }),
});

function afterThese(...events: readonly LedgerEvent[]): RunState {
  return applyEvents(
    plainState(tasks),
    events.map((event) => ({ event, atMs: 0 })),
  );
}

/** Fails so often in the same way, tried again each time by the rules; gives what was decided each time. */
function failing(why: FailureWord, times: number, with_: RetryOptions, node = 'cn1') {
  let state = plainState(tasks);
  const decided: (LedgerEvent | undefined)[] = [];
  for (let attempt = 1; attempt <= times; attempt++) {
    state = applyEvents(state, [{ event: bad(why, attempt, node), atMs: 0 }]);
    const events = decideRetries(state, with_);
    decided.push(events[0]);
    state = applyEvents(
      state,
      events.map((event) => ({ event, atMs: 0 })),
    );
  }
  return { decided, state };
}

const asked = (events: readonly (LedgerEvent | undefined)[]) =>
  events.map((event) => (event?.kind === 'tasks-reset' ? (event.ask ?? {}) : 'no more'));

describe('a failed task', () => {
  it('is not tried again where nothing says so', () => {
    for (const why of ['exit', 'out-of-memory', 'time', 'no-output', 'vanished', 'storage'] as const)
      expect(decideRetries(afterThese(bad(why)), options({}))).toEqual([]);
  });

  it('is tried as often as its class is, and no other', () => {
    const rules = options({ application: { times: 2 } });
    expect(asked(failing('exit', 3, rules).decided)).toEqual([{}, {}, 'no more']);
    expect(asked(failing('no-output', 1, rules).decided)).toEqual(['no more']);
  });

  it('is counted by class: running out of time spends nothing of what memory has', () => {
    const rules = options({ 'out-of-memory': { times: 1 }, time: { times: 1 } });
    const first = applyEvents(
      afterThese(bad('out-of-memory')),
      decideRetries(afterThese(bad('out-of-memory')), rules).map((event) => ({ event, atMs: 0 })),
    );
    const second = applyEvents(first, [{ event: bad('time', 2), atMs: 0 }]);
    expect(decideRetries(second, rules)).toHaveLength(1);
  });

  it('asks for twice the memory each time, up to what the site has, and then no more', () => {
    const rules = options({ 'out-of-memory': { times: 9, memory: 2 } }, { most: () => 3000 });
    expect(asked(failing('out-of-memory', 3, rules).decided)).toEqual([
      { memory: 2000 },
      { memory: 3000 },
      'no more',
    ]);
  });

  it('says where the site gives less than its rule wants', () => {
    const rules = options(
      { 'out-of-memory': { times: 9, memory: 2 }, time: { times: 9, time: 2 } },
      { most: () => 1500 },
    );
    const said = (why: 'out-of-memory' | 'time') =>
      failing(why, 1, rules).decided.map((event) => (event?.kind === 'tasks-reset' ? event.why : ''));
    expect(said('out-of-memory')).toEqual([
      'out-of-memory: tried again (1 of 9) with memory ×1.5 (the site gives no more)',
    ]);
    expect(said('time')).toEqual(['time: tried again (1 of 9) with time ×2']);
  });

  it('asks for half as much time again', () => {
    const rules = options({ time: { times: 2, time: 1.5 } });
    expect(asked(failing('time', 2, rules).decided)).toEqual([{ time: 90 }, { time: 135 }]);
  });

  it('goes to another node, or partition, where its step says so', () => {
    const rules = options({ application: { times: 1, node: 'other', partition: 'big' } });
    expect(asked(failing('exit', 1, rules).decided)).toEqual([{ partition: 'big', exclude: ['cn1'] }]);
  });

  it('is not tried where the site cannot give what it would ask for', () => {
    const fits = (wanted: Resources) => wanted.partition !== 'big';
    const rules = options({ application: { times: 1, partition: 'big' } }, { fits });
    expect(decideRetries(afterThese(bad('exit')), rules)).toEqual([]);
  });

  it('of a node is forgiven three times and sent elsewhere; being preempted never counts', () => {
    expect(asked(failing('node', 4, options({})).decided)).toEqual([
      { exclude: ['cn1'] },
      { exclude: ['cn1'] },
      { exclude: ['cn1'] },
      'no more',
    ]);
    expect(asked(failing('preempted', 30, options({})).decided)).toEqual(Array(30).fill({}));
  });

  it('is forgiven when a person has it tried again', () => {
    const rules = options({ application: { times: 1 } });
    const { state } = failing('exit', 2, rules);
    const again: LedgerEvent = { kind: 'tasks-reset', run: 'r1', tasks: ['a:1'], why: 'it failed' };
    const forgiven = applyEvents(state, [
      { event: again, atMs: 0 },
      { event: bad('exit', 3), atMs: 0 },
    ]);
    expect(decideRetries(forgiven, rules)).toHaveLength(1);
  });

  it.each<[string, Partial<TasksReset>, Partial<Resources>]>([
    ['may run on any node again', { byPerson: true }, { memory: 2000 }],
    [
      'is kept from nodes that are named then',
      { byPerson: true, ask: { exclude: ['cn7'] } },
      { memory: 2000, exclude: ['cn7'] },
    ],
    ['is kept from its nodes where no person asked', {}, { memory: 2000, exclude: ['cn1'] }],
  ])('that a person has tried again %s', (_, more, expected) => {
    const ask = { memory: 2000, exclude: ['cn1'] };
    const again = { kind: 'tasks-reset', run: 'r1', tasks: ['a:1'], why: '' } as const;
    const state = afterThese(bad('node', 1, 'cn1'), { ...again, ask }, bad('node', 2, 'cn2'), {
      ...again,
      ...more,
    });
    expect(state.tasks.get('a:1')?.ask).toEqual(expected);
  });

  it('says in words and figures what is tried, once for tasks alike', () => {
    const both = afterThese(bad('out-of-memory'), { ...bad('out-of-memory'), task: 'a:2' } as LedgerEvent);
    const [event, ...others] = decideRetries(both, options({ 'out-of-memory': { times: 2, memory: 2 } }));
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      tasks: ['a:1', 'a:2'],
      why: 'out-of-memory: tried again (1 of 2) with memory ×2',
      retry: { class: 'out-of-memory', number: 1, of: 2 },
    });
  });

  it('keeps what was asked for over what the plan says', () => {
    const { state } = failing('out-of-memory', 1, options({ 'out-of-memory': { times: 1, memory: 2 } }));
    expect(adjustTask(task('a:1'), state.tasks.get('a:1') ?? {}).resources).toEqual({
      ...resources,
      memory: 2000,
    });
  });

  it('is none where a person cancelled it', () => {
    const cancelled: LedgerEvent = {
      kind: 'task-cancelled',
      run: 'r1',
      task: 'a:1',
      attempt: 1,
      why: 'cancelled-by-other',
      message: '',
    };
    expect(decideRetries(afterThese(cancelled), options({ application: { times: 9 } }))).toEqual([]);
  });
});

describe('a task that was skipped', () => {
  const inStates = (states: Readonly<Record<string, TaskState>>): RunState => {
    const state = plainState(tasks);
    const changed = [...state.tasks.values()].map(
      (each) => [each.id, { ...each, state: states[each.id] ?? each.state }] as const,
    );
    return { ...state, tasks: new Map(changed) };
  };
  const revived = (states: Readonly<Record<string, TaskState>>, tired = false) =>
    decideRevivals(inStates(states), 'r1', () => tired).flatMap((event) =>
      event.kind === 'tasks-reset' ? event.tasks : [],
    );

  it.each<[TaskState, readonly string[]]>([
    ['waiting', ['b:1']],
    ['queued', ['b:1']],
    ['running', ['b:1']],
    ['succeeded', ['b:1']],
    ['failed', []],
    ['cancelled', []],
    ['lost', []],
  ])('waits again where what it needs is %s', (state, expected) => {
    expect(revived({ 'a:1': state, 'b:1': 'skipped' })).toEqual(expected);
  });

  it('is left where it was put anew too often', () => {
    expect(revived({ 'a:1': 'succeeded', 'b:1': 'skipped' }, true)).toEqual([]);
  });
});
