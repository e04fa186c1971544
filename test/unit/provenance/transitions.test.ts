import { expect, test } from 'vitest';
import type { LedgerEvent, TaskEndedBadly } from '../../../src/model/index.ts';
import type { Ledger } from '../../../src/provenance/index.ts';
import { evidence, newLedger, sha, startRun, submitted, submitting, succeeded } from './story.ts';

const run = 'r1';

function begun(): Ledger {
  const ledger = newLedger();
  startRun(ledger, run);
  return ledger;
}

/** `state/attempt` of deskew:1 after each event. */
function states(ledger: Ledger, events: readonly LedgerEvent[]): readonly string[] {
  return events.map((event) => {
    ledger.append([event]);
    const task = ledger.task(run, 'deskew:1');
    return `${task?.state}/${task?.attempt}`;
  });
}

const started = (attempt = 1): LedgerEvent => ({
  kind: 'tasks-started',
  run,
  tasks: [{ task: 'deskew:1', attempt, at: 190.5, host: 'node1' }],
});
const failed = (attempt = 1): TaskEndedBadly => ({
  kind: 'task-failed',
  run,
  task: 'deskew:1',
  attempt,
  why: 'exit',
  message: 'exit code 3',
});
const lost = (attempt = 1): LedgerEvent => ({ ...failed(attempt), kind: 'task-lost', why: 'vanished' });
const reset: LedgerEvent = { kind: 'tasks-reset', run, tasks: ['deskew:1'], why: 'try again' };

test('a task goes from waiting to succeeded, a step at a time', () => {
  const events = [
    submitting(run, 'a1', ['deskew:1']),
    submitted(run, 'a1'),
    started(),
    succeeded(run, 'deskew:1'),
  ];
  expect(states(begun(), events)).toEqual(['waiting/0', 'queued/1', 'running/1', 'succeeded/1']);
});

test('late and repeated observations change nothing', () => {
  const ledger = begun();
  const events = [
    submitting(run, 'a1', ['deskew:1']),
    started(),
    submitted(run, 'a1'),
    succeeded(run, 'deskew:1'),
  ];
  expect(states(ledger, events)).toEqual(['waiting/0', 'running/1', 'running/1', 'succeeded/1']);
  const before = [ledger.task(run, 'deskew:1'), ledger.attempts(run, 'deskew:1')];
  const late = [started(), submitted(run, 'a1'), succeeded(run, 'deskew:1'), failed(), lost()];
  expect(new Set(states(ledger, late))).toEqual(new Set(['succeeded/1']));
  expect([ledger.task(run, 'deskew:1'), ledger.attempts(run, 'deskew:1')]).toEqual(before);
});

test('what is heard of an earlier attempt does not touch the task that has another', () => {
  const ledger = begun();
  const events = [
    submitting(run, 'a1', ['deskew:1']),
    lost(),
    reset,
    submitting(run, 'a2', ['deskew:1'], 2),
    submitted(run, 'a2'),
    succeeded(run, 'deskew:1', { attempt: 1 }),
  ];
  expect(states(ledger, events)).toEqual([
    'waiting/0',
    'lost/1',
    'waiting/1',
    'waiting/1',
    'queued/2',
    'queued/2',
  ]);
  expect(
    ledger.attempts(run, 'deskew:1').map(({ attempt, state, array }) => [attempt, state, array]),
  ).toEqual([
    [1, 'succeeded', 'a1'],
    [2, 'queued', 'a2'],
  ]);
});

test('a task that was reset is served by the record of its attempt when that comes at last', () => {
  const events = [submitting(run, 'a1', ['deskew:1']), started(), reset, succeeded(run, 'deskew:1')];
  const ledger = begun();
  expect(states(ledger, events)).toEqual(['waiting/0', 'running/1', 'waiting/1', 'succeeded/1']);
});

test('a refused array puts its tasks back, and a late answer finds them', () => {
  const ledger = begun();
  const refused: LedgerEvent = { kind: 'submission-failed', run, array: 'a1', reason: 'quota' };
  const handedOver: LedgerEvent = { kind: 'elements-submitting', run, array: 'a1', indices: [0] };
  expect(states(ledger, [submitting(run, 'a1', ['deskew:1']), handedOver, refused])).toEqual([
    'waiting/0',
    'submitting/1',
    'waiting/1',
  ]);
  expect(ledger.task(run, 'deskew:1')).toMatchObject({ why: 'submission', message: 'quota' });
  expect(states(ledger, [submitted(run, 'a1')])).toEqual(['queued/1']);
  expect(ledger.task(run, 'deskew:1')).toMatchObject({ why: null, message: null });
});

test('a refusal does not undo what already runs', () => {
  const refused: LedgerEvent = { kind: 'submission-failed', run, array: 'a1', reason: 'time-out' };
  expect(states(begun(), [submitting(run, 'a1', ['deskew:1']), started(), refused])).toEqual([
    'waiting/0',
    'running/1',
    'running/1',
  ]);
});

test('elements are handed over, answered and refused one by one', () => {
  const ledger = begun();
  ledger.append([
    submitting(run, 'a1', ['deskew:1', 'deskew:2', 'deconvolve:1']),
    { kind: 'elements-submitting', run, array: 'a1', indices: [0, 1] },
    { kind: 'array-submitted', run, array: 'a1', native: 'local', elements: [{ index: 0, native: '4711' }] },
    { kind: 'submission-failed', run, array: 'a1', indices: [1], reason: 'no more processes' },
  ]);
  const [array] = ledger.openArrays(run);
  expect(array).toMatchObject({ array: 'a1', state: 'submitted', native: 'local' });
  expect(array?.elements).toEqual([
    {
      index: 0,
      state: 'submitted',
      native: '4711',
      tasks: [{ task: 'deskew:1', attempt: 1, state: 'queued' }],
    },
    { index: 1, state: 'refused', native: null, tasks: [{ task: 'deskew:2', attempt: 1, state: 'waiting' }] },
    {
      index: 2,
      state: 'packed',
      native: null,
      tasks: [{ task: 'deconvolve:1', attempt: 1, state: 'waiting' }],
    },
  ]);
  ledger.append([{ kind: 'elements-submitting', run, array: 'a1', indices: [1] }]);
  expect(ledger.task(run, 'deskew:2')?.state).toBe('submitting');
});

test('an array is open until its last task has ended', () => {
  const ledger = begun();
  ledger.append([
    submitting(run, 'a1', ['deskew:1', 'deskew:2']),
    submitted(run, 'a1'),
    succeeded(run, 'deskew:1'),
  ]);
  expect(ledger.openArrays(run).map(({ array }) => array)).toEqual(['a1']);
  ledger.append([succeeded(run, 'deskew:2')]);
  expect(ledger.openArrays(run)).toEqual([]);
});

test('a skipped task has no attempt', () => {
  const ledger = begun();
  ledger.append([
    {
      kind: 'task-skipped',
      run,
      task: 'deconvolve:1',
      attempt: 0,
      why: 'upstream',
      message: '`deskew:1` failed',
    },
  ]);
  expect(ledger.task(run, 'deconvolve:1')).toMatchObject({ state: 'skipped', attempt: 0, why: 'upstream' });
  expect(ledger.attempts(run, 'deconvolve:1')).toEqual([]);
});

test('an attempt keeps what its record said, and null for what it did not', () => {
  const ledger = begun();
  ledger.append([submitting(run, 'a1', ['deskew:1']), submitted(run, 'a1')]);
  ledger.append([succeeded(run, 'deskew:1', { key: sha('key') })]);
  expect(ledger.attempts(run, 'deskew:1')[0]).toMatchObject({
    run,
    task: 'deskew:1',
    attempt: 1,
    state: 'succeeded',
    array: 'a1',
    index: 0,
    host: 'node1',
    job: '42_0',
    gpus: '',
    command: 'run deskew:1',
    startedMs: 190_500,
    endedMs: 201_750,
    outcome: 'ok',
    exit: 0,
    signal: 0,
    peakKb: 2048,
    contentKey: sha('key'),
    why: null,
    note: null,
  });
  const { ended, ...rest } = evidence('deskew:2', { array: 'a9' });
  expect(ended).toBeDefined();
  ledger.append([{ ...failed(), task: 'deskew:2', evidence: rest }]);
  expect(ledger.attempts(run, 'deskew:2')[0]).toMatchObject({
    state: 'failed',
    array: null,
    endedMs: null,
    exit: null,
    peakKb: null,
    contentKey: null,
    why: 'exit',
    message: 'exit code 3',
  });
});

test('an event of a run or task that was never planned is refused, and nothing of its batch is written', () => {
  const ledger = begun();
  const note: LedgerEvent = { kind: 'noted', about: 'x', note: 'y' };
  expect(() => ledger.append([note, { kind: 'run-finished', run: 'nobody' }])).toThrow('`nobody`');
  expect(() => ledger.append([note, succeeded(run, 'deskew:77')])).toThrow('`deskew:77`');
  expect([...ledger.events()].map(({ event }) => event.kind)).toEqual(['run-planned']);
});

test('a run knows who drives it, and an older driver cannot let go of it', () => {
  const ledger = begun();
  const attach = (epoch: number): LedgerEvent => ({
    kind: 'driver-attached',
    run,
    epoch,
    host: `h${epoch}`,
    pid: epoch,
  });
  ledger.append([attach(1), attach(2), { kind: 'driver-detached', run, epoch: 1, why: 'interrupted' }]);
  expect(ledger.run(run).driver).toMatchObject({
    epoch: 2,
    host: 'h2',
    pid: 2,
    detachedMs: null,
    detachedWhy: null,
  });
  ledger.append([attach(1), { kind: 'driver-detached', run, epoch: 2, why: 'finished' }]);
  expect(ledger.run(run).driver).toMatchObject({ epoch: 2, detachedWhy: 'finished' });
});

test('a task that failed and was run again by hand counts, with what the later record says', () => {
  const ledger = begun();
  const read = (content: string) => ({ inputs: [{ role: 'image', path: '/data/a.tif', content }] });
  ledger.append([submitting(run, 'a1', ['deskew:1']), submitted(run, 'a1')]);
  const failure: LedgerEvent = {
    kind: 'task-failed',
    run,
    task: 'deskew:1',
    attempt: 1,
    why: 'exit',
    message: 'exit code 3',
    evidence: evidence('deskew:1', read('damaged')),
  };
  ledger.append([failure]);
  ledger.append([succeeded(run, 'deskew:1', read('copied again'))]);
  expect(ledger.task(run, 'deskew:1')).toMatchObject({ state: 'succeeded', why: null, message: null });
  const [attempt, ...others] = ledger.attempts(run, 'deskew:1');
  expect(others).toEqual([]);
  expect(attempt).toMatchObject({ state: 'succeeded', why: null, inputs: [{ sha256: sha('copied again') }] });
});

test('an attempt that had begun when its task was reset is lost, one that had not never came to run', () => {
  const ledger = begun();
  ledger.append([submitting(run, 'a1', ['deskew:1', 'deskew:2']), submitted(run, 'a1'), started()]);
  ledger.append([
    { kind: 'tasks-reset', run, tasks: ['deskew:1', 'deskew:2'], why: 'the machine was restarted' },
  ]);
  expect(ledger.attempts(run, 'deskew:1').map(({ state }) => state)).toEqual(['lost']);
  expect(ledger.attempts(run, 'deskew:2')).toEqual([]);
  ledger.append([
    submitting(run, 'a2', ['deskew:2']),
    { kind: 'elements-submitting', run, array: 'a2', indices: [0] },
  ]);
  expect(ledger.attempts(run, 'deskew:2').map(({ state, array }) => [state, array])).toEqual([
    ['submitting', 'a2'],
  ]);
});

test('a refusal that comes after the answer takes nothing back', () => {
  const ledger = begun();
  ledger.append([
    submitting(run, 'a1', ['deskew:1']),
    submitted(run, 'a1'),
    { kind: 'submission-failed', run, array: 'a1', reason: 'the connection broke' },
  ]);
  expect(ledger.task(run, 'deskew:1')?.state).toBe('queued');
  expect(ledger.openArrays(run)).toMatchObject([
    { state: 'submitted', reason: null, elements: [{ state: 'submitted' }] },
  ]);
});
