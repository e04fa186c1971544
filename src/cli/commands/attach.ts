import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand } from '../command.ts';
import { type GoOnOptions, goOn, goOnOptions } from '../go-on.ts';
import type { Terminal } from '../terminal.ts';

export const attach = defineCommand({
  command: 'attach [run]',
  describe:
    'Follow a run that goes on without this machine: collect what happened, repeat nothing that failed',
  builder: (argv: Argv<CommonOptions>) => goOnOptions(argv),
  run: (options: GoOnOptions, terminal: Terminal): Promise<number> =>
    goOn({ ...options, repeat: false }, terminal),
});
