import type { Backend } from '../backends/index.ts';
import type { RunId, TaskId, TaskState } from '../model/index.ts';
import type { Ledger, RunRow, StepCounts } from '../provenance/index.ts';
import { readLogs } from './read-logs.ts';

/** Tasks that ended for the same reason, with the last lines of the first one's standard error. */
export interface FailureGroup {
  readonly state: TaskState;
  readonly why: string;
  readonly message: string;
  readonly tasks: readonly { readonly run: RunId; readonly task: TaskId; readonly label: string }[];
  readonly stderr: readonly string[];
}

export interface RunSummary {
  readonly run: RunRow;
  readonly steps: readonly StepCounts[];
  readonly failures: readonly FailureGroup[];
}

export async function summarizeRun(ledger: Ledger, backend: Backend, id: RunId): Promise<RunSummary> {
  const run = ledger.run(id);
  const groups = new Map<string, { -readonly [K in keyof FailureGroup]: FailureGroup[K] }>();
  for (const row of ledger.tasks(run.run, { states: ['failed', 'lost', 'cancelled', 'skipped'] })) {
    const why = row.why ?? 'unknown';
    const key = `${row.step}/${row.state}/${why}`;
    const task = { run: run.run, task: row.task, label: row.label };
    const group = groups.get(key);
    if (group !== undefined) group.tasks = [...group.tasks, task];
    else groups.set(key, { state: row.state, why, message: row.message ?? '', tasks: [task], stderr: [] });
  }
  for (const group of groups.values()) {
    const first = group.tasks[0];
    if (first === undefined || group.state === 'skipped') continue;
    const log = await readLogs(ledger, backend, first.run, first.task);
    group.stderr = (log?.stderr ?? '')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('espalier: '))
      .slice(-5);
  }
  return { run, steps: ledger.stepCounts(run.run), failures: [...groups.values()] };
}
