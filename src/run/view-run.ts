import type { Plan, StateCounts, TaskState } from '../model/index.ts';
import type { RunState } from '../scheduler/index.ts';

/** A run at a moment, for those who follow it. */
export interface RunView {
  readonly steps: readonly { readonly step: string; readonly counts: StateCounts }[];
}

export function viewRun(plan: Plan, state: RunState): RunView {
  const counts = new Map<string, Partial<Record<TaskState, number>>>(
    plan.steps.map(({ name }) => [name, {}]),
  );
  for (const task of state.tasks.values()) {
    const step = counts.get(task.step);
    if (step !== undefined) step[task.state] = (step[task.state] ?? 0) + 1;
  }
  return { steps: [...counts].map(([step, each]) => ({ step, counts: each })) };
}
