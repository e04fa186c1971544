import { EspalierError, type LedgerEvent } from '../model/index.ts';
import type { StoredEvent } from './chain.ts';
import { repair, sqliteCode } from './file/explain-error.ts';
import type { Store } from './file/store.ts';
import { project } from './project/project.ts';

/** Notes that the tables do not tell of an event yet. */
export function leavePending(store: Store, seq: number): void {
  store.run('insert into pending (seq) values (?)', seq);
}

/** Whether the tables are behind the events. */
export function isBehind(store: Store): boolean {
  return store.one('select 1 from pending limit 1') !== undefined;
}

/**
 * Writes into the tables what they do not tell of yet, in order, inside the caller's transaction.
 * @throws EspalierError `ledger-pending` for an event that they cannot hold
 */
export function catchUp(store: Store): void {
  const sql =
    'select seq, prev_hash, hash, at_ms, kind, body from pending join events using (seq) order by seq';
  for (const row of store.all<StoredEvent>(sql)) projectPending(store, row);
  store.run('delete from pending');
}

function projectPending(store: Store, { seq, at_ms, body }: StoredEvent): void {
  const event: LedgerEvent = JSON.parse(body);
  try {
    project(store, event, { seq, atMs: at_ms });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new EspalierError(
      'ledger-pending',
      `event ${seq} (\`${event.kind}\`) cannot be taken into the ledger's tables: ${error.message}`,
      { fault: 'ledger', hint: `Please report it. ${repair}`, cause: error },
    );
  }
}

/** A full disk or a lock may be gone the next time; what the tables themselves refuse is refused every time. */
function isRefusal(error: unknown): error is Error {
  return error instanceof EspalierError || (sqliteCode(error)?.startsWith('SQLITE_CONSTRAINT') ?? false);
}
