import {
  type ArrayId,
  isGood,
  isTerminal,
  type Resources,
  type TaskId,
  type TaskState,
} from '../model/index.ts';
import { type GiveUp, giveUp } from './give-up.ts';
import { arraysNeeded, type PlacedElement, placesOf } from './placement.ts';
import { type Policy, patient, type Stop, stops } from './policy.ts';
import { type ArrayStatus, type ElementStatus, mayCount, type RunState } from './run-state.ts';

/** What to do next. */
export type Action =
  | { readonly do: 'submit'; readonly array: ArrayId; readonly indices: readonly number[] }
  | { readonly do: 'find'; readonly array: ArrayId; readonly indices: readonly number[] }
  | { readonly do: 'skip'; readonly task: TaskId; readonly because: TaskId }
  | {
      readonly do: 'kill';
      readonly array: ArrayId;
      readonly index: number;
      readonly how: 'end' | 'kill';
      readonly why: string;
    }
  | GiveUp
  | Stop
  | { readonly do: 'finish' };

/** What one machine has for the elements that run on it. memory in bytes. */
export interface Capacity {
  readonly cpus: number;
  readonly gpus: number;
  readonly memory: number;
}

/** Milliseconds UTC. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How a site takes work, and how much. */
export type SiteRule =
  | {
      readonly takes: 'elements';
      readonly capacity: Capacity;
      /** It is the machine that follows the run: while that stands still, so does what runs. */
      readonly isHere?: boolean;
      /** When that was. */
      readonly stoodStill?: readonly Span[];
    }
  /** `submitted`: elements that may be queued or running at once; absent: no limit known. */
  | { readonly takes: 'arrays'; readonly submitted?: number };

/** A person's wish that nothing new be begun. */
export interface Wishes {
  readonly drain: boolean;
}

/**
 * The next actions. A site that takes elements starts them in order, within its capacity, as they become ready; one that does
 * not fit does not hold up a later one that does. A batch system gets whole arrays at once and minds order and time itself.
 */
export function decide(
  state: RunState,
  rule: SiteRule,
  nowMs: number,
  wishes: Wishes,
  policy: Policy = patient,
): readonly Action[] {
  const stop = stops(state, policy);
  if (stop !== undefined && !wishes.drain) return [...doubts(state), stop];
  const skipped = skips(state);
  const hopeless = new Set(skipped.map(({ task }) => task));
  const actions: Action[] = [...doubts(state), ...skipped];
  if (rule.takes === 'elements') actions.push(...overTime(state, nowMs, rule.stoodStill ?? []));
  if (!wishes.drain) {
    const { patienceMs, retriesStuck: retries } = policy;
    actions.push(
      ...giveUp(state, nowMs, { patienceMs, retries }),
      ...(rule.takes === 'elements'
        ? starts(state, rule.capacity, hopeless)
        : wholeArrays(state, rule.submitted ?? Number.POSITIVE_INFINITY, hopeless)),
    );
  }
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

/** Waiting tasks one of whose inputs can no longer be made, and those that wait for them in turn. */
export function skips(state: RunState): readonly Extract<Action, { do: 'skip' }>[] {
  const actions: Extract<Action, { do: 'skip' }>[] = [];
  const skipped = new Set<TaskId>();
  for (const task of state.tasks.values()) {
    if (task.state !== 'waiting') continue;
    const because = task.needs.find(
      (need) =>
        !task.without?.includes(need) && (skipped.has(need) || isHopeless(state.tasks.get(need)?.state)),
    );
    if (because === undefined) continue;
    // A plan lists tasks after what they need, so that one pass finds them all.
    skipped.add(task.id);
    actions.push({ do: 'skip', task: task.id, because });
  }
  return actions;
}

function isHopeless(state: TaskState | undefined): boolean {
  return state !== undefined && isTerminal(state) && !isGood(state);
}

/** What does not end when it is told to is ended, after as long as Slurm waits by default (KillWait). */
const patienceMs = 30_000;

/** Batch systems end what runs over its limit; so does a site without one, which counts only while it was awake. */
function overTime(state: RunState, nowMs: number, still: readonly Span[]): readonly Action[] {
  const over = ({ array, element }: PlacedElement): number =>
    awakeMs({ fromMs: element.sentMs, untilMs: nowMs }, still) - array.resources.time * 1000;
  return eachElement(state)
    .filter((each) => each.element.status === 'sent' && over(each) > 0)
    .map(({ array, element }) => ({
      do: 'kill' as const,
      array: array.id,
      index: element.index,
      how: over({ array, element }) > patienceMs ? ('kill' as const) : ('end' as const),
      why: `it ran longer than the ${array.resources.time} s it asked for`,
    }));
}

function awakeMs({ fromMs, untilMs }: Span, still: readonly Span[]): number {
  return still.reduce(
    (left, each) => left - Math.max(0, Math.min(untilMs, each.untilMs) - Math.max(fromMs, each.fromMs)),
    untilMs - fromMs,
  );
}

function starts(state: RunState, capacity: Capacity, skipped: ReadonlySet<TaskId>): readonly Action[] {
  const free = { ...capacity };
  for (const { array, element } of eachElement(state)) {
    if (isThere(element)) take(free, array.resources);
  }
  const byArray = new Map<ArrayId, number[]>();
  for (const { array, element } of eachElement(state)) {
    if (element.status !== 'unsent' || !fits(free, array.resources) || !isReady(element, state, skipped))
      continue;
    take(free, array.resources);
    const chosen = byArray.get(array.id);
    if (chosen === undefined) byArray.set(array.id, [element.index]);
    else chosen.push(element.index);
  }
  return [...byArray].map(([array, indices]) => ({ do: 'submit', array, indices }));
}

/**
 * Arrays as long as the limit leaves room for all of one: a batch system takes an array whole or not at all. None goes before one that
 * it waits for, and none while it is in doubt whether that one was taken.
 */
function wholeArrays(state: RunState, limit: number, skipped: ReadonlySet<TaskId>): readonly Action[] {
  const there = eachElement(state).filter(({ element }) => isThere(element)).length;
  const actions: Action[] = [];
  let room = limit - there;
  for (const { array, indices } of inOrder(state, skipped)) {
    // One that is larger than the limit would wait for ever: the batch system is to say so.
    if (indices.length > room && (there > 0 || actions.length > 0)) break;
    room -= indices.length;
    actions.push({ do: 'submit', array: array.id, indices });
  }
  return actions;
}

interface Unsent {
  readonly array: ArrayStatus;
  readonly indices: readonly number[];
}

/** What may be submitted, each after those that it waits for. */
function inOrder(state: RunState, skipped: ReadonlySet<TaskId>): readonly Unsent[] {
  const open = [...state.arrays.values()]
    .map((array) => ({ array, indices: unsentIndices(array, state, skipped) }))
    .filter(({ indices }) => indices.length > 0);
  if (open.length === 0) return [];
  const places = placesOf(state);
  const ordered = new Map<ArrayId, Unsent>();
  for (;;) {
    const next = open.find(
      ({ array, indices }) =>
        !ordered.has(array.id) &&
        [...arraysNeeded(array, indices, state, places)].every(([id, isSent]) => isSent || ordered.has(id)),
    );
    if (next === undefined) return [...ordered.values()];
    ordered.set(next.array.id, next);
  }
}

function unsentIndices(array: ArrayStatus, state: RunState, skipped: ReadonlySet<TaskId>): readonly number[] {
  return array.elements
    .filter((element) => element.status === 'unsent' && hasWork(element, state, skipped))
    .map(({ index }) => index);
}

function isThere({ status }: ElementStatus): boolean {
  return status === 'sent' || status === 'doubtful';
}

function hasWork(element: ElementStatus, state: RunState, skipped: ReadonlySet<TaskId>): boolean {
  return element.tasks.some(({ task: id, attempt }) => {
    const task = state.tasks.get(id);
    return task?.state === 'waiting' && mayCount(task, attempt) && !skipped.has(id);
  });
}

/** It has a task to do, and whatever it needs from outside itself has ended (well or not: the wrapper tells them apart). */
function isReady(element: ElementStatus, state: RunState, skipped: ReadonlySet<TaskId>): boolean {
  const own = new Set(element.tasks.map(({ task }) => task));
  let anyToDo = false;
  for (const { task: id, attempt } of element.tasks) {
    const task = state.tasks.get(id);
    // An attempt that is done with is tried again in another element, not here.
    if (task?.state !== 'waiting' || !mayCount(task, attempt) || skipped.has(id)) continue;
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

function eachElement(state: RunState): readonly PlacedElement[] {
  return [...state.arrays.values()].flatMap((array) => array.elements.map((element) => ({ array, element })));
}
