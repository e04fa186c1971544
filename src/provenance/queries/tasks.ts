import {
  EspalierError,
  parseTaskId,
  type RunId,
  type SourcedValue,
  type TaskId,
  type TaskState,
  taskId,
} from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { paramSet } from './params.ts';
import { runKey } from './runs.ts';

/** A task as the ledger knows it. Null means there is none. */
export interface TaskRow {
  readonly task: TaskId;
  readonly step: string;
  readonly ordinal: number;
  readonly label: string;
  readonly state: TaskState;
  /** Number of its latest attempt; 0 for none. */
  readonly attempt: number;
  readonly staticKey: string;
  readonly planKey: string;
  readonly why: string | null;
  readonly message: string | null;
  /** The attempt that serves, when it is cached. */
  readonly cachedFrom: AttemptRef | null;
  /** The event that changed it last. */
  readonly seq: number;
}

export interface AttemptRef {
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
}

/** A task with its tool's values. */
export interface TaskDetail extends TaskRow {
  readonly values: Readonly<Record<string, SourcedValue>>;
}

export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly step?: string;
  /** Begin after this task. */
  readonly after?: TaskId;
  readonly limit?: number;
  /** Only those that an event after this one changed. */
  readonly changedAfter?: number;
}

interface RawTask {
  readonly step: string;
  readonly ordinal: number;
  readonly label: string;
  readonly state: TaskState;
  readonly attempt: number;
  readonly static_key: string;
  readonly plan_key: string;
  readonly why: string | null;
  readonly message: string | null;
  readonly seq: number;
  readonly param_set: number;
  readonly from_run: string | null;
  readonly from_step: string | null;
  readonly from_ordinal: number | null;
  readonly from_number: number | null;
}

const columns = `step.name as step, task.ordinal, task.label, task.state, task.attempt, key_part.static_key,
  task.plan_key, task.why, task.message, task.seq, task.param_set, from_run.name as from_run,
  from_step.name as from_step, from_task.ordinal as from_ordinal, from_attempt.number as from_number`;

const tables = `step join task on task.step = step.id join key_part on key_part.id = task.key
  left join attempt as from_attempt on from_attempt.id = task.cached_from
  left join task as from_task on from_task.id = from_attempt.task
  left join step as from_step on from_step.id = from_task.step
  left join run as from_run on from_run.id = from_step.run`;

export function tasks(store: Store, name: RunId, filter: TaskFilter): readonly TaskRow[] {
  const run = runKey(store, name);
  const after = filter.after === undefined ? undefined : parseTaskId(filter.after);
  const states = filter.states ?? [];
  const among = states.length === 0 ? '' : `and task.state in (${states.map(() => '?').join(', ')})`;
  const rows = store.all<RawTask>(
    `select ${columns} from ${tables}
      where step.run = ? and (? is null or step.name = ?) and task.seq > ? ${among}
        and (? is null or (step.position, task.ordinal) >
             ((select position from step as s where s.run = ? and s.name = ?), ?))
      order by step.position, task.ordinal limit ?`,
    ...[run, filter.step ?? null, filter.step ?? null, filter.changedAfter ?? -1, ...states],
    ...[after?.step ?? null, run, after?.step ?? null, after?.ordinal ?? 0, filter.limit ?? -1],
  );
  return rows.map(rawToTask);
}

export function task(store: Store, name: RunId, ref: string): TaskDetail | undefined {
  const run = runKey(store, name);
  const id = parseTaskId(ref);
  const byId = id && search(store, run, 'step.name = ? and task.ordinal = ?', id.step, id.ordinal)[0];
  if (byId !== undefined) return detail(store, byId);
  const [first, ...others] = search(store, run, 'task.label = ?', ref);
  if (first === undefined) return undefined;
  if (others.length > 0) throw whichTask(ref, [first, ...others]);
  return detail(store, first);
}

function search(
  store: Store,
  run: number,
  where: string,
  ...values: readonly (string | number)[]
): RawTask[] {
  const sql = `select ${columns} from ${tables} where step.run = ? and ${where} order by step.position limit 20`;
  return store.all<RawTask>(sql, run, ...values);
}

function detail(store: Store, raw: RawTask): TaskDetail {
  return { ...rawToTask(raw), values: paramSet(store, raw.param_set) };
}

function rawToTask(raw: RawTask): TaskRow {
  return {
    task: taskId(raw.step, raw.ordinal),
    step: raw.step,
    ordinal: raw.ordinal,
    label: raw.label,
    state: raw.state,
    attempt: raw.attempt,
    staticKey: raw.static_key,
    planKey: raw.plan_key,
    why: raw.why,
    message: raw.message,
    cachedFrom: rawToRef(raw),
    seq: raw.seq,
  };
}

function rawToRef(raw: RawTask): AttemptRef | null {
  if (raw.from_run === null || raw.from_step === null) return null;
  const task = taskId(raw.from_step, raw.from_ordinal ?? 0);
  return { run: raw.from_run, task, attempt: raw.from_number ?? 0 };
}

function whichTask(ref: string, rows: readonly RawTask[]): EspalierError {
  const ids = rows.slice(0, 8).map(({ step, ordinal }) => `\`${taskId(step, ordinal)}\``);
  return new EspalierError('ledger-which-task', `\`${ref}\` is the label of ${rows.length} tasks`, {
    hint: `Name one of them: ${ids.join(', ')}.`,
  });
}
