import type { Argv } from 'yargs';
import { EspalierError } from '../../model/index.ts';
import type { FollowLogs, TaskLog } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { readSurroundings } from '../surroundings.ts';
import { runAndTask, type TaskArguments, taskArguments } from '../task-arguments.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions &
  TaskArguments & { readonly attempt?: string | undefined; readonly follow: boolean };

export const logs = defineCommand({
  command: 'logs <words..>',
  describe: 'Print what a task printed: logs [RUN] TASK',
  builder: (argv: Argv<CommonOptions>) =>
    taskArguments(argv)
      .option('attempt', {
        type: 'string',
        requiresArg: true,
        describe: 'Which attempt (default: the latest)',
      })
      .option('follow', {
        type: 'boolean',
        default: false,
        describe: 'Go on printing until the task has ended',
      }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { withRun, readLogs, followLogs } = await import('../../run/index.ts');
    const settings = readSurroundings();
    return withRun(
      settings,
      (ledger) => runAndTask(options.words, ledger).run,
      async (open, run) => {
        const { ledger, backend } = open;
        const { task } = runAndTask(options.words, ledger);
        const attempt = options.attempt === undefined ? undefined : Number(options.attempt);
        const log = options.follow
          ? await followLogs(open, run.run, task, attempt, follower(terminal, options.quiet))
          : await readLogs(ledger, backend, run.run, task, attempt);
        if (log === undefined)
          throw new EspalierError(
            'no-log',
            `\`${task}\` of run \`${run.run}\` has not begun, so it printed nothing`,
          );
        if (options.output === 'json' && !options.follow) terminal.out(renderJson({ ...log }));
        else if (log.stdout + log.stderr === '') terminal.err(`${log.task} printed nothing`);
        else if (!options.follow) printWhole(log, terminal);
        return exitCode.done;
      },
    );
  },
});

function printWhole(log: TaskLog, terminal: Terminal): void {
  if (log.stdout !== '') terminal.out(log.stdout.trimEnd());
  if (log.stderr !== '') terminal.err(log.stderr.trimEnd());
}

function follower(terminal: Terminal, quiet: boolean): FollowLogs {
  return {
    out: (text) => terminal.out(text.replace(/\n$/, '')),
    err: (text) => terminal.err(text.replace(/\n$/, '')),
    waits: (task) => {
      if (!quiet) terminal.err(`${task} has printed nothing yet; waiting for it (Ctrl-C leaves it alone)`);
    },
  };
}
