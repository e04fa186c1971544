import { isGood, isTerminal, type LedgerEvent, type RunId, type Task, type TaskId } from '../model/index.ts';
import type { RunState, TaskStatus } from './run-state.ts';

/**
 * Groups that were skipped only because of tasks whose step lets the run go on: once all that they need has ended they are made
 * from what there is. A task whose only input is missing stays skipped.
 *
 * @param goesOn whether a step lets what is made of many of its results do without some
 */
export function decideWithout(
  state: RunState,
  run: RunId,
  task: (id: TaskId) => Task | undefined,
  goesOn: (step: string) => boolean,
): readonly LedgerEvent[] {
  const why = 'it goes on without what failed';
  return [...state.tasks.values()].flatMap((status): LedgerEvent[] => {
    const planned = task(status.id);
    if (status.state !== 'skipped' || planned === undefined) return [];
    const missing = missingNeeds(status, state);
    const may = missing.length > 0 && missing.every((need) => goesOn(stepOf(need, state)));
    if (!may || !isEnoughLeft(planned, new Set([...missing, ...(status.without ?? [])]))) return [];
    return [{ kind: 'tasks-reset', run, tasks: [status.id], why, without: missing }];
  });
}

/** The reason for which a group is made again. */
export const cameAfter = 'what it did without is there now';

/** Good tasks made without something that is there now. */
export function completable({ tasks }: RunState): readonly TaskId[] {
  const good = (id: TaskId): boolean => isGood(tasks.get(id)?.state ?? 'waiting');
  return [...tasks.values()]
    .filter(({ id, without }) => without !== undefined && good(id) && without.some(good))
    .map(({ id }) => id);
}

/** What it needs and cannot have; nothing as long as some of it may still come. */
function missingNeeds({ needs, without = [] }: TaskStatus, state: RunState): readonly TaskId[] {
  const open = needs.some((need) => !isTerminal(state.tasks.get(need)?.state ?? 'waiting'));
  return open
    ? []
    : needs.filter((need) => !isGood(state.tasks.get(need)?.state ?? 'waiting') && !without.includes(need));
}

/** A task that was skipped itself passes on the word of the step that failed before it. */
function stepOf(need: TaskId, state: RunState): string {
  const status = state.tasks.get(need);
  if (status?.state !== 'skipped') return status?.step ?? '';
  const cause = missingNeeds(status, state)[0];
  return cause === undefined ? status.step : stepOf(cause, state);
}

/** Each role from which something is taken has something left. */
function isEnoughLeft({ inputs }: Task, missing: ReadonlySet<TaskId>): boolean {
  const taken = inputs.filter(({ from }) => from.kind === 'task' && missing.has(from.task));
  return taken.every(({ role }) =>
    inputs.some(
      (input) => input.role === role && !(input.from.kind === 'task' && missing.has(input.from.task)),
    ),
  );
}
