import { createHash } from 'node:crypto';
import type {
  DriverAttached,
  DriverDetached,
  KeyParts,
  Plan,
  PlannedStep,
  RunFinished,
  RunPlanned,
  SourcedValue,
  Task,
} from '../../model/index.ts';
import { readBlob } from '../blobs.ts';
import type { Store } from '../file/store.ts';
import { type KeyLine, planLines } from '../plan-text.ts';
import { findRun } from './find.ts';
import type { At } from './project.ts';

/** The run with its steps and tasks, read from the plan's blob a line at a time. */
export function projectRunPlanned(store: Store, event: RunPlanned, at: At): void {
  const run = insertRun(store, event, at);
  const lines = planLines(readBlob(store, event.planSha256));
  const first = lines.next();
  const header: Omit<Plan, 'tasks'> = JSON.parse(first.done ? '{"steps":[]}' : first.value);
  const steps = new Map(
    header.steps.map((step, position) => [step.name, insertStep(store, run, step, position)]),
  );
  const ordinals = new Map<string, number>();
  for (const line of lines) {
    const value: Task | KeyLine = JSON.parse(line);
    if ('parts' in value) describeKey(store, value);
    else insertTask(store, steps.get(value.step) ?? 0, value, nextOrdinal(ordinals, value), at.seq);
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
    ...[internValues(store, event.parameters), at.atMs, at.seq],
  );
}

function insertStep(store: Store, run: number, step: PlannedStep, position: number): number {
  const sql = 'insert into step (run, position, name, body) values (?, ?, ?, ?)';
  return store.run(sql, run, position, step.name, JSON.stringify(step));
}

function insertTask(store: Store, step: number, task: Task, ordinal: number, seq: number): void {
  store.run(
    `insert into task (step, ordinal, label, state, key, plan_key, param_set, seq)
     values (?, ?, ?, 'waiting', ?, ?, ?, ?)`,
    ...[step, ordinal, task.label, internKey(store, task.staticKey), task.planKey],
    ...[internValues(store, task.values), seq],
  );
}

/** The id says it; a plan that were numbered otherwise would make every later event miss its task. */
function nextOrdinal(ordinals: Map<string, number>, task: Task): number {
  const said = Number(task.id.slice(task.step.length + 1));
  const ordinal = Number.isInteger(said) && said > 0 ? said : (ordinals.get(task.step) ?? 0) + 1;
  ordinals.set(task.step, ordinal);
  return ordinal;
}

function internKey(store: Store, staticKey: string): number {
  const known = store.one<{ id: number }>('select id from key_part where static_key = ?', staticKey);
  return known?.id ?? store.run('insert into key_part (static_key) values (?)', staticKey);
}

function describeKey(store: Store, { staticKey, parts }: KeyLine): void {
  const { values, outputs, ...common } = parts;
  const own: Pick<KeyParts, 'values' | 'outputs'> = { values, outputs };
  const sql = 'update key_part set common = ?, own = ? where static_key = ? and common is null';
  store.run(sql, internCommon(store, JSON.stringify(common)), JSON.stringify(own), staticKey);
}

function internCommon(store: Store, parts: string): number {
  const sha256 = hashText(parts);
  const known = store.one<{ id: number }>('select id from key_common where sha256 = ?', sha256);
  return known?.id ?? store.run('insert into key_common (sha256, parts) values (?, ?)', sha256, parts);
}

function internValues(store: Store, values: Readonly<Record<string, SourcedValue>>): number {
  const sha256 = hashText(JSON.stringify(values));
  const known = store.one<{ id: number }>('select id from param_set where sha256 = ?', sha256);
  if (known !== undefined) return known.id;
  const id = store.run('insert into param_set (sha256) values (?)', sha256);
  const sql = 'insert into param (param_set, name, value, origin, source) values (?, ?, ?, ?, ?)';
  for (const [name, { value, origin, source }] of Object.entries(values)) {
    store.run(sql, id, name, JSON.stringify(value), origin, source);
  }
  return id;
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
