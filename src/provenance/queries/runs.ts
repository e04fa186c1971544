import {
  type DerivedState,
  deriveState,
  EspalierError,
  type RunId,
  type SourcedValue,
  type StateCounts,
} from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { countStates } from './count-states.ts';
import { paramSet } from './params.ts';

/** A run as the ledger knows it. Null means not recorded. Times in ms UTC. */
export interface RunRow {
  readonly run: RunId;
  readonly workflow: string;
  readonly workflowFile: string;
  readonly workflowSha256: string;
  readonly planSha256: string;
  readonly site: string;
  readonly folder: string;
  readonly dataFolder: string;
  readonly user: string;
  readonly host: string;
  readonly version: string;
  readonly arguments: readonly string[];
  readonly acknowledged: readonly string[];
  readonly parameters: Readonly<Record<string, SourcedValue>>;
  readonly plannedMs: number;
  readonly finishedMs: number | null;
  readonly driver: Driver | null;
  readonly counts: StateCounts;
  /** Derived from the counts. */
  readonly state: DerivedState;
}

export interface Driver {
  readonly epoch: number;
  readonly host: string;
  readonly pid: number;
  readonly sinceMs: number;
  /** Null while it drives, or if it died. */
  readonly detachedMs: number | null;
  readonly detachedWhy: 'finished' | 'interrupted' | 'failed' | null;
}

interface Row {
  readonly id: number;
  readonly name: string;
  readonly workflow: string;
  readonly workflow_file: string;
  readonly workflow_sha256: string;
  readonly plan_sha256: string;
  readonly site: string;
  readonly folder: string;
  readonly data_folder: string;
  readonly user: string;
  readonly host: string;
  readonly version: string;
  readonly arguments: string;
  readonly acknowledged: string;
  readonly param_set: number;
  readonly planned_ms: number;
  readonly finished_ms: number | null;
  readonly epoch: number;
  readonly driver_host: string | null;
  readonly driver_pid: number | null;
  readonly driver_since_ms: number | null;
  readonly detached_ms: number | null;
  readonly detached_why: 'finished' | 'interrupted' | 'failed' | null;
}

export function runs(store: Store): readonly RunRow[] {
  return store.all<Row>('select * from run order by id desc').map((row) => rowToRun(store, row));
}

export function latestRun(store: Store): RunRow | undefined {
  const row = store.one<Row>('select * from run order by id desc limit 1');
  return row && rowToRun(store, row);
}

export function run(store: Store, idOrPrefix: string): RunRow {
  const exact = store.one<Row>('select * from run where name = ?', idOrPrefix);
  if (exact !== undefined) return rowToRun(store, exact);
  const sql = 'select * from run where substr(name, 1, length(?)) = ? order by id desc';
  const [first, ...others] = store.all<Row>(sql, idOrPrefix, idOrPrefix);
  if (first === undefined || idOrPrefix === '') throw noRun(store, idOrPrefix);
  if (others.length > 0) throw whichRun(idOrPrefix, [first, ...others]);
  return rowToRun(store, first);
}

/** The row of a run that must be there; its id inside the file. */
export function runKey(store: Store, name: RunId): number {
  const row = store.one<{ id: number }>('select id from run where name = ?', name);
  if (row === undefined) throw noRun(store, name);
  return row.id;
}

function rowToRun(store: Store, row: Row): RunRow {
  const steps = store.all<{ id: number }>('select id from step where run = ?', row.id);
  const counts = countStates(
    store,
    steps.map(({ id }) => id),
  );
  return {
    run: row.name,
    workflow: row.workflow,
    workflowFile: row.workflow_file,
    workflowSha256: row.workflow_sha256,
    planSha256: row.plan_sha256,
    site: row.site,
    folder: row.folder,
    dataFolder: row.data_folder,
    user: row.user,
    host: row.host,
    version: row.version,
    arguments: JSON.parse(row.arguments),
    acknowledged: JSON.parse(row.acknowledged),
    parameters: paramSet(store, row.param_set),
    plannedMs: row.planned_ms,
    finishedMs: row.finished_ms,
    driver: rowToDriver(row),
    counts,
    state: deriveState(counts),
  };
}

function rowToDriver(row: Row): Driver | null {
  if (row.driver_host === null) return null;
  return {
    epoch: row.epoch,
    host: row.driver_host,
    pid: row.driver_pid ?? 0,
    sinceMs: row.driver_since_ms ?? 0,
    detachedMs: row.detached_ms,
    detachedWhy: row.detached_why,
  };
}

function noRun(store: Store, asked: string): EspalierError {
  const rows = store.all<{ name: string }>('select name from run order by id desc limit 3');
  const latest = rows.map(({ name }) => `\`${name}\``).join(', ');
  const hint =
    latest === '' ? 'No run was recorded yet.' : `The latest are ${latest}; \`espalier runs\` lists all.`;
  return new EspalierError('ledger-no-run', `there is no run \`${asked}\` in the ledger`, { hint });
}

function whichRun(asked: string, rows: readonly Row[]): EspalierError {
  const names = rows.slice(0, 5).map(({ name }) => `\`${name}\``);
  return new EspalierError('ledger-which-run', `\`${asked}\` may mean ${rows.length} runs`, {
    hint: `Write more of it: ${names.join(', ')}${rows.length > 5 ? ', …' : ''}.`,
  });
}
