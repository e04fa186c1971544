import type { Argv } from 'yargs';
import { EspalierError } from '../../model/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { readSurroundings } from '../surroundings.ts';
import { runAndTask, type TaskArguments, taskArguments } from '../task-arguments.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & TaskArguments & { readonly attempt?: string | undefined };

export const logs = defineCommand({
  command: 'logs <words..>',
  describe: 'Print what a task printed: logs [RUN] TASK',
  builder: (argv: Argv<CommonOptions>) =>
    taskArguments(argv).option('attempt', {
      type: 'string',
      requiresArg: true,
      describe: 'Which attempt (default: the latest)',
    }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { withSite, readLogs } = await import('../../run/index.ts');
    return withSite(readSurroundings(), async ({ ledger, backend }) => {
      const { run, task } = runAndTask(options.words, ledger);
      const attempt = options.attempt === undefined ? undefined : Number(options.attempt);
      const log = await readLogs(ledger, backend, run.run, task, attempt);
      if (log === undefined)
        throw new EspalierError(
          'no-log',
          `\`${task}\` of run \`${run.run}\` has not begun, so it printed nothing`,
        );
      if (options.output === 'json') terminal.out(renderJson({ ...log }));
      else {
        if (log.stdout !== '') terminal.out(log.stdout.trimEnd());
        if (log.stderr !== '') terminal.err(log.stderr.trimEnd());
      }
      return exitCode.done;
    });
  },
});
