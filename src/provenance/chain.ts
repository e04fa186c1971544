import { createHash } from 'node:crypto';
import type { LedgerEvent } from '../model/index.ts';
import type { Store } from './file/store.ts';

/** A row of `events` as it is stored. */
export interface StoredEvent {
  readonly seq: number;
  readonly prev_hash: string;
  readonly hash: string;
  readonly at_ms: number;
  readonly kind: string;
  readonly body: string;
}

/** What the first event follows. */
export const genesis = '0';

/** Over the text as stored: the body comes last and no other part holds a newline, so that parts cannot be confused. */
export function hashEvent(row: Omit<StoredEvent, 'hash'>): string {
  const text = `${row.prev_hash}\n${row.seq}\n${row.at_ms}\n${row.kind}\n${row.body}`;
  return createHash('sha256').update(text).digest('hex');
}

/** Adds one event at the end, inside the caller's transaction, and returns the row. */
export function appendEvent(store: Store, event: LedgerEvent, atMs: number): StoredEvent {
  const last = store.one<{ seq: number; hash: string }>(
    'select seq, hash from events order by seq desc limit 1',
  );
  const row = {
    seq: (last?.seq ?? 0) + 1,
    prev_hash: last?.hash ?? genesis,
    at_ms: Math.trunc(atMs),
    kind: event.kind,
    body: JSON.stringify(event),
  };
  const hash = hashEvent(row);
  store.run(
    'insert into events (seq, prev_hash, hash, at_ms, kind, body) values (?, ?, ?, ?, ?, ?)',
    row.seq,
    row.prev_hash,
    hash,
    row.at_ms,
    row.kind,
    row.body,
  );
  return { ...row, hash };
}

/** A page of events after `seq`: a statement that is still being read would block writing. */
function eventsAfter(store: Store, seq: number, limit = 1000): readonly StoredEvent[] {
  return store.all<StoredEvent>(
    'select seq, prev_hash, hash, at_ms, kind, body from events where seq > ? order by seq limit ?',
    seq,
    limit,
  );
}

/** All events in order, a page at a time. */
export function* allEvents(store: Store): Generator<StoredEvent> {
  for (let page = eventsAfter(store, -1); page.length > 0; page = eventsAfter(store, page.at(-1)?.seq ?? 0)) {
    yield* page;
  }
}
