import { type KeyParts, type RunId, type SourcedValue, taskId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import {
  type AttemptDetail,
  attemptColumns,
  attemptTables,
  detail,
  inputsOf,
  type MadeFile,
  outputsOf,
  type RawAttempt,
  type UsedFile,
} from './attempts.ts';
import { paramSet } from './params.ts';
import type { AttemptRef } from './tasks.ts';

/** A set of outputs that may serve again. */
export interface Serving {
  /** Who made them, also where they are copies. */
  readonly from: AttemptRef;
  readonly site: string;
  readonly outputs: readonly MadeFile[];
}

export interface Candidate extends Serving {
  readonly label: string;
  readonly contentKey: string | null;
  readonly inputs: readonly UsedFile[];
}

interface ServingRow {
  readonly id: number;
  readonly cached_task: number | null;
  readonly run: RunId;
  readonly site: string;
  readonly step: string;
  readonly ordinal: number;
  readonly number: number;
}

/** The copies made for cached tasks serve as well: they may outlive the original. */
export function succeededByContentKey(store: Store, key: string): readonly Serving[] {
  const rows = store.all<ServingRow>(
    `select distinct attempt.id, gen.task as cached_task, run.name as run, run.site, step.name as step, task.ordinal,
            attempt.number
       from attempt join task on task.id = attempt.task join step on step.id = task.step
       join run on run.id = step.run join gen on gen.attempt = attempt.id
      where attempt.content_key = ? and attempt.state = 'succeeded'
      order by attempt.id desc, gen.task desc`,
    key,
  );
  return rows.map((row) => ({
    from: { run: row.run, task: taskId(row.step, row.ordinal), attempt: row.number },
    site: row.site,
    outputs: outputsOf(store, row.id, row.cached_task),
  }));
}

/** Those of these static keys for which anything has ever succeeded: only these have candidates. */
export function keysWithSuccess(store: Store, staticKeys: readonly string[]): ReadonlySet<string> {
  const rows = store.all<{ static_key: string }>(
    // One key after another: for `in` SQLite would first put ten thousand of them in order.
    `select static_key from json_each(?) as wanted cross join key_part on static_key = wanted.value
      where exists (select 1 from task
        join attempt on attempt.task = task.id where task.key = key_part.id and attempt.state = 'succeeded')`,
    JSON.stringify(staticKeys),
  );
  return new Set(rows.map((row) => row.static_key));
}

export function candidatesFor(store: Store, staticKey: string, label?: string): readonly Candidate[] {
  const rows = store.all<Omit<ServingRow, 'cached_task'> & { label: string; content_key: string | null }>(
    `select attempt.id, run.name as run, run.site, step.name as step, task.ordinal, attempt.number, task.label,
            attempt.content_key
       from key_part join task on task.key = key_part.id join attempt on attempt.task = task.id
       join step on step.id = task.step join run on run.id = step.run
      where key_part.static_key = ? and attempt.state = 'succeeded' and (? is null or task.label = ?)
      order by attempt.id desc limit 20`,
    ...[staticKey, label ?? null, label ?? null],
  );
  return rows.map((row) => ({
    from: { run: row.run, task: taskId(row.step, row.ordinal), attempt: row.number },
    site: row.site,
    label: row.label,
    contentKey: row.content_key,
    inputs: inputsOf(store, row.id),
    outputs: outputsOf(store, row.id),
  }));
}

/** An earlier attempt with all that a comparison needs. */
export interface EarlierAttempt extends AttemptDetail {
  readonly staticKey: string;
  readonly keyParts: KeyParts | undefined;
  readonly values: Readonly<Record<string, SourcedValue>>;
}

export function lastAttemptLike(
  store: Store,
  workflow: string,
  step: string,
  label: string,
  notIn?: RunId,
): EarlierAttempt | undefined {
  const row = store.one<RawAttempt & { static_key: string; param_set: number }>(
    `select ${attemptColumns}, key_part.static_key, task.param_set
       from ${attemptTables} join key_part on key_part.id = task.key
      where run.workflow = ? and step.name = ? and task.label = ? and run.name is not ?
        and attempt.state = 'succeeded'
      order by attempt.id desc limit 1`,
    ...[workflow, step, label, notIn ?? null],
  );
  if (row === undefined) return undefined;
  const { static_key: staticKey, param_set, ...raw } = row;
  const values = paramSet(store, param_set);
  return { ...detail(store, raw), staticKey, keyParts: keyParts(store, staticKey), values };
}

/** What a static key was made of; undefined where it was not recorded. */
export function keyParts(store: Store, staticKey: string): KeyParts | undefined {
  const row = store.one<{ parts: string; own: string }>(
    'select parts, own from key_part join key_common on key_common.id = key_part.common where static_key = ?',
    staticKey,
  );
  if (row === undefined) return undefined;
  const common: Omit<KeyParts, 'values' | 'outputs'> = JSON.parse(row.parts);
  const own: Pick<KeyParts, 'values' | 'outputs'> = JSON.parse(row.own);
  return { ...common, ...own };
}
