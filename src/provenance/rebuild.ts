import type { LedgerEvent } from '../model/index.ts';
import { allEvents } from './chain.ts';
import type { Store } from './file/store.ts';
import { project } from './project/project.ts';

/** Everything but `events`, `blob` and `pending`, in an order in which no row is left pointing at a deleted one. */
export const projections = [
  'gen',
  'used',
  'location',
  'artifact',
  'element',
  'task',
  'attempt',
  'array',
  'key_part',
  'key_common',
  'step',
  'run',
  'param',
  'param_set',
] as const;

/** Inside the caller's transaction. Returns the number of events. */
export function rebuild(store: Store): number {
  // `task` and `attempt` point at each other, so references are looked at when all is back.
  store.database.pragma('defer_foreign_keys = on');
  for (const table of ['pending', ...projections]) store.run(`delete from ${table}`);
  let count = 0;
  for (const row of allEvents(store)) {
    const event: LedgerEvent = JSON.parse(row.body);
    project(store, event, { seq: row.seq, atMs: row.at_ms });
    count++;
  }
  return count;
}
