import type { Argv } from 'yargs';
import { EspalierError } from '../../model/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & {
  readonly run?: string | undefined;
  readonly only?: readonly string[] | undefined;
  readonly to?: string | undefined;
};

export const fetch = defineCommand({
  command: 'fetch [run]',
  describe: 'Bring results of a run to this machine, each verified by its content',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('run', { type: 'string', describe: 'Run id or the beginning of one (default: the latest)' })
      .option('only', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'STEP.OUTPUT or STEP/NAME, with * and ?, as often as needed (default: all)',
      })
      .option('to', {
        type: 'string',
        requiresArg: true,
        describe: 'Folder to make (default: espalier-results/RUN)',
      }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { withRun, fetchResults } = await import('../../run/index.ts');
    return withRun(readSurroundings(), options.run, async (open, { run }) => {
      const folder = options.to ?? `espalier-results/${run}`;
      const files: string[] = [];
      const count = await fetchResults(run, open, options.only ?? [], folder, ({ path, was }) => {
        files.push(path);
        if (options.output === 'text' && !options.quiet)
          terminal.err(`${oneLine(path)}${was === 'there' ? ' (there already)' : ''}`);
      });
      if (count === 0)
        throw new EspalierError('nothing-to-fetch', `run \`${run}\` has no such result`, {
          hint: '`espalier show` names its steps and outputs',
        });
      terminal.out(
        options.output === 'json'
          ? renderJson({ folder, files: files.sort() })
          : `${count} file(s) in ${folder}`,
      );
      return exitCode.done;
    });
  },
});
