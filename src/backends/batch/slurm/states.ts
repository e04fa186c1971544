import type { BatchEnd } from '../batch-system.ts';

/** How Slurm's final states are understood. See the state codes of squeue(1) and sacct(1). */
const ends: Readonly<Record<string, BatchEnd['how']>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  OUT_OF_MEMORY: 'out-of-memory',
  TIMEOUT: 'time',
  DEADLINE: 'time',
  NODE_FAIL: 'node',
  BOOT_FAIL: 'node',
  LAUNCH_FAILED: 'node',
  RECONFIG_FAIL: 'node',
  PREEMPTED: 'preempted',
  // Only where the queue has none of that id any more: else it will run again.
  REQUEUED: 'preempted',
  CANCELLED: 'cancelled',
  REVOKED: 'node',
};

/** States of what waits or runs, and flags on top of these. */
const going: ReadonlySet<string> = new Set([
  'PENDING',
  'RUNNING',
  'SUSPENDED',
  'COMPLETING',
  'CONFIGURING',
  'RESIZING',
  'REQUEUE_FED',
  'REQUEUE_HOLD',
  'RESV_DEL_HOLD',
  'SIGNALING',
  'SPECIAL_EXIT',
  'STAGE_OUT',
  'STOPPED',
]);

export type State =
  | { readonly is: 'going' }
  | { readonly is: 'ended'; readonly how: BatchEnd['how'] }
  | { readonly is: 'unknown' };

/** `CANCELLED by 1000` and the like: only the first word counts. In the queue a requeued job waits; in the accounting it is over. */
export function readState(text: string, from: 'queue' | 'accounting'): State {
  const word = text.split(' ', 1)[0]?.replace(/\+$/, '') ?? '';
  if (going.has(word) || (word === 'REQUEUED' && from === 'queue')) return { is: 'going' };
  const how = ends[word];
  return how === undefined ? { is: 'unknown' } : { is: 'ended', how };
}
