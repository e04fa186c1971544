import type {
  ArrayId,
  ArrayPacked,
  ArraySubmitted,
  ElementsSubmitting,
  SubmissionFailed,
  TasksReset,
  TasksStarted,
} from '../../model/index.ts';
import { parseTaskId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import type { At } from './at.ts';
import { type FoundRun, findRun, findStep, findTask } from './find.ts';
import { remember } from './intern.ts';
import { ensureAttempt, mayBecome, moveAttempt, moveTask } from './move.ts';

/** Tasks are packed: the array, its elements, and a place in it for an attempt of each of their tasks. */
export function projectArrayPacked(store: Store, event: ArrayPacked, at: At): void {
  const run = findRun(store, event.run);
  const array = store.run(
    `insert into array (run, name, state, resources, submitting_ms) values (?, ?, 'submitting', ?, ?)`,
    ...[run.id, event.array, JSON.stringify(event.resources), at.atMs],
  );
  const real = event.elements.flatMap((element, index) => (element.length === 0 ? [] : [index]));
  store.run(
    `insert into element (array, idx, state) select ?, value, 'packed' from json_each(?)`,
    array,
    JSON.stringify(real),
  );
  placeAttempts(store, run, event, { array, seq: at.seq });
}

/** One statement for all: this stands between a person's command and the submission, ten thousand times over. */
function placeAttempts(
  store: Store,
  run: FoundRun,
  { elements }: ArrayPacked,
  { array, seq }: { readonly array: number; readonly seq: number },
): void {
  const steps = remember((name) => findStep(store, run, name));
  const places = elements.flatMap((element, index) =>
    element.map(({ task: name, attempt }, position) => {
      const task = parseTaskId(name);
      return [steps(task?.step ?? ''), task?.ordinal ?? 0, attempt, index, position];
    }),
  );
  // The tasks wait on: packing is no handing over. An attempt that has come further keeps the place where it did.
  const placed = store.change(
    `insert into attempt (task, number, state, array, idx, position, seq)
       select task.id, place.value ->> 2, 'waiting', ?, place.value ->> 3, place.value ->> 4, ?
         from json_each(?) as place cross join task
           on task.step = place.value ->> 0 and task.ordinal = place.value ->> 1 where true
       on conflict (task, number) do update set array = excluded.array, idx = excluded.idx,
         position = excluded.position, seq = excluded.seq where state = 'waiting'`,
    ...[array, seq, JSON.stringify(places)],
  );
  if (placed === places.length) return;
  for (const element of elements) for (const { task } of element) findTask(store, run, task);
}

/** The intent for some elements, also for those that were refused before. */
export function projectElementsSubmitting(store: Store, event: ElementsSubmitting, at: At): void {
  const array = findArray(store, findRun(store, event.run), event.array);
  if (array === undefined) return;
  if (event.indices.length > 1 && event.indices.length === elementsOf(store, array).length) {
    const all = `update element set state = 'submitting' where array = ? and state <> 'submitted'`;
    const changed = store.change(all, array);
    // All at once where all are handed over: one statement for an array of a thousand.
    if (changed === event.indices.length) {
      moveElement(store, { array }, 'submitting', at.seq);
      return;
    }
  }
  for (const index of event.indices) {
    const sql = `update element set state = 'submitting' where array = ? and idx = ? and state <> 'submitted'`;
    if (store.change(sql, array, index) > 0) moveElement(store, { array, index }, 'submitting', at.seq);
  }
}

/** The answer. It may come after a refusal: a lost answer is found again by the array's token. */
export function projectArraySubmitted(store: Store, event: ArraySubmitted, at: At): void {
  const array = findArray(store, findRun(store, event.run), event.array);
  if (array === undefined) return;
  store.run(
    `update array set state = 'submitted', native = coalesce(native, ?), reason = null,
       submitted_ms = coalesce(submitted_ms, ?) where id = ?`,
    ...[event.native, at.atMs, array],
  );
  for (const { index, native } of event.elements) {
    const sql = `update element set state = 'submitted', native = ? where array = ? and idx = ?`;
    store.run(sql, native, array, index);
    moveElement(store, { array, index }, 'queued', at.seq);
  }
  if (event.elements.length > 0) return;
  const sql = `update element set state = 'submitted', native = coalesce(replace(?, '{}', idx), native) where array = ?`;
  store.run(sql, event.pattern ?? null, array);
  moveElement(store, { array }, 'queued', at.seq);
}

/** Back to waiting: only what was being handed over, since nothing else is known to have failed. */
export function projectSubmissionFailed(store: Store, event: SubmissionFailed, at: At): void {
  const array = findArray(store, findRun(store, event.run), event.array);
  if (array === undefined) return;
  const sql = `update array set state = 'refused', reason = ? where id = ? and state = 'submitting'`;
  store.run(sql, event.reason, array);
  const indices = event.indices ?? elementsOf(store, array);
  for (const index of indices) {
    const refuse = `update element set state = 'refused' where array = ? and idx = ? and state <> 'submitted'`;
    if (store.change(refuse, array, index) === 0) continue;
    moveElement(store, { array, index }, 'waiting', at.seq, { why: 'submission', message: event.reason });
  }
}

/** Moves the tasks of an element, or of a whole array, whose latest attempt is the one it runs. */
function moveElement(
  store: Store,
  where: { readonly array: number; readonly index?: number },
  to: 'submitting' | 'queued' | 'waiting',
  seq: number,
  reason: { readonly why?: string; readonly message?: string } = {},
): void {
  // What is handed over goes back only from there: a task that runs is not undone by a refusal.
  const from = to === 'waiting' ? `state = 'submitting'` : mayBecome(to);
  const index = where.index ?? -1;
  const values = [to, reason.why ?? null, reason.message ?? null, seq, where.array, index, index];
  store.run(
    `update task set attempt = attempt.number, state = ?, why = ?, message = ?, seq = ?
       from attempt where attempt.array = ? and (attempt.idx = ? or ? < 0)
        and attempt.task = task.id and attempt.number >= task.attempt
        and task.${from} and attempt.${from}`,
    ...values,
  );
  store.run(
    `update attempt set state = ?, why = ?, message = ?, seq = ?
      where array = ? and (idx = ? or ? < 0) and ${from}`,
    ...values,
  );
}

function elementsOf(store: Store, array: number): readonly number[] {
  return store.all<{ idx: number }>('select idx from element where array = ?', array).map(({ idx }) => idx);
}

export function projectTasksStarted(store: Store, event: TasksStarted, at: At): void {
  const run = findRun(store, event.run);
  for (const started of event.tasks) {
    const task = findTask(store, run, started.task).id;
    const attempt = ensureAttempt(store, task, started.attempt, at.seq);
    if (!moveAttempt(store, attempt, 'running', at.seq)) continue;
    const sql = 'update attempt set started_ms = ?, host = ? where id = ?';
    store.run(sql, Math.floor(started.at * 1000), started.host, attempt);
    moveTask(store, task, 'running', { attempt: started.attempt, seq: at.seq });
  }
}

/** Back to waiting. An attempt that had begun is lost to us; one that had not never came to run. */
export function projectTasksReset(store: Store, event: TasksReset, at: At): void {
  const run = findRun(store, event.run);
  store.run('update run set finished_ms = null where id = ?', run.id);
  for (const name of event.tasks) {
    const { id, attempt } = findTask(store, run, name);
    if (!moveTask(store, id, 'waiting', { attempt, seq: at.seq, why: 'reset', message: event.why })) continue;
    store.run(
      `update attempt set state = case state when 'running' then 'lost' else 'waiting' end, seq = ?
        where task = ? and number = ? and state in ('submitting', 'queued', 'running')`,
      ...[at.seq, id, attempt],
    );
  }
}

function findArray(store: Store, run: FoundRun, name: ArrayId): number | undefined {
  return store.one<{ id: number }>('select id from array where run = ? and name = ?', run.id, name)?.id;
}
