import { type ArrayId, isTerminal, type TaskId } from '../model/index.ts';
import { type ArrayStatus, type ElementStatus, mayCount, type RunState } from './run-state.ts';

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
        if (mayCount(state.tasks.get(task), attempt)) places.set(task, { array: id, index });
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
        if (mayCount(state.tasks.get(task), attempt)) homeless.delete(task);
      }
    }
  }
  return homeless;
}

export interface Place {
  readonly array: ArrayId;
  readonly status: ElementStatus['status'];
}

/** Tells where tasks lie; works it out at the first question, which most runs never ask. */
export type Places = (task: TaskId) => Place | undefined;

/** Where each task without an end runs, or is to run. */
export function placesOf(state: RunState): Places {
  let known: ReadonlyMap<TaskId, Place> | undefined;
  return (task) => {
    known ??= findPlaces(state);
    return known.get(task);
  };
}

function findPlaces(state: RunState): ReadonlyMap<TaskId, Place> {
  const places = new Map<TaskId, Place>();
  for (const array of state.arrays.values()) {
    for (const { status, tasks } of array.elements) {
      if (status === 'ended') continue;
      for (const { task: id, attempt } of tasks) {
        const task = state.tasks.get(id);
        if (task !== undefined && !isTerminal(task.state) && mayCount(task, attempt))
          places.set(id, { array: array.id, status });
      }
    }
  }
  return places;
}

/**
 * The arrays that these elements have to wait for now, whatever was known when they were packed: a task that was tried again is in
 * another array than then. True where all that they need of one has been handed over.
 */
export function arraysNeeded(
  array: ArrayStatus,
  indices: readonly number[],
  state: RunState,
  places: Places,
): ReadonlyMap<ArrayId, boolean> {
  const wanted = new Set(indices);
  const needed = new Map<ArrayId, boolean>();
  for (const { index, tasks } of array.elements) {
    if (!wanted.has(index)) continue;
    for (const { task } of tasks) {
      for (const need of state.tasks.get(task)?.needs ?? []) {
        const place = places(need);
        if (place === undefined || place.array === array.id) continue;
        needed.set(place.array, (needed.get(place.array) ?? true) && place.status === 'sent');
      }
    }
  }
  return needed;
}
