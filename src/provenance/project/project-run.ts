import {
  type DriverAttached,
  type DriverDetached,
  EspalierError,
  type KeyParts,
  type Plan,
  type PlannedStep,
  parseTaskId,
  type RunFinished,
  type RunPlanned,
  type Task,
} from '../../model/index.ts';
import { readBlob } from '../blobs.ts';
import type { Store } from '../file/store.ts';
import { isKeyLine, type KeyLine, keyLines, planLines } from '../plan-text.ts';
import type { At } from './at.ts';
import { findRun } from './find.ts';
import { internCommon, internKey, internValues, type Remembered, remember } from './intern.ts';

/** The run with its steps and tasks, read from the plan's blob a line at a time. */
export function projectRunPlanned(store: Store, event: RunPlanned, at: At): void {
  const run = insertRun(store, event, at);
  const text = readBlob(store, event.planSha256);
  const lines = planLines(text);
  const first = lines.next();
  const header: Omit<Plan, 'tasks'> = JSON.parse(first.done ? '{"steps":[]}' : first.value);
  const steps = new Map(
    header.steps.map((step, position) => [step.name, insertStep(store, run, step, position)]),
  );
  const keys = describeKeys(store, text);
  // Tasks repeat their values a hundred thousand times: each text is looked up once.
  const values = remember((value) => internValues(store, value));
  for (const line of lines) {
    if (isKeyLine(line)) return;
    const task: Task = JSON.parse(line);
    const key = keys.get(task.staticKey) ?? internKey(store, task.staticKey);
    insertTask(
      store,
      steps.get(task.step),
      task,
      { key, values: values(JSON.stringify(task.values)) },
      at.seq,
    );
  }
}

/**
 * The rows of static keys. Before the tasks, although they stand behind them: a row written once is cheaper than one written and
 * changed.
 */
function describeKeys(store: Store, text: Uint8Array): ReadonlyMap<string, number> {
  const common = remember((parts) => internCommon(store, parts));
  const ids = new Map<string, number>();
  for (const line of planLines(keyLines(text))) {
    const key: KeyLine = JSON.parse(line);
    ids.set(key.staticKey, describeKey(store, key, common));
  }
  return ids;
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

function describeKey(store: Store, { staticKey, parts }: KeyLine, common: Remembered): number {
  const { values, outputs, ...shared } = parts;
  const own: Pick<KeyParts, 'values' | 'outputs'> = { values, outputs };
  const made = store.one<{ id: number }>(
    `insert into key_part (static_key, common, own) values (?, ?, ?)
       on conflict do update set common = excluded.common, own = excluded.own where common is null returning id`,
    ...[staticKey, common(JSON.stringify(shared)), JSON.stringify(own)],
  );
  return made?.id ?? internKey(store, staticKey);
}

/** Every later event would miss a task that is not numbered in its step. */
function misplaced(task: Task): EspalierError {
  return new EspalierError(
    'ledger-plan',
    `the plan has a task \`${task.id}\` in a step \`${task.step}\` that cannot hold it`,
    { fault: 'ledger', hint: 'This is a defect of espalier: please report it with the workflow.' },
  );
}
