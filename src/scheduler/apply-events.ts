import {
  type ArraySubmitted,
  type LedgerEvent,
  mayFollow,
  type PackedTask,
  type TaskEndedBadly,
  type TaskId,
  type TaskState,
} from '../model/index.ts';
import { countFailure } from './count-failure.ts';
import { type Arrays, resetTasks, type Tasks } from './reset-tasks.ts';
import {
  type ArrayStatus,
  arrayStatus,
  type ElementStatus,
  mayCount,
  noFailures,
  type RunState,
  type StuckSince,
} from './run-state.ts';

/** A fact, and when the ledger took it (milliseconds UTC). */
export interface DatedEvent {
  readonly event: LedgerEvent;
  readonly atMs: number;
}

/** The state after these facts. Facts that may not follow what is known (late, repeated) change nothing. */
export function applyEvents(state: RunState, events: readonly DatedEvent[]): RunState {
  const tasks = new Map(state.tasks);
  const arrays = new Map(state.arrays);
  const { seen, streak } = state.failures ?? noFailures;
  const failures = { seen: new Set(seen), streak: new Set(streak) };
  for (const { event, atMs } of events) {
    applyEvent(tasks, arrays, event, atMs);
    countFailure(failures, event, tasks);
  }
  return { tasks, arrays, failures };
}

/** Elements seen to have ended. Not a fact of the ledger: it follows from records and listings, and is seen again. */
export function markEnded(
  state: RunState,
  ended: readonly { readonly array: string; readonly index: number }[],
): RunState {
  const arrays = new Map(state.arrays);
  for (const { array, index } of ended) changeElements(arrays, array, [index], () => ({ status: 'ended' }));
  return { ...state, arrays };
}

/** What the batch system says by now of elements that will not begin as they stand, by native id; others wait or run. */
export function markStuck(
  state: RunState,
  stuck: ReadonlyMap<string, Pick<StuckSince, 'until' | 'why'>>,
  nowMs: number,
): RunState {
  const isNews = ({ elements }: ArrayStatus): boolean =>
    elements.some((each) => each.stuck !== undefined || (each.status === 'sent' && stuck.has(each.native)));
  const arrays = [...state.arrays].map(([id, array]) => {
    if (!isNews(array)) return [id, array] as const;
    const elements = array.elements.map(({ stuck: before, ...element }) => {
      const now = element.status === 'sent' ? stuck.get(element.native) : undefined;
      return now === undefined
        ? element
        : { ...element, stuck: { ...now, sinceMs: Math.min(before?.sinceMs ?? nowMs, nowMs) } };
    });
    return [id, { ...array, elements }] as const;
  });
  return { ...state, arrays: new Map(arrays) };
}

function applyEvent(tasks: Tasks, arrays: Arrays, event: LedgerEvent, atMs: number): void {
  switch (event.kind) {
    case 'array-packed':
      arrays.set(
        event.array,
        arrayStatus({
          id: event.array,
          run: event.run,
          resources: event.resources,
          after: event.after ?? [],
          elements: event.elements.map((list, index) => ({ index, tasks: list })),
        }),
      );
      for (const packed of event.elements.flat()) adjust(tasks, packed);
      return;
    case 'elements-submitting':
      changeElements(arrays, event.array, event.indices, () => ({ status: 'doubtful' }));
      eachTaskOf(arrays, event.array, event.indices, (task, attempt) =>
        move(tasks, task, 'submitting', attempt),
      );
      return;
    case 'array-submitted': {
      const natives = nativesOf(event, arrays.get(event.array));
      const indices = [...natives.keys()];
      setNative(arrays, event.array, event.native);
      changeElements(arrays, event.array, indices, ({ index }) => ({
        status: 'sent',
        sentMs: atMs,
        native: natives.get(index) ?? '',
      }));
      eachTaskOf(arrays, event.array, indices, (task, attempt) => move(tasks, task, 'queued', attempt));
      return;
    }
    case 'submission-failed': {
      const real = arrays.get(event.array)?.elements.filter(({ tasks: list }) => list.length > 0);
      const indices = event.indices ?? real?.map(({ index }) => index) ?? [];
      changeElements(arrays, event.array, indices, () => ({ status: 'unsent', native: '' }));
      eachTaskOf(arrays, event.array, indices, (task) => move(tasks, task, 'waiting'));
      return;
    }
    case 'tasks-started':
      for (const { task, attempt } of event.tasks) move(tasks, task, 'running', attempt);
      return;
    case 'task-succeeded':
      move(tasks, event.task, 'succeeded', event.attempt);
      return;
    case 'task-failed':
    case 'task-skipped':
    case 'task-cancelled':
    case 'task-lost':
      if (move(tasks, event.task, stateOf[event.kind], event.attempt)) noteEnd(tasks, event);
      return;
    case 'task-cached':
      move(tasks, event.task, 'cached');
      return;
    case 'tasks-reset':
      resetTasks(tasks, arrays, event);
      return;
    default:
      return;
  }
}

/** Ids of the elements that were taken, by index. */
function nativesOf(event: ArraySubmitted, array: ArrayStatus | undefined): ReadonlyMap<number, string> {
  const { pattern } = event;
  if (pattern === undefined) return new Map(event.elements.map(({ index, native }) => [index, native]));
  const real = array?.elements.filter(({ tasks }) => tasks.length > 0) ?? [];
  return new Map(real.map(({ index }) => [index, pattern.replace('{}', String(index))]));
}

function setNative(arrays: Arrays, id: string, native: string): void {
  const array = arrays.get(id);
  if (array !== undefined) arrays.set(id, { ...array, native });
}

const stateOf = {
  'task-failed': 'failed',
  'task-skipped': 'skipped',
  'task-cancelled': 'cancelled',
  'task-lost': 'lost',
} as const;

/** An observation of an earlier attempt than the latest known one is late: a no-op. */
function move(tasks: Tasks, id: TaskId, to: TaskState, attempt?: number): boolean {
  const task = tasks.get(id);
  if (task === undefined) return false;
  if (attempt !== undefined && attempt < task.attempt) return false;
  const isLater = attempt !== undefined && attempt > task.attempt;
  // What another driver has sent is known all at once, several attempts of a task included.
  if (!mayFollow(task.state, to) && !(to === 'submitting' && to === task.state && isLater)) return false;
  tasks.set(id, { ...task, state: to, attempt: attempt ?? task.attempt });
  return true;
}

function noteEnd(tasks: Tasks, { kind: how, task: id, why, batch }: TaskEndedBadly): void {
  const task = tasks.get(id);
  if (task === undefined || how === 'task-skipped' || why === 'upstream') return;
  const end = { why, ...(batch?.node !== undefined && { node: batch.node }) };
  const last = { attempt: task.attempt, how, why };
  tasks.set(id, { ...task, last, ends: [...(task.ends ?? []), end] });
}

/** Another driver had it packed so; in a ledger that was there, the event before has said it already. */
function adjust(tasks: Tasks, { task: id, attempt, ask, without }: PackedTask): void {
  const task = tasks.get(id);
  if (task === undefined || !mayCount(task, attempt)) return;
  if (ask === undefined && without === undefined) return;
  tasks.set(id, { ...task, ...(ask && { ask }), ...(without && { without }) });
}

function changeElements(
  arrays: Arrays,
  id: string,
  indices: readonly number[],
  change: (element: ElementStatus) => Partial<ElementStatus>,
): void {
  const array = arrays.get(id);
  if (array === undefined) return;
  const wanted = new Set(indices);
  const elements = array.elements.map((element) =>
    wanted.has(element.index) ? { ...element, ...change(element) } : element,
  );
  arrays.set(id, { ...array, elements });
}

function eachTaskOf(
  arrays: Arrays,
  id: string,
  indices: readonly number[],
  visit: (task: TaskId, attempt: number) => void,
): void {
  const wanted = new Set(indices);
  for (const element of arrays.get(id)?.elements ?? []) {
    if (!wanted.has(element.index)) continue;
    for (const { task, attempt } of element.tasks) visit(task, attempt);
  }
}
