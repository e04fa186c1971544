import type { Argv } from 'yargs';
import { formatTime, taskStateNames } from '../../model/index.ts';
import type { Ledger, RunRow } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { showRunState } from '../render/run-state.ts';
import { renderTable } from '../render/table.ts';
import { showAge, showTime } from '../render/time.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

export const status = defineCommand({
  command: 'status [run]',
  describe: 'Say how far a run is, from the ledger alone',
  builder: (argv: Argv<CommonOptions>) =>
    argv.positional('run', {
      type: 'string',
      describe: 'Run id or the beginning of one (default: the latest)',
    }),
  run: async (
    options: CommonOptions & { readonly run?: string | undefined },
    terminal: Terminal,
  ): Promise<number> => {
    const { withLedger, runOrLatest, describeCause, describeMissing, madeWithout } = await import(
      '../../run/index.ts'
    );
    const settings = readSurroundings();
    return withLedger(settings, async (ledger) => {
      const run = runOrLatest(ledger, options.run);
      const failures = ledger.failures(run.run);
      const incomplete = madeWithout(ledger, run.run);
      if (options.output === 'json') {
        terminal.out(
          renderJson({
            run,
            heardMs: ledger.lastHeardMs(run.run),
            steps: ledger.stepCounts(run.run),
            failures,
            incomplete,
          }),
        );
        return exitCode.done;
      }
      const causes = failures.map((cause) => oneLine(`${describeCause(cause)}: ${cause.message}`));
      const lacking = incomplete.map((made) => oneLine(`${made.task} was ${describeMissing(made)}`));
      const text = [renderStatus(run, ledger, settings.clock()), [...causes, ...lacking].join('\n')];
      terminal.out(text.filter((part) => part !== '').join('\n\n'));
      return exitCode.done;
    });
  },
});

export function renderStatus(run: RunRow, ledger: Ledger, nowMs: number): string {
  const steps = ledger.stepCounts(run.run);
  const used = taskStateNames.filter((state) => (run.counts[state] ?? 0) > 0);
  const rows = steps.map(({ step, total, counts, times }) => [
    step,
    total,
    ...used.map((state) => counts[state] ?? 0),
    times === null ? '' : formatTime(times.sumMs / 1000 / times.attempts),
  ]);
  return [
    `run       ${run.run}  (${showRunState(run)})`,
    `workflow  ${oneLine(run.workflow)}  ${oneLine(run.workflowFile)}`,
    `planned   ${showTime(run.plannedMs)} by ${oneLine(run.user)} on ${oneLine(run.host)}, espalier ${run.version}`,
    `folder    ${oneLine(run.folder)}`,
    `driver    ${describeDriver(run, nowMs)}`,
    `known     as of ${showAge(ledger.lastHeardMs(run.run) ?? run.plannedMs, nowMs)}; \`espalier attach\` looks again`,
    '',
    renderTable(['step', 'tasks', ...used, 'each took'], rows),
  ].join('\n');
}

function describeDriver({ driver }: RunRow, nowMs: number): string {
  if (driver === null) return 'none yet';
  if (driver.detachedMs === null)
    return `process ${driver.pid} on ${oneLine(driver.host)} since ${showAge(driver.sinceMs, nowMs)}, unless it died`;
  return `none; the last one ended ${showAge(driver.detachedMs, nowMs)} (${driver.detachedWhy ?? 'not recorded'})`;
}
