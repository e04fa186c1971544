import { describe, expect, it } from 'vitest';
import type { LedgerEvent, RecordLine, TaskState } from '../../../src/model/index.ts';
import { applyEvents, type JudgeOptions, judge, type RunState } from '../../../src/scheduler/index.ts';
import {
  elementEnded,
  elementStarted,
  ended,
  judgeOptions,
  key,
  made,
  read,
  sha,
  started,
  success,
  task,
  withArray,
} from './story.ts';

const one = task('a:1');
const tasks = [one, task('b:1', ['a:1'])];

interface Look {
  readonly lines?: readonly RecordLine[];
  readonly alive?: readonly string[] | undefined;
  readonly asked?: readonly string[];
  readonly state?: RunState;
  readonly options?: Partial<JudgeOptions>;
}

/** What is made of one look at the element `a1/0`. */
function look(given: Look) {
  const { lines = [], state = withArray(tasks, [['a:1']]), asked, options } = given;
  const alive = 'alive' in given ? given.alive : ['n0'];
  const seen = {
    records: new Map([['a1/0', lines]]),
    alive: alive && new Set(alive),
    recordedNative: (line: { pid: number }) => `pid${line.pid}`,
    ...(asked && { asked: new Set(asked) }),
  };
  return { ...judge(state, seen, judgeOptions(tasks, options)), state };
}

const kinds = (events: readonly LedgerEvent[]) =>
  events.map((event) =>
    'why' in event && event.kind !== 'tasks-reset' ? `${event.kind} ${event.why}` : event.kind,
  );

const inState = (state: TaskState): RunState => {
  const base = withArray(tasks, [['a:1']]);
  const known = base.tasks.get('a:1');
  return known === undefined ? base : { ...base, tasks: new Map(base.tasks).set('a:1', { ...known, state }) };
};

describe('what a record says of a task', () => {
  it.each([
    ['it began', [started('a:1')], ['tasks-started']],
    ['it succeeded', success('a:1'), ['task-succeeded']],
    [
      'an earlier result serves',
      [started('a:1'), read('a:1'), made('a:1'), ended('a:1', { outcome: 'reused', reused: 'r0/x:1/2' })],
      ['task-cached'],
    ],
    ['a non-zero exit', [started('a:1'), ended('a:1', { outcome: 'exit', exit: 3 })], ['task-failed exit']],
    ['a signal', [started('a:1'), ended('a:1', { outcome: 'signal', signal: 9 })], ['task-failed signal']],
    ['no output', [started('a:1'), ended('a:1', { outcome: 'no-output' })], ['task-failed no-output']],
    ['no input', [started('a:1'), ended('a:1', { outcome: 'no-input' })], ['task-failed no-input']],
    ['storage', [started('a:1'), ended('a:1', { outcome: 'storage' })], ['task-failed storage']],
    [
      'an upstream that failed',
      [started('a:1'), ended('a:1', { outcome: 'upstream' })],
      ['task-skipped upstream'],
    ],
    ['it was stopped', [started('a:1'), ended('a:1', { outcome: 'stopped' })], ['task-cancelled stopped']],
    ['facts without a start', [read('a:1'), made('a:1'), ended('a:1')], []],
  ])('%s', (_, lines, expected) => {
    expect(kinds(look({ lines: [elementStarted(), ...lines] }).events)).toEqual(expected);
  });

  it.each([
    ['queued', ['tasks-reset']],
    ['succeeded', ['tasks-reset']],
    ['failed', ['task-skipped upstream']],
  ] as const)('waits again if it came before what it needs, which is %s', (state, expected) => {
    const base = withArray(tasks, [['b:1']]);
    const needed = base.tasks.get('a:1');
    const all = new Map(base.tasks);
    if (needed !== undefined) all.set('a:1', { ...needed, state });
    const lines = [elementStarted(), started('b:1'), ended('b:1', { outcome: 'upstream' })];
    expect(kinds(look({ lines, state: { ...base, tasks: all } }).events)).toEqual(expected);
  });

  it('is skipped by its own record where the same look tells that what it needs has failed', () => {
    const state = withArray(tasks, [['a:1'], ['b:1']]);
    const records = new Map([
      ['a1/0', [elementStarted(), started('a:1'), ended('a:1', { outcome: 'exit', exit: 3 })]],
      ['a1/1', [elementStarted(), started('b:1'), ended('b:1', { outcome: 'upstream' })]],
    ]);
    const seen = { records, alive: new Set<string>(), recordedNative: () => undefined };
    const { events } = judge(state, seen, judgeOptions(tasks));
    expect(kinds(events)).toEqual(['task-failed exit', 'task-skipped upstream']);
    expect(events[1]).toMatchObject({ evidence: { ended: { outcome: 'upstream' } } });
  });

  it.each([
    ['before it was handed over', 1000, [], ['n0'], []],
    ['before its element began anew', 0, [{ ...elementStarted(), at: 3 }], ['n0'], []],
    ['as it was handed over', 0, [], ['n0'], ['tasks-reset']],
    ['before it was handed over, and is over', 1000, [], [], ['tasks-reset']],
  ])('waits for its element where that looked for its inputs %s', (_, sentSeconds, more, alive, expected) => {
    const base = withArray(tasks, [['b:1']]);
    const [array] = base.arrays.values();
    const elements = array?.elements.map((each) => ({ ...each, sentMs: sentSeconds * 1000 })) ?? [];
    const state = { ...base, arrays: new Map(array && [['a1', { ...array, elements }]]) };
    const lines = [elementStarted(), started('b:1'), ended('b:1', { outcome: 'upstream' }), ...more];
    // No process of its own is known to be alive but the one that was handed over.
    expect(kinds(look({ lines, state, alive }).events)).toEqual(expected);
  });

  it.each([
    ['in their order', [1, 2]],
    ['a later one first', [2, 1]],
  ])('is of the highest attempt with an end, where several are seen at one look, %s', (_, order) => {
    const base = withArray([one], [['a:1']]);
    const [array] = base.arrays.values();
    const arrays = new Map(
      order.flatMap((attempt) => {
        const elements = array?.elements.map((each) => ({ ...each, tasks: [{ task: 'a:1', attempt }] }));
        return array && elements ? [[`a${attempt}`, { ...array, id: `a${attempt}`, elements }] as const] : [];
      }),
    );
    const lines = (attempt: number) => [
      elementStarted(),
      started('a:1', attempt),
      read('a:1', sha('1'), 0, attempt),
      made('a:1', '/out/a:1', sha('2'), attempt),
      ended('a:1', { attempt }),
    ];
    const records = new Map(order.map((attempt) => [`a${attempt}/0`, lines(attempt)]));
    const seen = { records, alive: new Set(['n0']), recordedNative: () => undefined };
    const { events } = judge({ ...base, arrays }, seen, judgeOptions([one]));
    expect(events).toMatchObject([{ kind: 'task-succeeded', attempt: 2 }]);
  });

  it('names the reused attempt', () => {
    const lines = [
      elementStarted(),
      started('a:1'),
      read('a:1'),
      made('a:1'),
      ended('a:1', { outcome: 'reused', reused: 'r0/x:1/2' }),
    ];
    expect(look({ lines }).events[0]).toMatchObject({
      from: { run: 'r0', task: 'x:1', attempt: 2 },
      found: 'node',
    });
  });

  it('says that a task told to end for its time failed for its time', () => {
    const lines = [elementStarted(), started('a:1'), ended('a:1', { outcome: 'stopped' })];
    expect(kinds(look({ lines, options: { told: new Map([['a1/0', 'time']]) } }).events)).toEqual([
      'task-failed time',
    ]);
  });

  it('gives each task of one process its share of the time until it was seen to be done', () => {
    const three = ['a:1', 'a:2', 'a:3'].map((id) => task(id));
    const state = withArray(three, [['a:1', 'a:2', 'a:3']]);
    const done = (id: string, at: number) => [read(id), made(id), { ...ended(id, { batch: 1 }), at }];
    const lines: readonly RecordLine[] = [
      elementStarted(),
      ...['a:1', 'a:2', 'a:3'].map((id) => started(id)),
      { v: 1, at: 10, fact: 'batch-started', array: 'a1', index: 0, batch: 1, items: 3, command: [] },
      ...done('a:1', 20),
      ...done('a:2', 20),
      { v: 1, at: 40, fact: 'batch-ended', array: 'a1', index: 0, batch: 1, exit: 0, signal: 0, peakKb: 0 },
      ...done('a:3', 40),
    ];
    const seen = {
      records: new Map([['a1/0', lines]]),
      alive: new Set(['n0']),
      recordedNative: () => undefined,
    };
    const { events } = judge(state, seen, judgeOptions(three));
    const took = events.flatMap((event) =>
      'evidence' in event ? [(event.evidence?.ended?.at ?? 0) - (event.evidence?.started?.at ?? 0)] : [],
    );
    expect(took).toEqual([10, 5, 10]);
  });

  it('lets the latest start of a task supersede an earlier one', () => {
    const lines = [
      elementStarted(),
      started('a:1'),
      ended('a:1', { outcome: 'exit' }),
      elementStarted(),
      started('a:1'),
    ];
    expect(kinds(look({ lines }).events)).toEqual(['tasks-started']);
    expect(kinds(look({ lines: [...lines, read('a:1'), made('a:1'), ended('a:1')] }).events)).toEqual([
      'task-succeeded',
    ]);
  });
});

describe('a success that cannot be believed', () => {
  it.each([
    ['lacks an output', [started('a:1'), read('a:1'), ended('a:1')], 'not what became of the output `out`'],
    [
      'puts an output elsewhere',
      [started('a:1'), read('a:1'), made('a:1', '/etc/passwd'), ended('a:1')],
      '`/etc/passwd`, where it does not belong',
    ],
    [
      'lacks an input',
      [started('a:1'), made('a:1'), ended('a:1', { key: key([]) })],
      'does not follow from its inputs',
    ],
    [
      'has another key',
      [started('a:1'), read('a:1'), made('a:1'), ended('a:1', { key: sha('9') })],
      'does not follow from its inputs',
    ],
  ])('is one that %s', (_, lines, message) => {
    const [event] = look({ lines: [elementStarted(), ...lines] }).events;
    expect(event).toMatchObject({
      kind: 'task-failed',
      why: 'contradicted',
      message: expect.stringContaining(message),
    });
  });

  it('is one that read another content than its producer wrote', () => {
    const options = { producedHash: () => sha('5') };
    const state = withArray(tasks, [['b:1']]);
    const lines = [elementStarted(), ...success('b:1')];
    expect(kinds(look({ state, lines, options }).events)).toEqual(['task-failed contradicted']);
    expect(kinds(look({ state, lines, options: { producedHash: () => sha('1') } }).events)).toEqual([
      'task-succeeded',
    ]);
  });
});

describe('an element that a listing does not show', () => {
  it('ends with its own last line, whatever the listing says', () => {
    const { events, ended: over } = look({ lines: [elementStarted(), elementEnded] });
    expect([kinds(events), over]).toEqual([['tasks-reset'], [{ array: 'a1', index: 0 }]]);
  });

  it('is not over when the listing failed', () => {
    expect(look({ lines: [elementStarted(), started('a:1')], alive: undefined })).toMatchObject({
      events: [{ kind: 'tasks-started' }],
      ended: [],
    });
  });

  it('leaves a task that had not begun to wait again, and one that had as lost', () => {
    expect(kinds(look({ alive: [] }).events)).toEqual(['tasks-reset']);
    expect(kinds(look({ lines: [elementStarted(), started('a:1')], alive: [] }).events)).toEqual([
      'task-lost vanished',
    ]);
  });

  it('resets all tasks of an element that had not begun by one event', () => {
    const both = [task('a:1'), task('a:2')];
    const state = withArray(both, [['a:1', 'a:2']]);
    const seen = { records: new Map(), alive: new Set<string>(), recordedNative: () => undefined };
    expect(judge(state, seen, judgeOptions(both)).events).toMatchObject([
      { kind: 'tasks-reset', tasks: ['a:1', 'a:2'] },
    ]);
  });

  it.each([
    ['cancelled', 'task-cancelled stopped'],
    ['time', 'task-failed time'],
  ] as const)('was told to end: %s', (why, kind) => {
    const options = { told: new Map([['a1/0', why]]) };
    expect(kinds(look({ lines: [elementStarted(), started('a:1')], alive: [], options }).events)).toEqual([
      kind,
    ]);
  });

  it('goes on where a twin started by hand has it', () => {
    const lines = [elementStarted({ pid: 8 }), started('a:1')];
    expect(look({ lines, alive: ['pid8'] })).toMatchObject({
      events: [{ kind: 'tasks-started' }],
      ended: [],
    });
  });

  it('goes on where nobody has asked about the process that its record names', () => {
    const lines = [elementStarted({ pid: 8 }), started('a:1')];
    expect(look({ lines, alive: [], asked: ['n0'] }).ended).toEqual([]);
    expect(look({ lines, alive: [], asked: ['n0', 'pid8'] }).ended).toHaveLength(1);
  });
});

describe('late and repeated observations', () => {
  it('makes nothing of what is known', () => {
    for (const lines of [
      success('a:1'),
      [started('a:1'), ended('a:1', { outcome: 'exit' })],
      [started('a:1')],
    ]) {
      const first = look({ lines: [elementStarted(), ...lines] });
      const state = applyEvents(
        first.state,
        first.events.map((event) => ({ event, atMs: 1 })),
      );
      expect(look({ lines: [elementStarted(), ...lines], state }).events).toEqual([]);
    }
  });

  it.each(['waiting', 'failed', 'lost', 'cancelled', 'skipped'] as const)(
    'counts a success by hand of a task that is %s',
    (state) => {
      expect(
        kinds(look({ lines: [elementStarted(), ...success('a:1')], state: inState(state) }).events),
      ).toEqual(['task-succeeded']);
    },
  );

  it('says nothing again and again of a bad end that may not follow', () => {
    for (const state of ['succeeded', 'cached', 'failed', 'cancelled', 'skipped'] as const)
      for (const outcome of ['exit', 'upstream', 'stopped'] as const) {
        const lines = [elementStarted(), started('a:1'), ended('a:1', { outcome })];
        expect(look({ lines, state: inState(state) }).events).toEqual([]);
      }
    expect(
      look({
        lines: [elementStarted(), started('a:1'), ended('a:1', { outcome: 'stopped' })],
        state: inState('lost'),
      }).events,
    ).toEqual([]);
  });

  it('takes nothing from an attempt that is done with, or that is older than the latest', () => {
    const base = withArray(tasks, [['a:1']]);
    const settled = applyEvents(base, [
      { event: { kind: 'tasks-reset', run: 'r1', tasks: ['a:1'], why: '' }, atMs: 0 },
    ]);
    expect(look({ lines: [elementStarted(), ...success('a:1')], state: settled }).events).toEqual([]);
    const known = base.tasks.get('a:1');
    if (known === undefined) throw new Error('no task');
    const later = { ...base, tasks: new Map(base.tasks).set('a:1', { ...known, attempt: 2 }) };
    expect(look({ lines: [elementStarted(), ...success('a:1')], state: later }).events).toEqual([]);
  });
});
