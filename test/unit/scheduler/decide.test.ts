import { describe, expect, it } from 'vitest';
import type { TaskState } from '../../../src/model/index.ts';
import {
  type Action,
  decide,
  markEnded,
  type RunState,
  type SiteRule,
} from '../../../src/scheduler/index.ts';
import { plainState, resources, task, withArray } from './story.ts';

const machine: SiteRule = { takes: 'elements', capacity: { cpus: 4, gpus: 1, memory: 4000 } };
const go = { drain: false };

function setStates(state: RunState, states: Readonly<Record<string, TaskState>>): RunState {
  const tasks = new Map(state.tasks);
  for (const [id, value] of Object.entries(states)) {
    const known = tasks.get(id);
    if (known !== undefined) tasks.set(id, { ...known, state: value });
  }
  return { ...state, tasks };
}

const submits = (actions: readonly Action[]) => actions.filter((action) => action.do === 'submit');
const five = Array.from({ length: 5 }, (_, index) => task(`a:${index + 1}`));
const alone = five.map(({ id }) => [id]);

describe('what starts', () => {
  it('is as many as the machine holds, in order', () => {
    const state = withArray(five, alone, 'unsent');
    expect(decide(state, machine, 0, go)).toEqual([{ do: 'submit', array: 'a1', indices: [0, 1, 2, 3] }]);
  });

  it.each([
    ['cpus', { cpus: 2 }, [0, 1]],
    ['gpus', { gpus: 1 }, [0]],
    ['memory', { memory: 1500 }, [0, 1]],
  ])('is limited by %s', (_, wants, indices) => {
    const state = withArray(five, alone, 'unsent', { ...resources, ...wants });
    expect(submits(decide(state, machine, 0, go))).toEqual([{ do: 'submit', array: 'a1', indices }]);
  });

  it('leaves room for what was sent or may have been', () => {
    for (const status of ['sent', 'doubtful'] as const) {
      const busy = withArray(five.slice(0, 3), alone.slice(0, 3), status);
      const more = withArray(five.slice(3), alone.slice(3), 'unsent').arrays.get('a1');
      const arrays = new Map(busy.arrays);
      if (more !== undefined) arrays.set('a2', { ...more, id: 'a2' });
      const state = { tasks: plainState(five).tasks, arrays };
      expect(submits(decide(state, machine, 0, go))).toEqual([{ do: 'submit', array: 'a2', indices: [0] }]);
    }
  });

  it('is not an element whose attempt is done with, though its task waits again', () => {
    const state = withArray([task('a:1')], [['a:1']], 'unsent');
    const known = state.tasks.get('a:1');
    const tasks = new Map(known === undefined ? [] : [['a:1', { ...known, attempt: 1, settled: 1 }]]);
    expect(submits(decide({ ...state, tasks }, machine, 0, go))).toEqual([]);
  });

  it('is a small element behind a big one that does not fit', () => {
    const big = withArray([task('big:1')], [['big:1']], 'unsent', { ...resources, cpus: 5 });
    const small = withArray([task('a:1')], [['a:1']], 'unsent').arrays.get('a1');
    const arrays = new Map(big.arrays);
    if (small !== undefined) arrays.set('a2', { ...small, id: 'a2' });
    const state = { tasks: plainState([task('big:1'), task('a:1')]).tasks, arrays };
    expect(submits(decide(state, machine, 0, go))).toEqual([{ do: 'submit', array: 'a2', indices: [0] }]);
  });

  it('is nothing that waits for a task outside its element, and a chain inside one at once', () => {
    const chain = [task('a:1'), task('b:1', ['a:1'])];
    expect(submits(decide(withArray(chain, [['a:1', 'b:1']], 'unsent'), machine, 0, go))).toHaveLength(1);
    const apart = withArray(chain, [['b:1'], ['a:1']], 'unsent');
    expect(submits(decide(apart, machine, 0, go))).toEqual([{ do: 'submit', array: 'a1', indices: [1] }]);
    const done = setStates(apart, { 'a:1': 'succeeded' });
    expect(submits(decide(done, machine, 0, go))).toEqual([{ do: 'submit', array: 'a1', indices: [0] }]);
  });

  it('is nothing once a person wishes that nothing new begins', () => {
    expect(decide(withArray(five, alone, 'unsent'), machine, 0, { drain: true })).toEqual([]);
  });

  it('is no element whose tasks all have ended', () => {
    const state = setStates(withArray([task('a:1')], [['a:1']], 'unsent'), { 'a:1': 'cached' });
    expect(decide(state, machine, 0, go)).toEqual([{ do: 'finish' }]);
  });
});

describe('what a batch system gets', () => {
  const slurm: SiteRule = { takes: 'arrays' };
  const chain = [task('a:1'), task('b:1', ['a:1']), task('c:1', ['b:1'])];

  /** Arrays of one element each, in this order: their task and status. */
  function arrays(...list: readonly (readonly [string, 'unsent' | 'doubtful' | 'sent'])[]): RunState {
    const made = list.flatMap(([id, status], index) => {
      const array = withArray(chain, [[id]], status).arrays.get('a1');
      return array === undefined ? [] : [[`a${index + 1}`, { ...array, id: `a${index + 1}` }] as const];
    });
    return { tasks: plainState(chain).tasks, arrays: new Map(made) };
  }

  const order = (state: RunState) => submits(decide(state, slurm, 0, go)).map(({ array }) => array);

  it('goes after what it waits for, in whichever order it was packed', () => {
    expect(order(arrays(['c:1', 'unsent'], ['b:1', 'unsent'], ['a:1', 'unsent']))).toEqual([
      'a3',
      'a2',
      'a1',
    ]);
  });

  it('does not go while it is in doubt whether what it waits for was taken', () => {
    expect(order(arrays(['a:1', 'doubtful'], ['b:1', 'unsent'], ['c:1', 'unsent']))).toEqual([]);
    expect(order(arrays(['a:1', 'sent'], ['b:1', 'unsent'], ['c:1', 'unsent']))).toEqual(['a2', 'a3']);
  });
});

describe('what else is to do', () => {
  it('searches for elements whose submission was not answered, before they are sent again', () => {
    const actions = decide(withArray(five, alone, 'doubtful'), machine, 0, go);
    expect(actions).toEqual([{ do: 'find', array: 'a1', indices: [0, 1, 2, 3, 4] }]);
  });

  it.each(['failed', 'cancelled', 'skipped', 'lost'] as const)(
    'skips all that wait for a task that is %s, at one look',
    (end) => {
      const chain = [task('a:1'), task('b:1', ['a:1']), task('c:1', ['b:1']), task('d:1')];
      const state = setStates(plainState(chain), { 'a:1': end });
      expect(decide(state, machine, 0, go)).toEqual([
        { do: 'skip', task: 'b:1', because: 'a:1' },
        { do: 'skip', task: 'c:1', because: 'b:1' },
      ]);
    },
  );

  it('tells an element over its time to end, and ends it half a minute later', () => {
    const state = withArray([task('a:1')], [['a:1']], 'sent');
    expect(decide(state, machine, 60_000, go)).toEqual([]);
    const why = 'it ran longer than the 60 s it asked for';
    expect(decide(state, machine, 60_001, go)).toEqual([
      { do: 'kill', array: 'a1', index: 0, how: 'end', why },
    ]);
    expect(decide(state, machine, 90_001, go)).toEqual([
      { do: 'kill', array: 'a1', index: 0, how: 'kill', why },
    ]);
    expect(decide(markEnded(state, [{ array: 'a1', index: 0 }]), machine, 90_001, go)).toEqual([]);
  });

  it('finishes when every task has ended, however', () => {
    const state = setStates(plainState([task('a:1'), task('b:1')]), { 'a:1': 'failed', 'b:1': 'succeeded' });
    expect(decide(state, machine, 0, go)).toEqual([{ do: 'finish' }]);
    expect(decide(setStates(state, { 'b:1': 'running' }), machine, 0, go)).toEqual([]);
  });
});
