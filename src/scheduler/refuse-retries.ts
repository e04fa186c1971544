import type { ArrayId, LedgerEvent, RunId } from '../model/index.ts';
import type { RunState } from './run-state.ts';

/**
 * An array that the batch system will never take as it is: where it was to try tasks again, those fail as stuck, and the rest of the
 * run goes on. Nothing where none of them was tried before: then the request itself is wrong, which is for a person to hear.
 */
export function refuseRetries(
  state: RunState,
  run: RunId,
  array: ArrayId,
  reason: string,
): readonly LedgerEvent[] {
  const elements = state.arrays.get(array)?.elements ?? [];
  const waiting = elements
    .flatMap(({ tasks }) => tasks)
    .flatMap(({ task: id, attempt }) => {
      const task = state.tasks.get(id);
      return task?.state === 'waiting' && attempt > task.settled ? [task] : [];
    });
  if (!waiting.some(({ settled }) => settled > 0)) return [];
  return waiting.map(({ id: task, attempt, last }) => ({
    kind: 'task-failed' as const,
    run,
    task,
    attempt,
    why: 'stuck' as const,
    // Else what it failed by, which is what there is to mend, would stand only in the list of its attempts.
    message: `the batch system refuses to try it again${last === undefined ? '' : ` after [${last.why}]`}: ${reason}`,
  }));
}
