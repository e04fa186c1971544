import { isTerminal, type StateCounts, type TaskState, taskStateNames } from '../../model/index.ts';
import type { Store } from '../file/store.ts';

/** As in the index `task_ended`, word by word: else SQLite would not use it. */
const ended = taskStateNames
  .filter(isTerminal)
  .map((name) => `'${name}'`)
  .join(', ');

interface StateRow {
  readonly state: TaskState;
  readonly n: number;
}

/** How many tasks of these steps are in each state. What has ended is counted in an index; a step whose tasks all have is read no further. */
export function countStates(store: Store, steps: readonly number[]): StateCounts {
  const counts = new Map<TaskState, number>();
  for (const { state, n } of steps.flatMap((step) => countStep(store, step)))
    counts.set(state, (counts.get(state) ?? 0) + n);
  return Object.fromEntries(counts);
}

function countStep(store: Store, step: number): readonly StateRow[] {
  const count = (where: string): readonly StateRow[] =>
    store.all(`select state, count(*) as n from task where step = ? and ${where} group by state`, step);
  const total = store.one<{ n: number }>('select count(*) as n from task where step = ?', step)?.n ?? 0;
  const over = count(`state in (${ended})`);
  if (over.reduce((sum, { n }) => sum + n, 0) === total) return over;
  return [...over, ...count(`state not in (${ended})`)];
}
