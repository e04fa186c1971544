import { EspalierError, type LedgerEvent, type RunId } from '../../model/index.ts';
import { hashEvent, type StoredEvent } from '../chain.ts';
import { repair } from '../file/explain-error.ts';
import type { Store } from '../file/store.ts';

export interface EventRow {
  readonly seq: number;
  /** UTC by the writer's clock, as it was read. The order is that of `seq`. */
  readonly atMs: number;
  readonly hash: string;
  readonly event: LedgerEvent;
}

const pageSize = 1000;

/** Nothing is decided on what is not what was once written. @throws EspalierError `ledger-corrupt` */
export function* events(store: Store, run?: RunId): Generator<EventRow, undefined> {
  for (let rows = page(store, run, 0); rows.length > 0; rows = page(store, run, rows.at(-1)?.seq ?? 0)) {
    for (const row of rows) {
      if (row.hash !== hashEvent(row)) throw damaged(row);
      yield { seq: row.seq, atMs: row.at_ms, hash: row.hash, event: JSON.parse(row.body) };
    }
    if (rows.length < pageSize) return;
  }
}

function damaged({ seq }: StoredEvent): EspalierError {
  const message = `the ledger is damaged: the content of event ${seq} is not what was hashed`;
  return new EspalierError('ledger-corrupt', message, { fault: 'ledger', hint: repair });
}

function page(store: Store, run: RunId | undefined, after: number): readonly StoredEvent[] {
  const where = run === undefined ? '' : 'run_id = ? and';
  const sql = `select * from events where ${where} seq > ? order by seq limit ${pageSize}`;
  return run === undefined ? store.all(sql, after) : store.all(sql, run, after);
}

/** Number of the last event of a run; 0 when there is none. */
export function lastSeq(store: Store, run: RunId): number {
  const sql = 'select max(seq) as seq from events where run_id = ?';
  return store.one<{ seq: number | null }>(sql, run)?.seq ?? 0;
}

/** Facts that this machine tells of itself: they say nothing new of a run, nor do notes on what was not answered. */
const ownWords = "'cancel-asked', 'driver-detached', 'elements-submitting'";

/** When a run was last heard of, ms UTC; null when nothing was written down. */
export function lastHeardMs(store: Store, run: RunId): number | null {
  const sql = `select max(at_ms) as at_ms from events where run_id = ? and kind not in (${ownWords})
    and (kind <> 'noted' or json_extract(body, '$.about') not in ('site', 'owner', 'policy'))`;
  return store.one<{ at_ms: number | null }>(sql, run)?.at_ms ?? null;
}

/** Why the site was paused by any run after that event; undefined: it was not. */
export function sitePausedAfter(store: Store, site: string, seq: number): string | undefined {
  const sql = `select json_extract(body, '$.why') as why from events
    where seq > ? and kind = 'site-paused' and json_extract(body, '$.site') = ? limit 1`;
  return store.one<{ why: string }>(sql, seq, site)?.why;
}

/** Whether somebody asked for the run's end after that event. */
export function cancelAskedAfter(store: Store, run: RunId, seq: number): boolean {
  const sql = `select 1 as asked from events where seq > ? and kind = 'cancel-asked' and run_id = ? limit 1`;
  return store.one<{ asked: number }>(sql, seq, run) !== undefined;
}
