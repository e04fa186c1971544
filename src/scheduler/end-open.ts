import { isTerminal, type LedgerEvent, type RunId } from '../model/index.ts';
import type { RunState, TaskStatus } from './run-state.ts';

/**
 * How tasks are written down that are still open when nothing of the run goes on: cancelled, for `message`. One that waited to be tried
 * again has no attempt that could have been cancelled: it is what it was before.
 */
export function endOpen(state: RunState, run: RunId, message: string): readonly LedgerEvent[] {
  return [...state.tasks.values()]
    .filter((task) => !isTerminal(task.state))
    .map((task): LedgerEvent => {
      const { id, attempt } = task;
      const last = waitedAgain(task) ? task.last : undefined;
      if (last === undefined)
        return { kind: 'task-cancelled', run, task: id, attempt, why: 'cancelled', message };
      return {
        kind: last.how,
        run,
        task: id,
        attempt,
        why: last.why,
        message: `not tried again: ${message}`,
      };
    });
}

function waitedAgain({ state, attempt, settled, last }: TaskStatus): boolean {
  return state === 'waiting' && settled === attempt && last?.attempt === attempt;
}
