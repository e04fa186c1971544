import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand } from '../command.ts';
import { type GoOnOptions, goOn, goOnOptions } from '../go-on.ts';
import type { Terminal } from '../terminal.ts';

type Options = GoOnOptions & {
  readonly only?: readonly ('failed' | 'lost' | 'cancelled' | 'gone')[] | undefined;
  readonly from?: string | undefined;
  readonly items?: string | undefined;
  readonly with?: readonly string[] | undefined;
  readonly yes: boolean;
  readonly asPlanned: boolean;
};

export const resume = defineCommand({
  command: 'resume [run]',
  describe: 'Go on with a run after any end: collect what happened, repeat what failed or is gone',
  builder: (argv: Argv<CommonOptions>) =>
    goOnOptions(argv)
      .option('only', {
        choices: ['failed', 'lost', 'cancelled', 'gone'] as const,
        array: true,
        nargs: 1,
        describe: 'Repeat only what ended so; gone: what has lost its result',
      })
      .option('from', {
        type: 'string',
        requiresArg: true,
        describe:
          'Repeat this step and all that follows from it, also what stands; with --only, what ended so there',
      })
      .option('items', {
        type: 'string',
        requiresArg: true,
        describe: 'Only items for which this holds: \'time < 5 and cell == "a3"\'',
      })
      .option('with', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'What is asked for from now on: memory=64GB, time=2h, partition=long',
      })
      .option('yes', { type: 'boolean', default: false, alias: 'y', describe: 'Do not ask' })
      .option('as-planned', {
        type: 'boolean',
        default: false,
        describe: 'Go on with the plan of the run although the workflow was changed since',
      }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { parseAsks } = await import('../../run/index.ts');
    const ask = parseAsks(options.with ?? []);
    const wanted = {
      ...(options.only !== undefined && { only: options.only }),
      ...(options.from !== undefined && { from: options.from }),
      ...(options.items !== undefined && { items: options.items }),
      ...(ask !== undefined && { ask }),
    };
    return goOn({ ...options, repeat: true, wanted }, terminal);
  },
});
