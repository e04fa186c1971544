import {
  type DriverAttached,
  type DriverDetached,
  EspalierError,
  type KeyParts,
  type PlannedStep,
  parseTaskId,
  type RunFinished,
  type RunPlanned,
  type Task,
} from '../../model/index.ts';
import { readBlob } from '../blobs.ts';
import type { Store } from '../file/store.ts';
import { namesOfOutputs, openPlan, type SharedKey } from '../read-plan.ts';
import type { At } from './at.ts';
import { findRun } from './find.ts';
import { internCommon, internKey, internValues, remember, rememberObject } from './intern.ts';

/** The run with its steps and tasks, read from the plan's blob a line at a time. */
export function projectRunPlanned(store: Store, event: RunPlanned, at: At): void {
  const run = insertRun(store, event, at);
  const plan = openPlan(readBlob(store, event.planSha256));
  const steps = new Map(
    plan.header.steps.map((step, position) => [step.name, insertStep(store, run, step, position)]),
  );
  const describe = keyWriter(store);
  // Before the tasks, although they stand behind them: a row written once is cheaper than one written and changed.
  const told = new Map<string, number>();
  for (const { staticKey, parts } of plan.keys())
    told.set(staticKey, describe(staticKey, parts, parts.outputs));
  const values = remember((text) => internValues(store, text));
  const valuesOf = rememberObject((each: Task['values']) => values(JSON.stringify(each)));
  for (const { task, key: parts } of plan.tasks()) {
    const key =
      parts === undefined
        ? (told.get(task.staticKey) ?? internKey(store, task.staticKey))
        : describe(task.staticKey, parts, namesOfOutputs(task));
    insertTask(store, steps.get(task.step), task, { key, values: valuesOf(task.values) }, at.seq);
  }
}

export function projectDriver(store: Store, event: DriverAttached | DriverDetached, at: At): void {
  const run = findRun(store, event.run).id;
  if (event.kind === 'driver-attached') {
    store.run(
      `update run set epoch = ?, driver_host = ?, driver_pid = ?, driver_since_ms = ?, detached_ms = null,
        detached_why = null where id = ? and epoch <= ?`,
      ...[event.epoch, event.host, event.pid, at.atMs, run, event.epoch],
    );
  } else {
    const sql = 'update run set detached_ms = ?, detached_why = ? where id = ? and epoch = ?';
    store.run(sql, at.atMs, event.why, run, event.epoch);
  }
}

export function projectRunFinished(store: Store, event: RunFinished, at: At): void {
  store.run('update run set finished_ms = ? where id = ?', at.atMs, findRun(store, event.run).id);
}

function insertRun(store: Store, event: RunPlanned, at: At): number {
  return store.run(
    `insert into run (name, workflow, workflow_file, workflow_sha256, plan_sha256, site, folder, data_folder, user,
       host, version, arguments, acknowledged, param_set, planned_ms, planned_seq)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[event.run, event.workflow, event.workflowFile, event.workflowSha256, event.planSha256, event.site],
    ...[event.folder, event.dataFolder, event.user, event.host, event.version],
    ...[JSON.stringify(event.arguments), JSON.stringify(event.acknowledged)],
    ...[internValues(store, JSON.stringify(event.parameters)), at.atMs, at.seq],
  );
}

function insertStep(store: Store, run: number, step: PlannedStep, position: number): number {
  const sql = 'insert into step (run, position, name, body) values (?, ?, ?, ?)';
  return store.run(sql, run, position, step.name, JSON.stringify(step));
}

function insertTask(
  store: Store,
  step: number | undefined,
  task: Task,
  known: { readonly key: number; readonly values: number },
  seq: number,
): void {
  const id = parseTaskId(task.id);
  if (step === undefined || id?.step !== task.step) throw misplaced(task);
  store.run(
    `insert into task (step, ordinal, label, state, key, plan_key, param_set, seq)
     values (?, ?, ?, 'waiting', ?, ?, ?, ?)`,
    ...[step, id.ordinal, task.label, known.key, task.planKey, known.values, seq],
  );
}

type DescribeKey = (staticKey: string, parts: SharedKey | KeyParts, outputs: KeyParts['outputs']) => number;

/** Writes the rows of static keys: what the tasks of a step share once, and for each its own. */
function keyWriter(store: Store): DescribeKey {
  const common = remember((parts) => internCommon(store, parts));
  const sharedOf = rememberObject(({ command, tool, cacheVersion, container, environment }: SharedKey) =>
    common(JSON.stringify({ command, tool, cacheVersion, container, environment })),
  );
  return (staticKey, parts, outputs) => {
    const own: Pick<KeyParts, 'values' | 'outputs'> = { values: parts.values, outputs };
    const made = store.one<{ id: number }>(
      `insert into key_part (static_key, common, own) values (?, ?, ?)
         on conflict do update set common = excluded.common, own = excluded.own where common is null returning id`,
      ...[staticKey, sharedOf(parts), JSON.stringify(own)],
    );
    return made?.id ?? internKey(store, staticKey);
  };
}

/** Every later event would miss a task that is not numbered in its step. */
function misplaced(task: Task): EspalierError {
  return new EspalierError(
    'ledger-plan',
    `the plan has a task \`${task.id}\` in a step \`${task.step}\` that cannot hold it`,
    { fault: 'ledger', hint: 'This is a defect of espalier: please report it with the workflow.' },
  );
}
