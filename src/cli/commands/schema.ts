import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import type { Terminal } from '../terminal.ts';

export const schema = defineCommand({
  command: 'schema [what]',
  describe: 'Print the JSON Schema of workflow files or tool descriptors, for editors',
  builder: (argv: Argv<CommonOptions>) =>
    argv.positional('what', {
      choices: ['workflow', 'tool'] as const,
      default: 'workflow' as const,
      describe: 'Which files',
    }),
  run: async (
    options: CommonOptions & { readonly what: 'workflow' | 'tool' },
    terminal: Terminal,
  ): Promise<number> => {
    const { workflowSchema, toolSchema } = await import('../../run/index.ts');
    terminal.out(JSON.stringify(options.what === 'workflow' ? workflowSchema() : toolSchema(), undefined, 2));
    return exitCode.done;
  },
});
