import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand } from '../command.ts';
import { type GoOnOptions, goOn, goOnOptions } from '../go-on.ts';
import type { Terminal } from '../terminal.ts';

export const resume = defineCommand({
  command: 'resume [run]',
  describe: 'Go on with a run after any end: collect what happened, repeat what failed or is gone',
  builder: (argv: Argv<CommonOptions>) => goOnOptions(argv),
  run: (options: GoOnOptions, terminal: Terminal): Promise<number> =>
    goOn({ ...options, repeat: true }, terminal),
});
