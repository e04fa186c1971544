import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { refused, valueOrProblems } from '../render/problems.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

export const check = defineCommand({
  command: 'check <file>',
  describe: 'Read a workflow file and say everything that is wrong with it',
  builder: (argv: Argv<CommonOptions>) =>
    argv.positional('file', { type: 'string', demandOption: true, describe: 'Workflow file (YAML)' }),
  run: async (options: CommonOptions & { readonly file: string }, terminal: Terminal): Promise<number> => {
    const { checkWorkflow } = await import('../../run/index.ts');
    const workflow = await valueOrProblems(
      await checkWorkflow(options.file, readSurroundings()),
      options,
      terminal,
    );
    if (workflow === undefined) return refused;
    const { name, steps, collections } = workflow;
    if (options.output === 'json')
      terminal.out(renderJson({ name, steps: steps.map((step) => step.name), problems: [] }));
    else if (!options.quiet) {
      terminal.out(
        `\`${name}\` is in order: ${steps.length} step(s) over ${Object.keys(collections).length} collection(s)`,
      );
    }
    return exitCode.done;
  },
});
