import { expect, it } from 'vitest';
import { Backend, LocalTransport, slurmBatch } from '../../../src/backends/index.ts';
import type { LedgerEvent, RecordLine, Site } from '../../../src/model/index.ts';
import { Presence } from '../../../src/run/presence.ts';
import { judge } from '../../../src/scheduler/index.ts';
import { localSite } from '../../../src/sites/index.ts';
import {
  elementStarted,
  ended,
  judgeOptions,
  started,
  success,
  task,
  withArray,
} from '../scheduler/story.ts';

// Where other programs have called a lost task done, or a done one lost: sixteen rows, each through the real parsers, the
// real presence and the real judgement. Rows of a live Slurm 24.11 unless a line says `by hand`: from the manual.

const site: Site = { ...localSite('/work'), name: 'bed', batch: 'slurm' };
const slurm = slurmBatch(site);
const me = 2001;

interface Seen {
  /** Rows of squeue; undefined: the question failed. */
  readonly queue: readonly string[] | undefined;
  /** Rows of sacct; undefined: it could not tell. */
  readonly accounting?: readonly string[] | undefined;
  readonly records?: Readonly<Record<string, readonly RecordLine[]>>;
  readonly logs?: Readonly<Record<string, string>>;
  /** Milliseconds since the first look; the record has had its time after 5000. */
  readonly at?: number;
}

const ids = ['a:1', 'a:2', 'a:3', 'a:4'];
const tasks = ids.map((id) => task(id));

/** What is made of these looks, one after another, at an array of four elements `n0` … `n3`, known to Slurm as 7_0 … 7_3. */
async function look(...looks: readonly Seen[]) {
  let state = withArray(
    tasks,
    ids.map((id) => [id]),
  );
  const array = state.arrays.get('a1');
  if (array === undefined) throw new Error('no array');
  const elements = array.elements.map((each) => ({ ...each, native: `7_${each.index}` }));
  state = { ...state, arrays: new Map([['a1', { ...array, elements }]]) };
  const natives = elements.map(({ native }) => native);
  const question = { natives, tokens: ['r.a1'], ageSeconds: 60 };
  // Only what it answers is a stand-in: the commands are not run.
  const backend = new Backend(slurm, new LocalTransport());
  const presence = new Presence(backend, 5);
  const events: LedgerEvent[] = [];
  const notes: string[] = [];
  for (const { queue, accounting, records = {}, logs = {}, at = 0 } of looks) {
    backend.history = async (asked) =>
      accounting && slurm.history?.parse(`${accounting.join('\n')}\n@@ 0 ${me}\n`, asked);
    const listing = queue && slurm.parseListing(`${queue.join('\n')}\n@@ 0\n`, question);
    const there = listing && (await presence.take(listing, question, at));
    notes.push(...(there?.notes ?? []));
    const seen = {
      records: new Map(
        Object.entries(records).map(([key, lines]) => [key, [elementStarted(), ...lines]] as const),
      ),
      alive: there?.alive,
      asked: new Set(natives),
      recordedNative: () => undefined,
      ended: there?.ended ?? new Map(),
      nodes: there?.nodes ?? new Map(),
      logs: new Map(Object.entries(logs)),
    };
    events.push(...judge(state, seen, judgeOptions(tasks)).events);
  }
  return { words: events.map(wordOf), events, notes };
}

function wordOf(event: LedgerEvent): string {
  if (event.kind === 'tasks-reset') return `${event.tasks.join(' ')} waits again`;
  if (event.kind === 'tasks-started') return `${event.tasks.map((each) => each.task).join(' ')} began`;
  const id = 'task' in event ? event.task : '';
  return `${id} ${'why' in event ? event.why : event.kind}`;
}

const began = (id: string): readonly RecordLine[] => [started(id)];
const stopped = (id: string): readonly RecordLine[] => [started(id), ended(id, { outcome: 'stopped' })];
const others = ['7_[1-3]|PENDING|Resources|r.a1|'];

it('`CANCELLED by 1000` is a cancellation, and whose', async () => {
  const records = { 'a1/0': stopped('a:1') };
  const row = (uid: number) => [`7_0|CANCELLED by ${uid}|0:0|2026-11-26T10:00:00|r.a1|cn1`];
  const queue = ['7_0|CANCELLED|None|r.a1|cn1', ...others];
  expect((await look({ queue, accounting: row(1000), records })).words).toEqual(['a:1 cancelled-by-other']);
  expect((await look({ queue, accounting: row(me), records })).words).toEqual(['a:1 cancelled']);
});

it('every preempted job is seen, not only the first', async () => {
  const rows = [
    '7_0|PREEMPTED|None|r.a1|cn1',
    '7_1|PREEMPTED|None|r.a1|cn2',
    '7_[2-3]|PENDING|Priority|r.a1|',
  ];
  const records = { 'a1/0': began('a:1'), 'a1/1': began('a:2') };
  const { words } = await look({ queue: rows, records }, { queue: rows, records, at: 5000 });
  expect(words.filter((word) => word.endsWith('preempted'))).toEqual(['a:1 preempted', 'a:2 preempted']);
});

it('an element speaks for itself, never the array or its last element', async () => {
  const queue = [
    '7_0|FAILED|NonZeroExitCode|r.a1|cn1',
    '7_1|TIMEOUT|TimeLimit|r.a1|cn1',
    ...['2', '3'].map((i) => `7_${i}|COMPLETED|None|r.a1|cn1`),
  ];
  const records = {
    'a1/0': [started('a:1'), ended('a:1', { outcome: 'exit', exit: 1 })],
    'a1/1': began('a:2'),
    'a1/3': success('a:4'),
  };
  const { words } = await look({ queue, records }, { queue, records, at: 5000 });
  expect(words).toContain('a:1 exit');
  expect(words).toContain('a:2 time');
  expect(words).toContain('a:4 task-succeeded');
});

it.each([
  ['TIMEOUT|0:0', 'time'],
  ['OUT_OF_MEMORY|0:125', 'out-of-memory'],
  ['FAILED|0:9', 'vanished'],
])('the code of `%s` begins with 0, and it is no success', async (row, word) => {
  const seen = {
    queue: others,
    accounting: [`7_0|${row}|2026-11-26T10:00:00|r.a1|cn1`],
    records: { 'a1/0': began('a:1') },
  };
  const { words } = await look(seen, { ...seen, at: 5000 });
  expect(words).toEqual(['a:1 began', `a:1 ${word}`]);
});

it('one unknown state among many rows disturbs no other, and is said once', async () => {
  const queue = ['7_0|DREAMING|None|r.a1|cn1', '7_1|FAILED|None|r.a1|cn1', '7_[2-3]|PENDING|Priority|r.a1|'];
  const records = { 'a1/1': [started('a:2'), ended('a:2', { outcome: 'exit', exit: 2 })] };
  const { words, notes } = await look({ queue, records }, { queue, records, at: 60_000 });
  expect(new Set(words)).toEqual(new Set(['a:2 exit']));
  expect(notes).toEqual(['Slurm says `DREAMING`: it is taken to go on']);
});

it('a job that is missing while it runs has not ended', async () => {
  const records = { 'a1/0': began('a:1') };
  const running = ['7_0|RUNNING|None|r.a1|cn1', ...others];
  const { words } = await look(
    { queue: running, records },
    { queue: others, accounting: [], records, at: 3000 },
    { queue: running, records, at: 6000 },
    { queue: others, accounting: [], records, at: 9000 },
  );
  expect(new Set(words)).toEqual(new Set(['a:1 began']));
});

it.each([
  ['CANCELLED', 'cancelled'],
  ['PREEMPTED', 'preempted'],
  ['FAILED', 'vanished'],
  ['DEADLINE', 'time'], // by hand
  ['BOOT_FAIL', 'node'], // by hand
])('%s after it began, with no word of the task, is %s', async (state, word) => {
  const seen = { queue: [`7_0|${state}|None|r.a1|cn1`, ...others], records: { 'a1/0': began('a:1') } };
  const { words } = await look(seen, { ...seen, at: 5000 });
  expect(words.at(-1)).toBe(`a:1 ${word}`);
});

it('today’s words for a kill by memory are found, on whatever line they stand', async () => {
  const log =
    'reading\nslurmstepd-cn1: error: Detected 1 oom_kill event in StepId=1.batch. Some of the step tasks have been OOM Killed.\n';
  const seen = {
    queue: ['7_0|FAILED|None|r.a1|cn1', ...others],
    records: { 'a1/0': began('a:1') },
    logs: { 'a1/0': log },
  };
  const { words } = await look(seen, { ...seen, at: 5000 });
  expect(words.at(-1)).toBe('a:1 out-of-memory');
});

it('a record that says 0 in a job that ran out of memory is no success', async () => {
  const queue = ['7_0|OUT_OF_MEMORY|OutOfMemory|r.a1|cn1', ...others];
  expect((await look({ queue, records: { 'a1/0': success('a:1') } })).words).toEqual(['a:1 out-of-memory']);
});

it('UNKNOWN is not an end, still less a good one', async () => {
  // By hand: text tools print it while a node does not answer.
  const queue = ['7_0|UNKNOWN|None|r.a1|cn1', ...others];
  expect((await look({ queue }, { queue, at: 60_000 })).words).toEqual([]);
});

it('a question that failed says nothing', async () => {
  const records = { 'a1/0': began('a:1') };
  const failed = { queue: undefined, records };
  expect((await look(failed, { ...failed, at: 1e9 })).words).toEqual(['a:1 began', 'a:1 began']);
});

it.each(['STOPPED', 'SIGNALING', 'STAGE_OUT', 'REQUEUED'])('%s goes on', async (state) => {
  // By hand.
  const queue = [`7_0|${state}|None|r.a1|cn1`, ...others];
  expect((await look({ queue }, { queue, at: 1e9 })).words).toEqual([]);
});

it.each([
  ['OUT_OF_MEMORY', 'out-of-memory'],
  ['BOOT_FAIL', 'node'],
  ['DEADLINE', 'time'],
  ['REVOKED', 'node'],
  ['REQUEUED', undefined],
  ['REQUEUE_HOLD', undefined],
  ['SPECIAL_EXIT', undefined],
  ['SIGNALING', undefined],
  ['STAGE_OUT', undefined],
  ['STOPPED', undefined],
  ['RESIZING', undefined],
  ['RESV_DEL_HOLD', undefined],
])('the rarer state %s is understood', async (state, word) => {
  // By hand.
  const seen = { queue: [`7_0|${state}|None|r.a1|cn1`, ...others], records: { 'a1/0': began('a:1') } };
  const { words, notes } = await look(seen, { ...seen, at: 5000 });
  expect(words.filter((each) => !each.endsWith('began'))).toEqual(word === undefined ? [] : [`a:1 ${word}`]);
  expect(notes.filter((note) => note.includes('Slurm says'))).toEqual([]);
});

it('what the queue has forgotten is asked of the accounting, then of its record', async () => {
  const gone = { queue: others, accounting: [] as const };
  const records = { 'a1/0': success('a:1') };
  expect((await look({ ...gone, records })).words).toEqual(['a:1 task-succeeded']);
  const lost = { ...gone, records: { 'a1/0': began('a:1') } };
  expect((await look(lost, { ...lost, at: 5000 })).words.at(-1)).toBe('a:1 vanished');
  const told = {
    queue: others,
    accounting: ['7_0|TIMEOUT|0:0|2026-11-26T10:00:00|r.a1|cn1'],
    records: { 'a1/0': began('a:1') },
  };
  expect((await look(told, { ...told, at: 5000 })).words.at(-1)).toBe('a:1 time');
});

it('a requeued job has the same id and a new run: its earlier end no longer counts', async () => {
  const records = { 'a1/0': stopped('a:1') };
  const { words } = await look(
    { queue: ['7_0|PREEMPTED|None|r.a1|cn1', ...others], records },
    { queue: ['7_0|PENDING|BeginTime|r.a1|', ...others], records, at: 2000 },
    { queue: ['7_0|RUNNING|None|r.a1|cn2', ...others], records, at: 9000 },
    {
      queue: ['7_0|COMPLETED|None|r.a1|cn2', ...others],
      records: { 'a1/0': [...stopped('a:1'), elementStarted(), ...success('a:1')] },
      at: 12_000,
    },
  );
  expect(words).toEqual(['a:1 task-succeeded']);
});

it('of a requeued job whose new run is gone without a word, the end of its earlier run says nothing', async () => {
  const records = { 'a1/0': stopped('a:1') };
  const anew = { 'a1/0': [...stopped('a:1'), elementStarted(), started('a:1')] };
  const { words } = await look(
    { queue: ['7_0|PREEMPTED|None|r.a1|cn1', ...others], records },
    { queue: ['7_0|RUNNING|None|r.a1|cn2', ...others], records: anew, at: 2000 },
    { queue: others, records: anew, at: 9000 },
    { queue: others, records: anew, at: 14_000 },
  );
  expect(words.at(-1)).toBe('a:1 vanished');
});

it.each(['COMPLETED', 'RUNNING', 'TIMEOUT'])(
  'a row of a recycled id, under another name, is nobody of ours: %s',
  async (state) => {
    const seen = {
      queue: [`7_0|${state}|None|somebody-else|cn1`, ...others],
      accounting: [`7_0|${state}|0:0|2026-11-26T10:00:00|somebody-else|cn1`],
      records: { 'a1/0': began('a:1') },
    };
    const { words } = await look(seen, { ...seen, at: 5000 });
    expect(words.at(-1)).toBe('a:1 vanished');
  },
);
