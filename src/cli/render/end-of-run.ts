import { formatTime, isGood, type StateCounts, taskStateNames } from '../../model/index.ts';
import type { Backend, Ledger, Wishes } from '../../run/index.ts';
import { type CommonOptions, exitCode } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { renderJson } from './json.ts';
import { oneLine } from './one-line.ts';
import { renderTable } from './table.ts';

/** What became of a run, said once at its end; gives the exit code. */
export async function endOfRun(
  ledger: Ledger,
  backend: Backend,
  id: string,
  wishes: Wishes,
  options: CommonOptions,
  terminal: Terminal,
): Promise<number> {
  const { summarizeRun, describeMissing } = await import('../../run/index.ts');
  const { describeFailure } = await import('./failures.ts');
  const summary = await summarizeRun(ledger, backend, id);
  const { run, failures } = summary;
  const open = taskStateNames.some((state) => !isGood(state) && (run.counts[state] ?? 0) > 0);
  if (options.output === 'json') terminal.out(renderJson({ ...summary }));
  else if (!options.quiet)
    terminal.out(renderSummary(summary, nextStep(), { describeFailure, describeMissing }));
  else if (failures.length > 0)
    terminal.err(`run ${run.run}: ${describeBad(run.counts)}; again with: espalier resume ${run.run}`);
  if (wishes.drain) return exitCode.interrupted;
  return open ? exitCode.taskFailed : exitCode.done;

  /** What goes on without us is not to be repeated, but followed. */
  function nextStep(): readonly string[] {
    if (!open) return [];
    const goesOn = wishes.drain && backend.batch.takes === 'arrays' && run.state === 'running';
    return [goesOn ? `follow   espalier attach ${run.run}` : `again    espalier resume ${run.run}`];
  }
}

function describeBad(counts: StateCounts): string {
  const bad = taskStateNames.filter((state) => !isGood(state) && (counts[state] ?? 0) > 0);
  return bad.map((state) => `${counts[state]} ${state}`).join(', ');
}

interface Descriptions {
  readonly describeFailure: (group: Summary['failures'][number]) => string;
  readonly describeMissing: (made: Summary['incomplete'][number]) => string;
}

type Summary = Awaited<ReturnType<typeof import('../../run/index.ts').summarizeRun>>;

function renderSummary(summary: Summary, next: readonly string[], say: Descriptions): string {
  const { run, steps, failures, incomplete } = summary;
  const used = taskStateNames.filter((state) => (run.counts[state] ?? 0) > 0);
  const rows = steps.map(({ step, total, counts, times }) => [
    step,
    total,
    ...used.map((state) => counts[state] ?? 0),
    times === null ? '' : formatTime(times.sumMs / 1000 / times.attempts),
  ]);
  return [
    '',
    renderTable(['step', 'tasks', ...used, 'each took'], rows),
    ...failures.map(say.describeFailure),
    ...(incomplete.length > 0 ? [''] : []),
    ...incomplete.map((made) => `${made.task} (${oneLine(made.label)}) was ${say.describeMissing(made)}`),
    '',
    `results  ${oneLine(run.folder)}/results`,
    `report   espalier report ${run.run}`,
    ...next,
  ].join('\n');
}
