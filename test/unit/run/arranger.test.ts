import { expect, test } from 'vitest';
import type { JobArray, TaskId } from '../../../src/model/index.ts';
import { Arranger } from '../../../src/run/drive/arranger.ts';
import type { DriveContext } from '../../../src/run/drive/drive-context.ts';
import { LiveRun } from '../../../src/run/drive/live-run.ts';
import { initialState } from '../../../src/scheduler/index.ts';
import { newLedger, startRun, succeeded } from '../provenance/story.ts';

/** `deskew:1` and, behind it, `deconvolve:1`; both were handed over. What is arranged from then on is counted. */
function arranging() {
  const ledger = newLedger();
  const plan = startRun(ledger, 'r1', ['a']);
  const live = new LiveRun(
    { run: 'r1', ledger, clock: () => 0, onChange: () => undefined },
    initialState(plan),
  );
  const arranged: TaskId[][] = [];
  const context: Pick<DriveContext, 'run' | 'plan' | 'policy' | 'retry' | 'arrange'> = {
    run: 'r1',
    plan,
    policy: { onFailure: () => undefined, retriesStuck: () => false, failures: 100, patienceMs: 0 },
    retry: { run: 'r1', steps: plan.steps, task: () => undefined, fits: () => true, most: () => undefined },
    arrange: async (tasks) => {
      arranged.push(tasks.map(({ id }) => id));
      const attempt = arranged.length;
      return tasks.map(({ id, resources }): JobArray => {
        const elements = [{ index: 0, tasks: [{ task: id, attempt }] }];
        return { id: `${id}.${attempt}`, run: 'r1', resources, elements, after: [] };
      });
    },
  };
  return { live, arranged, arranger: new Arranger(context, live) };
}

test('a task that began before what it needs goes into another array only when that is there', async () => {
  const { live, arranged, arranger } = arranging();
  await arranger.arrangeHomeless();
  expect(arranged).toEqual([['deskew:1', 'deconvolve:1']]);
  for (const array of ['deskew:1.1', 'deconvolve:1.1'])
    live.record([
      { kind: 'elements-submitting', run: 'r1', array, indices: [0] },
      {
        kind: 'array-submitted',
        run: 'r1',
        array,
        native: '',
        elements: [{ index: 0, native: `${array}_0` }],
      },
    ]);
  live.record([{ kind: 'tasks-reset', run: 'r1', tasks: ['deconvolve:1'], why: 'too early' }]);
  live.mark({ ended: [{ array: 'deconvolve:1.1', index: 0 }], stuck: undefined });
  for (const _ of [1, 2, 3, 4]) await arranger.arrangeHomeless();
  expect(arranged.slice(1).flat()).toEqual([]);
  expect(live.state.tasks.get('deconvolve:1')?.state).toBe('waiting');
  live.record([succeeded('r1', 'deskew:1')]);
  await arranger.arrangeHomeless();
  expect(arranged.at(-1)).toEqual(['deconvolve:1']);
});
