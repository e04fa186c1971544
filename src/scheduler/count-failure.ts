import type { LedgerEvent, TaskId } from '../model/index.ts';
import type { RunState } from './run-state.ts';

interface Counted {
  readonly seen: Set<TaskId>;
  readonly streak: Set<TaskId>;
}

/**
 * Takes one more fact into the failures that count. A person who has a run go on has looked at those before; what a rule tries again is
 * not yet a failure of the site. `tasks`: as they are after the fact, so that a late failure is not counted.
 */
export function countFailure({ seen, streak }: Counted, event: LedgerEvent, tasks: RunState['tasks']): void {
  switch (event.kind) {
    case 'task-succeeded':
      streak.clear();
      return;
    case 'task-failed':
    case 'task-lost': {
      const now = tasks.get(event.task)?.state;
      if (event.why === 'preempted' || (now !== 'failed' && now !== 'lost')) return;
      seen.add(event.task);
      streak.add(event.task);
      return;
    }
    case 'tasks-reset':
      if (event.byPerson) seen.clear();
      if (event.byPerson) streak.clear();
      else if (event.retry !== undefined) for (const task of event.tasks) streak.delete(task);
      return;
    default:
      return;
  }
}
