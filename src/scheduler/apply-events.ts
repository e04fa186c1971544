import {
  type ArraySubmitted,
  type LedgerEvent,
  mayFollow,
  type TaskId,
  type TaskState,
} from '../model/index.ts';
import {
  type ArrayStatus,
  arrayStatus,
  type ElementStatus,
  type RunState,
  type TaskStatus,
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
  for (const { event, atMs } of events) applyEvent(tasks, arrays, event, atMs);
  return { tasks, arrays };
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

type Tasks = Map<TaskId, TaskStatus>;
type Arrays = Map<string, ArrayStatus>;

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
      move(tasks, event.task, stateOf[event.kind], event.attempt);
      return;
    case 'task-cached':
      move(tasks, event.task, 'cached');
      return;
    case 'tasks-reset':
      for (const task of event.tasks) settle(tasks, task);
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
function move(tasks: Tasks, id: TaskId, to: TaskState, attempt?: number): void {
  const task = tasks.get(id);
  if (task === undefined || !mayFollow(task.state, to)) return;
  if (attempt !== undefined && attempt < task.attempt) return;
  tasks.set(id, { ...task, state: to, attempt: attempt ?? task.attempt });
}

/** Back to waiting: what its attempts so far left behind no longer counts. */
function settle(tasks: Tasks, id: TaskId): void {
  move(tasks, id, 'waiting');
  const task = tasks.get(id);
  if (task !== undefined) tasks.set(id, { ...task, settled: task.attempt });
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
