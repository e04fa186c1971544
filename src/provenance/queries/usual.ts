import type { Store } from '../file/store.ts';

/** How long a task of this step usually took, in seconds: the median of its latest fifty good attempts, in any run. */
export function usualSeconds(store: Store, workflow: string, step: string): number | undefined {
  const rows = store.all<{ ms: number }>(
    `select attempt.ended_ms - attempt.started_ms as ms from attempt join task on task.id = attempt.task
       join step on step.id = task.step join run on run.id = step.run
      where run.workflow = ? and step.name = ? and attempt.state = 'succeeded' and attempt.ended_ms is not null
      order by attempt.id desc limit 50`,
    workflow,
    step,
  );
  const sorted = rows.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return median === undefined ? undefined : median / 1000;
}
