import { describe, expect, it } from 'vitest';
import { Backend, LocalTransport, slurmBatch } from '../../../src/backends/index.ts';
import type { LedgerEvent } from '../../../src/model/index.ts';
import { HandOver } from '../../../src/run/hand-over.ts';
import { applyEvents, decide, type RunState } from '../../../src/scheduler/index.ts';
import { parseSite } from '../../../src/sites/index.ts';
import { plainState, resources, task } from '../scheduler/story.ts';

const run = 'r1';
const words = 'Requested node configuration is not available';
const base = { run, task: 'a:1', message: '' };
const wanted = { run, resources, elements: [[{ task: 'a:1', attempt: 1 }]] };
const failed: readonly LedgerEvent[] = [
  { kind: 'array-packed', array: 'a1', ...wanted },
  { kind: 'elements-submitting', run, array: 'a1', indices: [0] },
  { kind: 'task-lost', ...base, attempt: 1, why: 'node' },
];
const again: LedgerEvent = { kind: 'tasks-reset', run, tasks: ['a:1'], why: '' };

/** Hands over what may be submitted to a Slurm that refuses it for ever; a stand-in for the cluster. */
async function refused(events: readonly LedgerEvent[], attempt: number) {
  let state: RunState = plainState([task('a:1'), task('b:1', ['a:1'])]);
  const said: string[] = [];
  const record = (more: readonly LedgerEvent[]): void => {
    for (const event of more) if (event.kind === 'task-failed') said.push(event.message);
    state = applyEvents(
      state,
      more.map((event) => ({ event, atMs: 0 })),
    );
  };
  const elements = [[{ task: 'a:1', attempt }]];
  record([...events, { kind: 'array-packed', array: 'a2', ...wanted, elements }]);
  const site = parseSite(
    'host: login\nwork: /runs\npartitions:\n  cpu: { default: true }\n',
    'bed',
    'bed.yaml',
  );
  if (!site.ok) throw new Error(JSON.stringify(site.problems));
  const backend = new Backend(slurmBatch(site.value), new LocalTransport());
  backend.submit = async (jobs) =>
    jobs.map(({ token }) => {
      return { token, native: '', elements: [], refused: { reason: words, again: 'never' as const } };
    });
  const handOver = new HandOver({
    run,
    folder: '/runs/r1',
    backend,
    guard: ':',
    clock: () => 0,
    doubtSeconds: 0,
    state: () => state,
    record,
    recordAhead: record,
    bear: (question) => question(),
  });
  const submits = () =>
    decide(state, { takes: 'arrays' }, 0, { drain: false }).filter((action) => action.do === 'submit');
  const before = submits();
  record(before.map(({ array, indices }) => ({ kind: 'elements-submitting', run, array, indices })));
  const error = await handOver.submit(before).then(
    () => undefined,
    (thrown: Error) => thrown.message,
  );
  return { count: before.length, error, state: state.tasks.get('a:1'), after: submits(), said };
}

describe('an array that the batch system refuses for ever', () => {
  it('ends the driver where its tasks were never tried: the request is wrong', async () => {
    const { count, error, state } = await refused([], 1);
    expect(count).toBe(1);
    expect(error).toContain(words);
    expect(state?.state).toBe('waiting');
  });

  it('fails its tasks as stuck where it was to try them again, and the run goes on without', async () => {
    const { count, error, state, after, said } = await refused([...failed, again], 2);
    expect(count).toBe(1);
    expect(error).toBeUndefined();
    expect(state).toMatchObject({ state: 'failed', attempt: 2, last: { why: 'stuck', attempt: 2 } });
    expect(after).toEqual([]);
    expect(said).toEqual([`the batch system refuses to try it again after [node]: ${words}`]);
  });
});
