import { describe, expect, it } from 'vitest';
import type { Plan, TaskState } from '../../../src/model/index.ts';
import { type ResumeWishes, selectAgain } from '../../../src/run/resume/select-again.ts';
import { initialState } from '../../../src/scheduler/index.ts';
import { step, task } from '../scheduler/story.ts';

const tasks = [
  { ...task('a:1'), dims: { k: 'x' } },
  task('a:2'),
  task('b:1', ['a:1']),
  task('b:2', ['a:2']),
  task('c:1', ['b:1']),
  task('c:2', ['b:2']),
  task('d:1'),
];
const plan: Plan = {
  format: 1,
  workflow: { name: 'w', file: 'w', sha256: '0' },
  steps: ['a', 'b', 'c', 'd'].map((name) => step(name)),
  tasks,
  parameters: {},
};
const states: Readonly<Record<string, TaskState>> = {
  'a:1': 'failed',
  'a:2': 'succeeded',
  'b:1': 'skipped',
  'b:2': 'failed',
  'c:1': 'lost',
  'c:2': 'skipped',
  'd:1': 'failed',
};

function chosen(wishes: ResumeWishes): readonly string[] {
  const start = initialState(plan);
  const known = [...start.tasks.values()].map(
    (each) => [each.id, { ...each, state: states[each.id] ?? each.state }] as const,
  );
  const lost = new Map([['a:2', 'its result is gone']]);
  return selectAgain(plan, { ...start, tasks: new Map(known) }, lost, wishes).map(
    ({ task: id, anew }) => `${id}${anew ? '!' : ''}`,
  );
}

describe('what is tried again', () => {
  it.each<[string, ResumeWishes, readonly string[]]>([
    ['all of one kind', { only: ['lost'] }, ['c:1']],
    [
      'a step and what follows from it, also what stands',
      { from: 'a' },
      ['a:1', 'a:2!', 'b:1', 'b:2', 'c:1', 'c:2'],
    ],
    ['what failed at a step or behind it', { from: 'b', only: ['failed'] }, ['b:2', 'c:2']],
    ['what was lost behind a step', { from: 'a', only: ['lost'] }, ['c:1']],
    ['what is gone at a step, for which an earlier result serves', { from: 'a', only: ['gone'] }, ['a:2']],
    ['nothing of another branch', { from: 'd', only: ['lost', 'gone'] }, []],
  ])('is %s', (_, wishes, expected) => {
    expect(chosen(wishes)).toEqual(expected);
  });

  it('is refused where no item fits the condition: a mistyped value is no run with nothing left to do', () => {
    expect(() => chosen({ items: "k == 'z'" })).toThrow(/no item of the run fits `--items k == 'z'`/);
    expect(chosen({ items: "k == 'x'", only: ['lost'] })).toEqual([]);
  });

  it('is refused where the run has no such step, with `only` too', () => {
    expect(() => chosen({ from: 'x', only: ['failed'] })).toThrow('no step `x`');
  });
});
