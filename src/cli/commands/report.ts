import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & { readonly run?: string | undefined; readonly to?: string | undefined };

export const report = defineCommand({
  command: 'report [run]',
  describe: 'Write the page of a run: one HTML file with graph, times, parameters, pictures, failures',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('run', { type: 'string', describe: 'Run id or the beginning of one (default: the latest)' })
      .option('to', {
        type: 'string',
        requiresArg: true,
        describe: "File to write (default: report.html in the run's folder)",
      }),
  run: reportRun,
});

export async function reportRun(options: Options, terminal: Terminal): Promise<number> {
  const { withRun, writeReport } = await import('../../run/index.ts');
  return withRun(readSurroundings(), options.run, async (open, { run }) => {
    const path = await writeReport(open, run, options.to);
    terminal.out(options.output === 'json' ? renderJson({ path }) : path);
    return exitCode.done;
  });
}
