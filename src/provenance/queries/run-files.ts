import { type Origin, type RunId, type Scalar, type TaskId, taskId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { type FileRow, fileColumns } from './attempts.ts';
import { runKey } from './runs.ts';

/** A file that a run read and nobody in this ledger made. */
export interface RunInput extends FileRow {
  readonly role: string;
  /** By how many attempts it was read. */
  readonly uses: number;
}

/** A result of a run that is still what lies at its path, or was last. */
export interface RunOutput extends FileRow {
  readonly task: TaskId;
  readonly step: string;
  readonly label: string;
  readonly role: string;
  /** An earlier attempt made it. */
  readonly cached: boolean;
}

export interface StepValue {
  readonly step: string;
  readonly name: string;
  readonly value: Scalar;
  readonly origin: Origin;
  readonly source: string;
  /** How many of the step's tasks have it. */
  readonly tasks: number;
}

/** Raw data and calibrations, also what cached tasks read when they were made. In the order of their paths. */
export function runInputs(store: Store, name: RunId): readonly RunInput[] {
  return store.all<RunInput>(
    `select ${fileColumns}, min(used.role) as role, count(*) as uses
       from step join task on task.step = step.id
       join attempt on attempt.id = task.cached_from or (attempt.task = task.id and attempt.state = 'succeeded')
       join used on used.attempt = attempt.id join location on location.id = used.location
       join artifact on artifact.id = location.artifact
      where step.run = ? and not exists (select 1 from gen where gen.location = location.id)
      group by location.id order by location.path`,
    runKey(store, name),
  );
}

/** In the order of the plan. A cached task whose result was not copied shows the original. */
export function runOutputs(store: Store, name: RunId): readonly RunOutput[] {
  const run = runKey(store, name);
  const rows = store.all<
    FileRow & { step: string; ordinal: number; label: string; role: string; cached: number }
  >(
    `with made (task, location, role) as (
       select task.id, gen.location, gen.role from step join task on task.step = step.id
         join attempt on attempt.task = task.id join gen on gen.attempt = attempt.id and gen.task is null
        where step.run = ? and task.state = 'succeeded'
       union all
       select task.id, gen.location, gen.role from step join task on task.step = step.id
         join gen on gen.attempt = task.cached_from and (gen.task = task.id or (gen.task is null and not exists
           (select 1 from gen as copy where copy.attempt = task.cached_from and copy.task = task.id)))
        where step.run = ? and task.state = 'cached')
     select ${fileColumns}, made.role, step.name as step, task.ordinal, task.label,
            task.cached_from is not null as cached
       from made join task on task.id = made.task join step on step.id = task.step
       join location on location.id = made.location join artifact on artifact.id = location.artifact
      where location.state <> 'superseded'
      order by step.position, task.ordinal, made.role, location.id`,
    run,
    run,
  );
  return rows.map(({ ordinal, cached, ...row }) => ({
    ...row,
    task: taskId(row.step, ordinal),
    cached: cached === 1,
  }));
}

/** The machines on which its attempts ran. */
export function runHosts(store: Store, name: RunId): readonly string[] {
  const rows = store.all<{ host: string }>(
    `select distinct attempt.host from step join task on task.step = step.id join attempt on attempt.task = task.id
      where step.run = ? and attempt.host is not null order by attempt.host`,
    runKey(store, name),
  );
  return rows.map(({ host }) => host);
}

/** Every value that a step's tasks got, with how many got it. */
export function stepValues(store: Store, name: RunId): readonly StepValue[] {
  const rows = store.all<Omit<StepValue, 'value'> & { value: string }>(
    `select step.name as step, param.name, param.value, param.origin, param.source, count(*) as tasks
       from step join task on task.step = step.id join param on param.param_set = task.param_set
      where step.run = ? group by step.id, param.name, param.value, param.origin, param.source
      order by step.position, param.name, tasks desc`,
    runKey(store, name),
  );
  return rows.map((row) => ({ ...row, value: JSON.parse(row.value) }));
}
