import type { Argv } from 'yargs';
import { EspalierError } from '../model/index.ts';
import type { PlanRequest } from '../run/index.ts';

/** Options of every command that plans. */
export interface PlanOptions {
  readonly file: string;
  readonly data?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly acknowledge?: readonly string[] | undefined;
  readonly site: string;
  readonly work?: string | undefined;
  readonly fuse: boolean;
  readonly pack: boolean;
  readonly batch: boolean;
}

export const setOption = {
  type: 'string',
  array: true,
  nargs: 1,
  describe: 'NAME=VALUE or STEP.NAME=VALUE, as often as needed',
} as const;

export const siteOption = {
  type: 'string',
  default: 'local',
  requiresArg: true,
  describe: 'Where to run: this machine, or the name of a site profile',
} as const;

export function planOptions<T>(argv: Argv<T>) {
  return argv
    .positional('file', { type: 'string', demandOption: true, describe: 'Workflow file (YAML)' })
    .option('data', {
      type: 'string',
      requiresArg: true,
      describe: "Folder of the images (default: the workflow's folder)",
    })
    .option('set', setOption)
    .option('acknowledge', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: "Accept that this parameter contradicts the acquisition's metadata",
    })
    .option('site', siteOption)
    .option('work', {
      type: 'string',
      requiresArg: true,
      describe: 'Folder for the runs (default: ./espalier-runs)',
    })
    .option('fuse', {
      type: 'boolean',
      default: true,
      describe: 'Run the steps of one item in one go where they ask for the same',
    })
    .option('pack', { type: 'boolean', default: true, describe: 'Run several short tasks in one go' })
    .option('batch', {
      type: 'boolean',
      default: true,
      describe: 'Give many tasks to one process where the tool takes them',
    });
}

export function planRequest(options: PlanOptions): PlanRequest {
  return {
    file: options.file,
    ...(options.data !== undefined && { data: options.data }),
    set: Object.fromEntries((options.set ?? []).map(parseSetting)),
    acknowledge: options.acknowledge ?? [],
    arguments: process.argv.slice(2),
  };
}

function parseSetting(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new EspalierError('bad-usage', `\`--set ${text}\` has no value`, {
    hint: 'write it as --set NAME=VALUE',
  });
}
