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
  return store.one('select 1 from pending where fault is null limit 1') !== undefined;
}

/** Writes into the tables what they do not tell of yet, in order, inside the caller's transaction. Returns what they refused. */
export function catchUp(store: Store): readonly string[] {
  const rows = store.all<StoredEvent>(
    `select seq, prev_hash, hash, at_ms, kind, body from pending join events using (seq)
      where fault is null order by seq`,
  );
  store.run('delete from pending where fault is null');
  return rows.flatMap((row) => takeIn(store, row) ?? []);
}

/**
 * Writes an event into the tables, inside the caller's transaction. What they cannot hold, a defect of espalier, is set aside
 * with the reason, so that it stops no other run; then this is returned in words.
 */
export function takeIn(store: Store, { seq, at_ms, kind, body }: StoredEvent): string | undefined {
  const event: LedgerEvent = JSON.parse(body);
  try {
    // All of its rows or none.
    store.database.transaction(() => project(store, event, { seq, atMs: at_ms }))();
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    store.run('insert into pending (seq, fault) values (?, ?)', seq, error.message);
    return inWords({ seq, kind, fault: error.message });
  }
}

/** What the tables refused, in words, each naming its event. */
export function refused(store: Store): readonly string[] {
  const sql =
    'select seq, kind, fault from pending join events using (seq) where fault is not null order by seq';
  return store.all<{ seq: number; kind: string; fault: string }>(sql).map(inWords);
}

export function refusal(words: readonly string[]): EspalierError {
  const message = words.join('; ');
  return new EspalierError('ledger-pending', message, {
    fault: 'ledger',
    hint: `Please report it. ${repair}`,
  });
}

function inWords({ seq, kind, fault }: Pick<StoredEvent, 'seq' | 'kind'> & { fault: string }): string {
  return `event ${seq} (\`${kind}\`) cannot be taken into the ledger's tables: ${fault}`;
}

/** A full disk or a lock may be gone the next time; what the tables themselves refuse is refused every time. */
function isRefusal(error: unknown): error is Error {
  return error instanceof EspalierError || (sqliteCode(error)?.startsWith('SQLITE_CONSTRAINT') ?? false);
}
