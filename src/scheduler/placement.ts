import type { ArrayId, TaskId } from '../model/index.ts';
import type { ArrayStatus, ElementStatus, RunState } from './run-state.ts';

export interface PlacedElement {
  readonly array: ArrayStatus;
  readonly element: ElementStatus;
}

/** Elements that were handed over and have not been seen to end. */
export function liveElements(state: RunState): readonly PlacedElement[] {
  return [...state.arrays.values()].flatMap((array) =>
    array.elements.filter((element) => element.status === 'sent').map((element) => ({ array, element })),
  );
}

/** Where tasks lie that an element is to run or runs: what is arranged later waits for these. */
export function livePlaces(
  state: RunState,
): ReadonlyMap<TaskId, { readonly array: ArrayId; readonly index: number }> {
  const places = new Map<TaskId, { readonly array: ArrayId; readonly index: number }>();
  for (const { id, elements } of state.arrays.values())
    for (const { index, status, tasks } of elements) {
      if (status === 'ended') continue;
      for (const { task, attempt } of tasks)
        if ((state.tasks.get(task)?.settled ?? 0) < attempt) places.set(task, { array: id, index });
    }
  return places;
}

/** Waiting tasks that are in no element which is yet to begin them: they want an array. */
export function homelessTasks(state: RunState): ReadonlySet<TaskId> {
  const homeless = new Set(
    [...state.tasks.values()].filter((task) => task.state === 'waiting').map(({ id }) => id),
  );
  for (const array of state.arrays.values()) {
    for (const element of array.elements) {
      if (element.status === 'ended') continue;
      for (const { task, attempt } of element.tasks) {
        if ((state.tasks.get(task)?.settled ?? 0) < attempt) homeless.delete(task);
      }
    }
  }
  return homeless;
}
