import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Argv } from 'yargs';
import { EspalierError } from '../../model/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { setOption, siteOption } from '../plan-options.ts';
import { packageFolder, readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';
import { reportRun } from './report.ts';
import { runWorkflow } from './run.ts';

type Options = CommonOptions & {
  readonly folder: string;
  readonly seed: string;
  readonly size?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly site: string;
};

export const demo = defineCommand({
  command: 'demo [folder]',
  describe: 'Make a small lattice light sheet acquisition, then deskew, deconvolve and project it',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('folder', { type: 'string', default: 'espalier-demo', describe: 'Folder to make' })
      .option('seed', { type: 'string', default: '1', describe: 'The same seed gives the same images' })
      .option('size', {
        type: 'string',
        requiresArg: true,
        describe: 'Of a raw stack: x (along the sheet) x y x planes (default: 96x176x72)',
      })
      .option('set', setOption)
      .option('site', siteOption),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const folder = resolve(options.folder);
    const data = join(folder, 'data');
    if (!options.quiet) terminal.err(`making a two-channel time series in ${data}`);
    await simulate(data, options);
    const file = join(packageFolder, 'workflows/lattice-light-sheet.yaml');
    const planning = {
      file,
      data,
      site: options.site,
      work: join(folder, 'runs'),
      fuse: true,
      pack: true,
      batch: true,
    };
    const code = await runWorkflow({ ...options, ...planning }, terminal);
    if (code !== exitCode.done || options.output === 'json') return code;
    if (!options.quiet) terminal.err('\nthe report, a page for your browser:');
    return reportRun({ output: 'text', quiet: options.quiet }, terminal);
  },
});

/** The simulator belongs to the imaging program, which is run like any other tool. */
async function simulate(folder: string, { seed, size }: Options): Promise<void> {
  const [program, ...words] = readSurroundings().programs['espalier-imaging'] ?? [];
  if (program === undefined) throw new Error('the imaging program is not there');
  try {
    await promisify(execFile)(program, [
      ...words,
      'simulate',
      folder,
      `--seed=${seed}`,
      ...(size === undefined ? [] : [`--size=${size}`]),
    ]);
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new EspalierError('no-demo-data', `cannot make the images: ${stderr}`);
  }
}
