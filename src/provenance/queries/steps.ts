import type { PlannedStep, RunId, StateCounts } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import { countStates } from './count-states.ts';
import { runKey } from './runs.ts';

export interface StepCounts {
  readonly step: string;
  readonly counts: StateCounts;
  readonly total: number;
  /** Over the attempts of this run that succeeded, in ms by the nodes' clocks; null when there is none. */
  readonly times: StepTimes | null;
}

export interface StepTimes {
  readonly attempts: number;
  readonly sumMs: number;
  readonly maxMs: number;
  /** When the first began and the last ended. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly peakKb: number | null;
}

/** The steps as they were planned. */
export function steps(store: Store, name: RunId): readonly PlannedStep[] {
  const rows = store.all<{ body: string }>(
    'select body from step where run = ? order by position',
    runKey(store, name),
  );
  return rows.map((row): PlannedStep => JSON.parse(row.body));
}

export function stepCounts(store: Store, name: RunId): readonly StepCounts[] {
  const rows = store.all<{ id: number; name: string }>(
    'select id, name from step where run = ? order by position',
    runKey(store, name),
  );
  return rows.map((row) => {
    const counts = countStates(store, [row.id]);
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    return { step: row.name, counts, total, times: measure(store, row.id) };
  });
}

interface MeasuredRow {
  readonly attempts: number;
  readonly sumMs: number | null;
  readonly maxMs: number | null;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly peakKb: number | null;
}

function measure(store: Store, step: number): StepTimes | null {
  const row = store.one<MeasuredRow>(
    `select count(*) as attempts, sum(ended_ms - started_ms) as sumMs, max(ended_ms - started_ms) as maxMs,
            min(started_ms) as firstMs, max(ended_ms) as lastMs, max(peak_kb) as peakKb
       from task join attempt on attempt.task = task.id
      where task.step = ? and attempt.state = 'succeeded' and started_ms is not null and ended_ms is not null`,
    step,
  );
  if (row === undefined || row.attempts === 0) return null;
  const { attempts, sumMs, maxMs, firstMs, lastMs, peakKb } = row;
  if (sumMs === null || maxMs === null || firstMs === null || lastMs === null) return null;
  return { attempts, sumMs, maxMs, firstMs, lastMs, peakKb };
}
