import type { Backend } from '../backends/index.ts';
import type { RunId } from '../model/index.ts';
import type { FailureCause, Ledger, RunRow, StepCounts } from '../provenance/index.ts';
import { type MadeWithout, madeWithout } from './made-without.ts';
import { readLogs } from './read-logs.ts';

/** Tasks that ended for the same cause, with the last lines of the first one's standard error. */
export interface FailureGroup extends FailureCause {
  readonly run: RunId;
  readonly stderr: readonly string[];
}

export interface RunSummary {
  readonly run: RunRow;
  readonly steps: readonly StepCounts[];
  readonly failures: readonly FailureGroup[];
  readonly incomplete: readonly MadeWithout[];
}

/** Causes whose logs are read: each is a question to the site. */
const mostLogs = 20;

export async function summarizeRun(ledger: Ledger, backend: Backend, id: RunId): Promise<RunSummary> {
  const run = ledger.run(id);
  const failures: FailureGroup[] = [];
  for (const cause of ledger.failures(run.run)) {
    const first = cause.tasks[0]?.task;
    const isRead = first !== undefined && cause.state !== 'skipped' && failures.length < mostLogs;
    const log = isRead ? await readLogs(ledger, backend, run.run, first) : undefined;
    failures.push({ ...cause, run: run.run, stderr: lastLines(log?.stderr ?? '') });
  }
  return { run, steps: ledger.stepCounts(run.run), failures, incomplete: madeWithout(ledger, run.run) };
}

function lastLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('espalier: '))
    .slice(-5);
}
