import { defaultAcquisition, simulate } from '../simulate/index.ts';
import { UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import { numberOf, positiveOf, textOf, wholeOf } from './values.ts';
import type { Arguments } from './verb.ts';

export async function runSimulate({ files, options }: Arguments, streams: Streams): Promise<void> {
  const [folder, extra] = files;
  if (folder === undefined || extra !== undefined) throw new UsageError('one OUTDIR is wanted');
  const acquisition = {
    ...defaultAcquisition,
    seed: wholeOf(options, 'seed', 0) ?? defaultAcquisition.seed,
    base: baseOf(options),
    channels: wholeOf(options, 'channels', 1) ?? defaultAcquisition.channels,
    times: wholeOf(options, 'times', 1) ?? defaultAcquisition.times,
    raw: sizeOf(textOf(options, 'size')),
    angle: angleOf(options),
    dz: positiveOf(options, 'dz') ?? defaultAcquisition.dz,
  };
  await simulate(folder, acquisition, (name) => streams.err(`wrote ${name}`));
}

function baseOf(options: Arguments['options']): string {
  const base = textOf(options, 'name') ?? defaultAcquisition.base;
  if (base === '' || /[/\\\0]/.test(base)) throw new UsageError(`--name wants a file name, not \`${base}\``);
  return base;
}

function sizeOf(text: string | undefined): typeof defaultAcquisition.raw {
  if (text === undefined) return defaultAcquisition.raw;
  const [, nx, ny, nz] = (/^(\d{1,5})x(\d{1,5})x(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (!nx || !ny || !nz || Math.min(nx, ny) < 8 || nz < 4)
    throw new UsageError(`--size wants x, y and planes such as 96x176x72 (at least 8x8x4), not \`${text}\``);
  return { nx, ny, nz };
}

function angleOf(options: Arguments['options']): number {
  const angle = numberOf(options, 'angle') ?? defaultAcquisition.angle;
  if (!(angle >= 10 && angle <= 80)) throw new UsageError(`--angle wants 10 to 80 degrees, not \`${angle}\``);
  return angle;
}
