import { EspalierError, parseTaskId, type RunId, type TaskId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';

export interface FoundRun {
  readonly id: number;
  readonly site: string;
  readonly folder: string;
}

export interface FoundTask {
  readonly id: number;
  readonly attempt: number;
}

/** @throws EspalierError `ledger-unknown` */
export function findRun(store: Store, name: RunId): FoundRun {
  const row = store.one<FoundRun>('select id, site, folder from run where name = ?', name);
  if (row !== undefined) return row;
  throw unknown(`run \`${name}\``);
}

/** @throws EspalierError `ledger-unknown` */
export function findTask(store: Store, run: FoundRun, name: TaskId): FoundTask {
  const row = searchTask(store, run.id, name);
  if (row !== undefined) return row;
  throw unknown(`task \`${name}\``);
}

/** @throws EspalierError `ledger-unknown` */
export function findStep(store: Store, run: FoundRun, name: string): number {
  const row = store.one<{ id: number }>('select id from step where run = ? and name = ?', run.id, name);
  if (row !== undefined) return row.id;
  throw unknown(`step \`${name}\``);
}

export function searchTask(store: Store, run: number, name: TaskId): FoundTask | undefined {
  const parsed = parseTaskId(name);
  if (parsed === undefined) return undefined;
  return store.one<FoundTask>(
    `select task.id, task.attempt from step join task on task.step = step.id
      where step.run = ? and step.name = ? and task.ordinal = ?`,
    run,
    parsed.step,
    parsed.ordinal,
  );
}

/** A record may name files below the run's folder; locations are always absolute. */
export function absolutePath(run: FoundRun, path: string): string {
  return path.startsWith('/') || path.includes('://') ? path : `${run.folder}/${path}`;
}

function unknown(what: string): EspalierError {
  return new EspalierError('ledger-unknown', `the ledger knows no ${what}, so nothing can be told of it`, {
    fault: 'ledger',
    hint: 'Write `run-planned` before anything else of a run.',
  });
}
