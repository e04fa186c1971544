import { type KeyParts, type PlannedStep, type SourcedValue, taskId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import {
  type AttemptRow,
  attemptColumns,
  attemptTables,
  type FileRow,
  fileColumns,
  type RawAttempt,
  rawToAttempt,
} from './attempts.ts';
import { paramSet } from './params.ts';
import { keyParts } from './reuse.ts';

/** A graph of files and the attempts between them. */
export interface Lineage {
  readonly files: readonly LineageFile[];
  readonly attempts: readonly LineageAttempt[];
}

export interface LineageFile extends FileRow {
  /** `id` of its maker among `attempts`; null for raw data and whatever else nobody in this ledger made. */
  readonly madeBy: number | null;
  readonly role: string | null;
  /** Only the content says who made it: the file itself was put there by hand. */
  readonly byContent: boolean;
}

export interface LineageAttempt extends AttemptRow {
  readonly id: number;
  readonly label: string;
  readonly workflow: string;
  readonly version: string;
  readonly step: PlannedStep;
  readonly values: Readonly<Record<string, SourcedValue>>;
  readonly keyParts: KeyParts | undefined;
  /** `location` of each file it read. */
  readonly inputs: readonly { readonly role: string; readonly n: number; readonly location: number }[];
}

const upward = `with recursive up (location) as (
  values (cast(? as integer))
  union
  select used.location from up
    join maker on maker.location = up.location
    join used on used.attempt = maker.attempt)`;

/** Upstream of one file; the file asked for comes first. */
export function traceUp(store: Store, location: number): Lineage {
  const files = store.all<RawFile>(
    `${upward} select ${fileColumns}, maker.attempt as madeBy, maker.role, maker.by_content
       from up join location on location.id = up.location join artifact on artifact.id = location.artifact
       left join maker on maker.location = up.location
      order by location.id <> ?, location.id`,
    location,
    location,
  );
  const makers = new Set(files.flatMap(({ madeBy }) => (madeBy === null ? [] : [madeBy])));
  return { files: files.map(rawToFile), attempts: [...makers].map((id) => lineageAttempt(store, id)) };
}

/** A file that came of a content, and who made it. */
export interface ImpactFile extends FileRow {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly role: string;
}

/** Downstream of a content wherever it was read, the copies of results included. */
export function impact(store: Store, sha256: string): readonly ImpactFile[] {
  const rows = store.all<
    FileRow & { run: string; step: string; ordinal: number; attempt: number; role: string }
  >(
    `with recursive bad (location) as (
       select location.id from location join artifact on artifact.id = location.artifact where artifact.sha256 = ?
       union
       select maker.location from bad
         join used on used.location = bad.location
         join maker on maker.attempt = used.attempt)
     select ${fileColumns}, run.name as run, step.name as step, task.ordinal, attempt.number as attempt, maker.role
       from bad join location on location.id = bad.location join artifact on artifact.id = location.artifact
       join maker on maker.location = bad.location join attempt on attempt.id = maker.attempt
       join task on task.id = attempt.task join step on step.id = task.step join run on run.id = step.run
      where artifact.sha256 <> ? order by location.id`,
    sha256,
    sha256,
  );
  return rows.map(({ step, ordinal, ...row }) => ({ ...row, task: taskId(step, ordinal) }));
}

type RawFile = Omit<LineageFile, 'byContent'> & { readonly by_content: number | null };

function rawToFile({ by_content, ...file }: RawFile): LineageFile {
  return { ...file, byContent: by_content === 1 };
}

type RawLineage = RawAttempt & {
  readonly label: string;
  readonly workflow: string;
  readonly version: string;
  readonly body: string;
  readonly param_set: number;
  readonly static_key: string;
};

function lineageAttempt(store: Store, id: number): LineageAttempt {
  const rows = store.all<RawLineage>(
    `select ${attemptColumns}, task.label, run.workflow, run.version, step.body, task.param_set, key_part.static_key
       from ${attemptTables} join key_part on key_part.id = task.key where attempt.id = ?`,
    id,
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`attempt ${id} has vanished`);
  const { label, workflow, version, body, param_set, static_key, ...raw } = row;
  const step: PlannedStep = JSON.parse(body);
  const inputs = store.all<LineageAttempt['inputs'][number]>(
    'select role, n, location from used where attempt = ? order by role, n',
    id,
  );
  const values = paramSet(store, param_set);
  return {
    ...rawToAttempt(raw),
    id,
    label,
    workflow,
    version,
    step,
    values,
    inputs,
    keyParts: keyParts(store, static_key),
  };
}
