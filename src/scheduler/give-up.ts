import { type ArrayId, isTerminal, type TaskId } from '../model/index.ts';
import { type ArrayStatus, type ElementStatus, mayCount, type RunState } from './run-state.ts';

/** Elements that are ended because they can never begin, or what is left when nothing of the run can go on. */
export type GiveUp =
  | {
      readonly do: 'give-up';
      readonly elements: readonly { readonly array: ArrayId; readonly index: number; readonly why: string }[];
    }
  | { readonly do: 'leave'; readonly why: string };

/** `patienceMs`: for so long it must be seen to be stuck; some causes are mended by the site. `retries`: whether a step tries it otherwise. */
export interface Patience {
  readonly patienceMs: number;
  readonly retries: (step: string) => boolean;
}

/**
 * A run never waits for ever in silence. What can never begin is ended where its step has another try for it, or as soon as
 * nothing else goes on. What is held is a person's to let go: where only that is left, the run is left.
 */
export function giveUp(state: RunState, nowMs: number, { patienceMs, retries }: Patience): readonly GiveUp[] {
  const stuck = [...state.arrays.values()].flatMap((array) =>
    array.elements.flatMap((element) => (element.stuck === undefined ? [] : [{ array, element }])),
  );
  if (stuck.length === 0) return [];
  const ripe = stuck.filter(({ element }) => nowMs - (element.stuck?.sinceMs ?? nowMs) >= patienceMs);
  const alone = !goesOn(state);
  const hopeless = ripe.filter(
    ({ element }) =>
      element.stuck?.until === 'never' &&
      (alone || element.tasks.some(({ task }) => retries(state.tasks.get(task)?.step ?? ''))),
  );
  if (hopeless.length > 0) return [{ do: 'give-up', elements: hopeless.map(toGiveUp) }];
  return alone && ripe.length === stuck.length
    ? [{ do: 'leave', why: ripe[0]?.element.stuck?.why ?? '' }]
    : [];
}

function toGiveUp({ array, element }: { readonly array: ArrayStatus; readonly element: ElementStatus }) {
  const { index, stuck } = element;
  return { array: array.id, index, why: stuck?.why ?? '' };
}

/** Whether any element runs, or waits for something that does not itself wait for what is stuck. */
function goesOn(state: RunState): boolean {
  const blocked = new Set<TaskId>();
  const blockedArrays = new Set<ArrayId>();
  // Arrays come after those that they wait for, and tasks of an element after what they need.
  for (const { id, elements, after } of state.arrays.values()) {
    const behind = after.some(({ array, how }) => how === 'all' && blockedArrays.has(array));
    for (const element of elements) {
      if (element.status === 'ended') continue;
      const open = element.tasks.filter(({ task, attempt }) => isOpen(state, task, attempt));
      if (open.length === 0) continue;
      const waits = open.every(({ task }) => state.tasks.get(task)?.state !== 'running');
      const needs = open.flatMap(({ task }) => state.tasks.get(task)?.needs ?? []);
      const isBlocked =
        element.stuck !== undefined || (waits && (behind || needs.some((need) => blocked.has(need))));
      if (!isBlocked) return true;
      blockedArrays.add(id);
      for (const { task } of open) blocked.add(task);
    }
  }
  return false;
}

function isOpen(state: RunState, id: TaskId, attempt: number): boolean {
  const task = state.tasks.get(id);
  return task !== undefined && mayCount(task, attempt) && !isTerminal(task.state);
}
