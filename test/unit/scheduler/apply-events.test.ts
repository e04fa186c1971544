import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LedgerEvent, mayFollow, type TasksReset, taskStateNames } from '../../../src/model/index.ts';
import { applyEvents, decide, homelessTasks, lastAttempt } from '../../../src/scheduler/index.ts';
import { plainState, resources, task, withArray } from './story.ts';

const tasks = [task('a:1'), task('b:1', ['a:1'])];
const dated = (events: readonly LedgerEvent[]) => events.map((event, index) => ({ event, atMs: index }));
const run = 'r1';
const evidence = { inputs: [], outputs: [], array: 'a1', index: 0 };

const good = (id: string, attempt: number): LedgerEvent => {
  return { kind: 'task-succeeded', run, task: id, attempt, evidence };
};
const bad = (id: string, attempt: number): LedgerEvent => {
  return { kind: 'task-failed', run, task: id, attempt, why: 'exit', message: '' };
};
const skipped: LedgerEvent = {
  kind: 'task-skipped',
  run,
  task: 'b:1',
  attempt: 0,
  why: 'upstream',
  message: '',
};
const retry = { class: 'application', number: 1, of: 2 } as const;
const reset = (more: Partial<TasksReset>): LedgerEvent => {
  return { kind: 'tasks-reset', run, tasks: ['b:1'], why: '', ...more };
};

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

  it.each<[string, readonly LedgerEvent[], readonly string[] | undefined]>([
    ['a person has made again', [good('b:1', 1), reset({})], undefined],
    ['failed, and a person has tried again', [bad('b:1', 1), reset({})], undefined],
    ['has a try left, while that is missing', [bad('b:1', 1), reset({ retry })], ['a:1']],
    ['has a try left, when that is there', [bad('b:1', 1), good('a:1', 2), reset({ retry })], undefined],
    ['lost its element before it began', [reset({})], ['a:1']],
    ['is to do without it again', [bad('b:1', 1), reset({ without: ['a:2'] })], ['a:1', 'a:2']],
  ])('know what a group does without that %s', (_, more, expected) => {
    const before = [bad('a:1', 1), skipped, reset({ without: ['a:1'] })];
    const start = applyEvents(plainState([...tasks, task('a:2')]), dated(before));
    expect(start.tasks.get('b:1')?.without).toEqual(['a:1']);
    const submitted: readonly LedgerEvent[] = [
      { kind: 'array-packed', run, array: 'a1', resources, elements: [[{ task: 'b:1', attempt: 1 }]] },
      { kind: 'elements-submitting', run, array: 'a1', indices: [0] },
    ];
    expect(applyEvents(start, dated([...submitted, ...more])).tasks.get('b:1')?.without).toEqual(expected);
  });

  it.each<[string, Partial<TasksReset>]>([
    ['is to do without something', { without: ['a:1'] }],
    ['asks for more', { ask: { memory: 5 }, byPerson: true }],
  ])(
    'take back what was packed and never handed over of a task that %s, and all that shares its element',
    (_, more) => {
      const all = [...tasks, task('c:1', ['b:1']), task('d:1'), task('e:1', ['b:1'])];
      const packed: LedgerEvent = {
        kind: 'array-packed',
        run,
        array: 'a1',
        resources,
        elements: [
          ['b:1', 'c:1', 'd:1'].map((id) => ({ task: id, attempt: 1 })),
          [{ task: 'e:1', attempt: 1 }],
        ],
      };
      const ends = [bad('a:1', 1), skipped, { ...skipped, task: 'c:1' }, { ...skipped, task: 'e:1' }];
      const follow: LedgerEvent = { kind: 'tasks-reset', run, tasks: ['c:1', 'e:1'], why: '' };
      const state = applyEvents(plainState(all), dated([packed, ...ends, reset(more), follow, reset({})]));
      expect(homelessTasks(state)).toEqual(new Set(['b:1', 'c:1', 'd:1']));
      expect(['b:1', 'c:1', 'd:1', 'e:1'].map((id) => lastAttempt(state.tasks.get(id)))).toEqual([
        1, 1, 1, 0,
      ]);
    },
  );

  it('leave what was packed of a task that is to wait as before', () => {
    const packed: LedgerEvent = {
      kind: 'array-packed',
      run,
      array: 'a1',
      resources,
      elements: [[{ task: 'b:1', attempt: 1 }]],
    };
    const more = [packed, bad('a:1', 1), skipped, reset({ byPerson: true })];
    expect(homelessTasks(applyEvents(plainState(tasks), dated(more)))).toEqual(new Set());
  });

  it.each([
    ['in their order', [1, 2]],
    ['a later one first', [2, 1]],
  ])('take the attempts that another driver has sent for what the highest is, %s', (_, order) => {
    const sent = order.flatMap((attempt): readonly LedgerEvent[] => {
      const own = attempt === 2 ? { ask: { memory: 5 }, without: [] } : { without: ['a:1'] };
      const elements = [[{ task: 'b:1', attempt, ...own }]];
      return [
        { kind: 'array-packed', run, array: `a${attempt}`, resources, elements },
        { kind: 'elements-submitting', run, array: `a${attempt}`, indices: [0] },
      ];
    });
    const refused = [1, 2].map((attempt): LedgerEvent => {
      return { kind: 'submission-failed', run, array: `a${attempt}`, reason: 'it is not there' };
    });
    const state = applyEvents(plainState(tasks), dated([good('a:1', 1), ...sent]));
    expect(state.tasks.get('b:1')).toMatchObject({ attempt: 2, ask: { memory: 5 }, without: [] });
    const unsent = applyEvents(state, dated(refused));
    expect(homelessTasks(unsent)).toEqual(new Set());
    expect(decide(unsent, { takes: 'arrays' }, 0, { drain: false })).toEqual([
      { do: 'submit', array: 'a2', indices: [0] },
    ]);
    const machine = { takes: 'elements', capacity: { cpus: 9, gpus: 0, memory: 9000 } } as const;
    expect(decide(unsent, machine, 0, { drain: false })).toEqual([
      { do: 'submit', array: 'a2', indices: [0] },
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
