import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LedgerEvent, mayFollow, taskStateNames } from '../../../src/model/index.ts';
import { applyEvents } from '../../../src/scheduler/index.ts';
import { plainState, resources, task, withArray } from './story.ts';

const tasks = [task('a:1'), task('b:1', ['a:1'])];
const dated = (events: readonly LedgerEvent[]) => events.map((event, index) => ({ event, atMs: index }));
const run = 'r1';
const evidence = { inputs: [], outputs: [], array: 'a1', index: 0 };

const oneEvent: fc.Arbitrary<LedgerEvent> = fc.oneof(
  fc.constant<LedgerEvent>({
    kind: 'array-packed',
    run,
    array: 'a1',
    resources,
    elements: [[{ task: 'a:1', attempt: 1 }], [{ task: 'b:1', attempt: 1 }]],
  }),
  fc
    .subarray([0, 1], { minLength: 1 })
    .map((indices): LedgerEvent => ({ kind: 'elements-submitting', run, array: 'a1', indices })),
  fc.constantFrom(0, 1).map(
    (index): LedgerEvent => ({
      kind: 'array-submitted',
      run,
      array: 'a1',
      native: '',
      elements: [{ index, native: 'n' }],
    }),
  ),
  fc.constant<LedgerEvent>({ kind: 'submission-failed', run, array: 'a1', reason: '' }),
  fc
    .tuple(
      fc.constantFrom('a:1', 'b:1', 'no:1'),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(
        'task-succeeded',
        'task-failed',
        'task-skipped',
        'task-cancelled',
        'task-lost',
        'tasks-started',
        'tasks-reset',
      ),
    )
    .map(([id, attempt, kind]): LedgerEvent => {
      if (kind === 'tasks-started') return { kind, run, tasks: [{ task: id, attempt, at: 0, host: '' }] };
      if (kind === 'tasks-reset') return { kind, run, tasks: [id], why: '' };
      if (kind === 'task-succeeded') return { kind, run, task: id, attempt, evidence };
      return { kind, run, task: id, attempt, why: 'exit', message: '' };
    }),
);

describe('events', () => {
  it('give the same state one by one as all at once', () => {
    fc.assert(
      fc.property(fc.array(oneEvent, { maxLength: 20 }), (events) => {
        const all = applyEvents(plainState(tasks), dated(events));
        const folded = dated(events).reduce((state, event) => applyEvents(state, [event]), plainState(tasks));
        expect(folded).toEqual(all);
      }),
    );
  });

  it('move a task only where the table lets them, and never back to an earlier attempt', () => {
    fc.assert(
      fc.property(fc.array(oneEvent, { maxLength: 20 }), (events) => {
        let state = plainState(tasks);
        for (const event of dated(events)) {
          const next = applyEvents(state, [event]);
          for (const [id, { state: to, attempt }] of next.tasks) {
            const before = state.tasks.get(id);
            expect(before?.state === to || (before !== undefined && mayFollow(before.state, to))).toBe(true);
            expect(attempt).toBeGreaterThanOrEqual(before?.attempt ?? 0);
          }
          state = next;
        }
      }),
    );
  });

  it('take an element from its intent to its answer', () => {
    const status = (kind: 'unsent' | 'doubtful' | 'sent') => {
      const state = withArray(tasks, [['a:1', 'b:1']], kind);
      return [
        state.arrays.get('a1')?.elements[0]?.status,
        state.tasks.get('a:1')?.state,
        state.tasks.get('b:1')?.attempt,
      ];
    };
    expect(status('unsent')).toEqual(['unsent', 'waiting', 0]);
    expect(status('doubtful')).toEqual(['doubtful', 'submitting', 1]);
    expect(status('sent')).toEqual(['sent', 'queued', 1]);
  });

  it('let what failed to be submitted be submitted again', () => {
    const failed: LedgerEvent = { kind: 'submission-failed', run, array: 'a1', reason: 'full' };
    const state = applyEvents(withArray(tasks, [['a:1']], 'doubtful'), dated([failed]));
    expect([state.arrays.get('a1')?.elements[0]?.status, state.tasks.get('a:1')?.state]).toEqual([
      'unsent',
      'waiting',
    ]);
  });

  it('leave the state they were given as it was', () => {
    const state = plainState(tasks);
    applyEvents(
      state,
      dated([{ kind: 'task-failed', run, task: 'a:1', attempt: 1, why: 'exit', message: '' }]),
    );
    expect(state.tasks.get('a:1')?.state).toBe('waiting');
    expect(taskStateNames).toContain('waiting');
  });
});
