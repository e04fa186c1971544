import { allEvents } from './chain.ts';
import type { Store } from './file/store.ts';
import { takeIn } from './pending.ts';

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

/** Inside the caller's transaction. Returns the number of events; what the tables refuse is set aside. */
export function rebuild(store: Store): number {
  // `task` and `attempt` point at each other, so references are looked at when all is back.
  store.database.pragma('defer_foreign_keys = on');
  for (const table of ['pending', ...projections]) store.run(`delete from ${table}`);
  let count = 0;
  for (const row of allEvents(store)) {
    takeIn(store, row);
    count++;
  }
  return count;
}
