import type { Argv } from 'yargs';
import { taskStateNames } from '../../model/index.ts';
import type { RunRow } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { showRunState } from '../render/run-state.ts';
import { renderTable } from '../render/table.ts';
import { showTime } from '../render/time.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

export const runs = defineCommand({
  command: 'runs',
  describe: 'List all runs in the ledger, the newest first',
  builder: (argv: Argv<CommonOptions>) => argv,
  run: async (options: CommonOptions, terminal: Terminal): Promise<number> => {
    const { withLedger } = await import('../../run/index.ts');
    return withLedger(readSurroundings(), async (ledger) => {
      const all = ledger.runs();
      if (options.output === 'json') terminal.out(renderJson({ runs: all }));
      else if (all.length === 0) terminal.out('no run yet; begin with `espalier demo`');
      else terminal.out(renderTable(['run', 'workflow', 'planned', 'state', 'tasks'], all.map(toRow)));
      return exitCode.done;
    });
  },
});

function toRow(run: RunRow): readonly string[] {
  return [
    run.run,
    oneLine(run.workflow),
    showTime(run.plannedMs),
    showRunState(run),
    describeCounts(run.counts),
  ];
}

export function describeCounts(counts: RunRow['counts']): string {
  return taskStateNames
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${counts[state]} ${state}`)
    .join(', ');
}
