import {
  type ArrayId,
  type Resources,
  type RunId,
  type TaskId,
  type TaskState,
  taskId,
  taskStateNames,
  taskStates,
} from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { runKey } from './runs.ts';

/** An array with a task that has not ended. */
export interface OpenArray {
  readonly array: ArrayId;
  /** `submitted` once the batch system took any of it. */
  readonly state: 'submitting' | 'submitted' | 'refused';
  readonly native: string | null;
  readonly reason: string | null;
  readonly submittingMs: number;
  readonly submittedMs: number | null;
  readonly resources: Resources;
  readonly elements: readonly OpenElement[];
}

export interface OpenElement {
  readonly index: number;
  /** `packed`: no intent to submit it was written yet, or only with its array as a whole. */
  readonly state: 'packed' | 'submitting' | 'submitted' | 'refused';
  readonly native: string | null;
  readonly tasks: readonly { readonly task: TaskId; readonly attempt: number; readonly state: TaskState }[];
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly state: OpenArray['state'];
  readonly resources: string;
  readonly native: string | null;
  readonly reason: string | null;
  readonly submitting_ms: number;
  readonly submitted_ms: number | null;
}

/** An attempt that went back to waiting is not open: it is for another array to run. */
const open = taskStateNames
  .filter((name) => !taskStates[name].terminal && name !== 'waiting')
  .map((name) => `'${name}'`)
  .join(', ');

export function openArrays(store: Store, name: RunId): readonly OpenArray[] {
  const rows = store.all<Row>(
    `select * from array where run = ? and (
       exists (select 1 from attempt where attempt.array = array.id and attempt.state in (${open}))
       or exists (select 1 from element where element.array = array.id and element.state = 'refused'
         and exists (select 1 from attempt where attempt.array = array.id and attempt.idx = element.idx
           and attempt.state = 'waiting'))) order by id`,
    runKey(store, name),
  );
  return rows.map((row) => ({
    array: row.name,
    state: row.state,
    native: row.native,
    reason: row.reason,
    submittingMs: row.submitting_ms,
    submittedMs: row.submitted_ms,
    resources: JSON.parse(row.resources),
    elements: elementsOf(store, row.id),
  }));
}

interface ElementRow {
  readonly idx: number;
  readonly element_state: OpenElement['state'];
  readonly native: string | null;
  readonly step: string;
  readonly ordinal: number;
  readonly number: number;
  readonly state: TaskState;
}

function elementsOf(store: Store, array: number): readonly OpenElement[] {
  const rows = store.all<ElementRow>(
    `select element.idx, element.state as element_state, element.native, step.name as step, task.ordinal,
            attempt.number, attempt.state
       from element join attempt on attempt.array = element.array and attempt.idx = element.idx
       join task on task.id = attempt.task join step on step.id = task.step
      where element.array = ? order by element.idx, attempt.position`,
    array,
  );
  const elements = new Map<
    number,
    { head: Omit<OpenElement, 'tasks'>; tasks: OpenElement['tasks'][number][] }
  >();
  for (const row of rows) {
    const head = { index: row.idx, state: row.element_state, native: row.native };
    const element = elements.get(row.idx) ?? { head, tasks: [] };
    elements.set(row.idx, element);
    element.tasks.push({ task: taskId(row.step, row.ordinal), attempt: row.number, state: row.state });
  }
  return [...elements.values()].map(({ head, tasks }) => ({ ...head, tasks }));
}
