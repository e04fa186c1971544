import {
  type Resources,
  type RunId,
  type TaskId,
  type TaskOutcome,
  type TaskState,
  taskId,
} from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { searchTask } from '../project/find.ts';
import { runKey } from './runs.ts';

/** One try of a task, with what is known of it. Null means not recorded. Times in ms UTC by the node's clock. */
export interface AttemptRow {
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
  readonly state: TaskState;
  /** How it was submitted: the array's name and the element in it. */
  readonly array: string | null;
  readonly index: number | null;
  readonly host: string | null;
  readonly job: string | null;
  readonly gpus: string | null;
  readonly command: string | null;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly outcome: TaskOutcome | null;
  readonly exit: number | null;
  readonly signal: number | null;
  readonly peakKb: number | null;
  readonly contentKey: string | null;
  readonly why: string | null;
  readonly message: string | null;
  readonly note: string | null;
  /** What the batch system said of its element, and its name for the node. */
  readonly batchRow: string | null;
  readonly node: string | null;
  /** What its element asked for, for all its tasks. */
  readonly asked: Resources | null;
  /** Tasks of that element. */
  readonly together: number;
}

export interface AttemptDetail extends AttemptRow, RanIn {
  readonly inputs: readonly UsedFile[];
  /** What it made itself; copies made for cached tasks are not among them. */
  readonly outputs: readonly MadeFile[];
}

/** The image in which an attempt ran, as its record tells it. Null on the host, and while it has not ended. */
export interface RanIn {
  /** sha256 of the image's file. */
  readonly container: string | null;
  /** What ran it, by its own words for its version. */
  readonly runtime: string | null;
}

export interface FileRow {
  /** What `traceUp` takes. */
  readonly location: number;
  readonly site: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number | null;
  readonly inode: string | null;
  readonly state: 'present' | 'missing' | 'superseded';
}

export interface UsedFile extends FileRow {
  readonly role: string;
  readonly n: number;
}

export interface MadeFile extends FileRow {
  readonly role: string;
}

export type RawAttempt = Omit<AttemptRow, 'task' | 'asked'> & {
  readonly asked: string | null;
  readonly id: number;
  readonly step: string;
  readonly ordinal: number;
};

export const attemptColumns = `attempt.id, run.name as run, step.name as step, task.ordinal,
  attempt.number as attempt, attempt.state, array.name as "array", attempt.idx as "index", attempt.host, attempt.job,
  attempt.gpus, attempt.command, attempt.started_ms as startedMs, attempt.ended_ms as endedMs, attempt.outcome,
  attempt.exit, attempt.signal, attempt.peak_kb as peakKb, attempt.content_key as contentKey, attempt.why,
  attempt.message, attempt.note, attempt.batch_row as batchRow, attempt.node, array.resources as asked,
  (select count(*) from attempt other where other.array = attempt.array and other.idx = attempt.idx) as together`;

export const attemptTables = `attempt join task on task.id = attempt.task join step on step.id = task.step
  join run on run.id = step.run left join array on array.id = attempt.array`;

export function attempts(store: Store, name: RunId, id: TaskId): readonly AttemptDetail[] {
  const found = searchTask(store, runKey(store, name), id);
  const sql = `select ${attemptColumns} from ${attemptTables} where attempt.task = ? and attempt.state <> 'waiting' order by attempt.number`;
  return store.all<RawAttempt>(sql, found?.id ?? 0).map((raw) => detail(store, raw));
}

export function detail(store: Store, raw: RawAttempt): AttemptDetail {
  const { id } = raw;
  const files = { inputs: inputsOf(store, id), outputs: outputsOf(store, id) };
  return { ...rawToAttempt(raw), ...ranIn(store, id), ...files };
}

/** Read from the event that ended it, which is the last that changed it. */
function ranIn(store: Store, attempt: number): RanIn {
  const started = '$.evidence.started';
  const sql = `select nullif(json_extract(body, '${started}.container'), '') as container,
      nullif(json_extract(body, '${started}.runtime'), '') as runtime
    from attempt join events on events.seq = attempt.seq where attempt.id = ?`;
  return store.one<RanIn>(sql, attempt) ?? { container: null, runtime: null };
}

export function rawToAttempt({ id: _, step, ordinal, asked, ...rest }: RawAttempt): AttemptRow {
  return { ...rest, asked: asked === null ? null : JSON.parse(asked), task: taskId(step, ordinal) };
}

export const fileColumns = `location.id as location, location.site, location.path, artifact.sha256, artifact.size,
  location.mtime_ms as mtimeMs, location.inode, location.state`;

export function inputsOf(store: Store, attempt: number): readonly UsedFile[] {
  return store.all<UsedFile>(
    `select ${fileColumns}, used.role, used.n from used join location on location.id = used.location
       join artifact on artifact.id = used.artifact where used.attempt = ? order by used.role, used.n`,
    attempt,
  );
}

/** Its own, or those linked or copied for one cached task. */
export function outputsOf(
  store: Store,
  attempt: number,
  cachedTask: number | null = null,
): readonly MadeFile[] {
  return store.all<MadeFile>(
    `select ${fileColumns}, gen.role from gen join location on location.id = gen.location
       join artifact on artifact.id = location.artifact where gen.attempt = ? and gen.task is ?
      order by gen.role, location.path`,
    attempt,
    cachedTask,
  );
}
