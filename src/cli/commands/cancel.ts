import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { freshWishes } from '../follow.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';
import { renderStatus } from './status.ts';

type Options = CommonOptions & { readonly run?: string | undefined; readonly force: boolean };

export const cancel = defineCommand({
  command: 'cancel [run]',
  describe: 'End everything of a run that waits or runs; what is done stays, and `resume` takes it up again',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('run', { type: 'string', describe: 'Run id or the beginning of one (default: the latest)' })
      .option('force', {
        type: 'boolean',
        default: false,
        describe: 'Take the run although another machine seems to drive it',
      }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { withRun, cancelRun } = await import('../../run/index.ts');
    const settings = readSurroundings();
    return withRun(settings, options.run, async (open, { run }) => {
      // What had not begun leaves no trace at a batch system, and is looked for until it cannot come any more.
      const begins = (): void => {
        if (open.site.batch !== 'local' && open.ledger.run(run).state === 'running' && !options.quiet)
          terminal.err(
            `ending what of run ${run} waits or runs on ${open.site.name}: a minute, to see all of it gone`,
          );
      };
      const following = {
        ...options,
        wishes: freshWishes(),
        fuse: true,
        pack: true,
        batch: true,
        onChange: () => {},
        say: () => {},
        begins,
      };
      const state = await cancelRun(run, open.ledger, open, settings, following);
      if (state === undefined)
        terminal.err(`run ${run} is followed by another espalier: it was told, and ends it`);
      else if (options.output === 'text' && !options.quiet)
        terminal.out(renderStatus(open.ledger.run(run), open.ledger, settings.clock()));
      return exitCode.done;
    });
  },
});
