import { type ArrayId, isGood, isTerminal, type Resources, type TaskId } from '../model/index.ts';
import type { ArrayStatus, ElementStatus, RunState } from './run-state.ts';

/** What to do next. */
export type Action =
  | { readonly do: 'submit'; readonly array: ArrayId; readonly indices: readonly number[] }
  | { readonly do: 'find'; readonly array: ArrayId; readonly indices: readonly number[] }
  | { readonly do: 'skip'; readonly task: TaskId; readonly because: TaskId }
  | { readonly do: 'kill'; readonly array: ArrayId; readonly index: number; readonly why: string }
  | { readonly do: 'finish' };

/** What one machine has for the elements that run on it. memory in bytes. */
export interface Capacity {
  readonly cpus: number;
  readonly gpus: number;
  readonly memory: number;
}

/** A person's wish that nothing new be begun. */
export interface Wishes {
  readonly drain: boolean;
}

/**
 * The next actions of a site that starts elements one by one within its capacity. Ready elements start in order; one that
 * does not fit does not hold up a later one that does.
 */
export function decide(
  state: RunState,
  capacity: Capacity,
  nowMs: number,
  wishes: Wishes,
): readonly Action[] {
  const actions: Action[] = [...doubts(state), ...skips(state), ...overTime(state, nowMs)];
  if (!wishes.drain) actions.push(...starts(state, capacity));
  if ([...state.tasks.values()].every((task) => isTerminal(task.state))) actions.push({ do: 'finish' });
  return actions;
}

/** After any doubt the token is searched before anything is submitted again. */
function doubts(state: RunState): readonly Action[] {
  return [...state.arrays.values()].flatMap((array) => {
    const indices = array.elements
      .filter((element) => element.status === 'doubtful')
      .map(({ index }) => index);
    return indices.length === 0 ? [] : [{ do: 'find' as const, array: array.id, indices }];
  });
}

/** A waiting task one of whose inputs can no longer be made. */
function skips(state: RunState): readonly Action[] {
  const actions: Action[] = [];
  for (const task of state.tasks.values()) {
    if (task.state !== 'waiting') continue;
    const because = task.needs.find((need) => {
      const producer = state.tasks.get(need);
      return producer !== undefined && isTerminal(producer.state) && !isGood(producer.state);
    });
    if (because !== undefined) actions.push({ do: 'skip', task: task.id, because });
  }
  return actions;
}

/** Batch systems end what runs over its limit; so does a site without one. */
function overTime(state: RunState, nowMs: number): readonly Action[] {
  return eachElement(state)
    .filter(
      ({ array, element }) =>
        element.status === 'sent' && nowMs - element.sentMs > array.resources.time * 1000,
    )
    .map(({ array, element }) => ({
      do: 'kill' as const,
      array: array.id,
      index: element.index,
      why: `it ran longer than the ${array.resources.time} s it asked for`,
    }));
}

function starts(state: RunState, capacity: Capacity): readonly Action[] {
  const free = { ...capacity };
  for (const { array, element } of eachElement(state)) {
    if (element.status === 'sent' || element.status === 'doubtful') take(free, array.resources);
  }
  const byArray = new Map<ArrayId, number[]>();
  for (const { array, element } of eachElement(state)) {
    if (element.status !== 'unsent' || !isReady(element, state) || !fits(free, array.resources)) continue;
    take(free, array.resources);
    byArray.set(array.id, [...(byArray.get(array.id) ?? []), element.index]);
  }
  return [...byArray].map(([array, indices]) => ({ do: 'submit', array, indices }));
}

/** It has a task to do, and whatever it needs from outside itself has ended (well or not: the wrapper tells them apart). */
function isReady(element: ElementStatus, state: RunState): boolean {
  const own = new Set(element.tasks.map(({ task }) => task));
  let anyToDo = false;
  for (const id of own) {
    const task = state.tasks.get(id);
    if (task === undefined || task.state !== 'waiting') continue;
    anyToDo = true;
    const outside = task.needs.filter((need) => !own.has(need));
    if (!outside.every((need) => isTerminal(state.tasks.get(need)?.state ?? 'waiting'))) return false;
  }
  return anyToDo;
}

function fits(free: Capacity, wanted: Resources): boolean {
  return wanted.cpus <= free.cpus && wanted.gpus <= free.gpus && wanted.memory <= free.memory;
}

function take(free: { cpus: number; gpus: number; memory: number }, wanted: Resources): void {
  free.cpus -= wanted.cpus;
  free.gpus -= wanted.gpus;
  free.memory -= wanted.memory;
}

function eachElement(
  state: RunState,
): readonly { readonly array: ArrayStatus; readonly element: ElementStatus }[] {
  return [...state.arrays.values()].flatMap((array) => array.elements.map((element) => ({ array, element })));
}
