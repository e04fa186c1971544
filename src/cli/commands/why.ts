import type { Argv } from 'yargs';
import type { TaskReason } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { renderTable } from '../render/table.ts';
import { readSurroundings } from '../surroundings.ts';
import { runAndTask, type TaskArguments, taskArguments } from '../task-arguments.ts';
import type { Terminal } from '../terminal.ts';

export const why = defineCommand({
  command: 'why <words..>',
  describe: 'Say why a task was done again, or not: why [RUN] TASK',
  builder: (argv: Argv<CommonOptions>) => taskArguments(argv),
  run: async (options: CommonOptions & TaskArguments, terminal: Terminal): Promise<number> => {
    const { withLedger, explainTask } = await import('../../run/index.ts');
    return withLedger(readSurroundings(), async (ledger) => {
      const { run, task } = runAndTask(options.words, ledger);
      const reason = explainTask(ledger, run.run, task);
      terminal.out(options.output === 'json' ? renderJson({ ...reason }) : renderReason(reason));
      return exitCode.done;
    });
  },
});

function renderReason({ run, task, label, state, against, changed, why: because }: TaskReason): string {
  const lines = [`${task} (${oneLine(label)}) of run ${run}: ${state}`, because];
  if (against !== null)
    lines.push(`compared with ${against.task} attempt ${against.attempt} of run ${against.run}`);
  if (changed.length > 0) {
    const shown = (value: TaskReason['changed'][number]['from']): string =>
      value === null ? '(none)' : oneLine(String(value));
    lines.push(
      '',
      renderTable(
        ['component', 'from', 'to'],
        changed.map(({ component, from, to }) => [component, shown(from), shown(to)]),
      ),
    );
  }
  return lines.join('\n');
}
