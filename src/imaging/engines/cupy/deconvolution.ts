import {
  apodisation,
  type Blur,
  blurShape,
  type DeconvolutionReport,
  type DeconvolveOptions,
  planDeconvolution,
} from '../../deconvolve/index.ts';
import type { Shape, Volume } from '../../volume.ts';
import { EngineError } from '../engine.ts';
import { isRecord, type SamplesFile } from './child.ts';
import type { Exchange } from './exchange.ts';

type Plan = DeconvolutionReport['plan'];

/** Sizes, and everything that the Python program is to know, as it wants them: z first. */
export async function deconvolveRequest(
  exchange: Exchange,
  image: Volume,
  blur: Blur,
  options: DeconvolveOptions,
): Promise<{ plan: Plan; how: object; inputs: Readonly<Record<string, SamplesFile>> }> {
  if (!Number.isInteger(options.iterations) || options.iterations < 0)
    throw new RangeError(`\`${options.iterations}\` iterations cannot be: give a whole number from 0`);
  apodisation(image, options.apodisedPixels);
  const plan = planDeconvolution(image, blurShape(blur), { ...options, threads: 1 });
  const { estimate, transform, origin } = plan.grid;
  const how = {
    grid: {
      estimate: lengths(estimate),
      transform: lengths(transform),
      origin: [origin.z, origin.y, origin.x],
    },
    blur: describeBlur(blur),
    iterations: options.iterations,
    acceleration: options.acceleration,
    background: options.background,
    apodise: options.apodisedPixels,
    start: options.start,
  };
  const inputs = {
    image: await exchange.send('image', image.data, lengths(image)),
    ...(await sendBlur(exchange, blur)),
  };
  return { plan, how, inputs };
}

const lengths = ({ nx, ny, nz }: Shape): readonly number[] => [nz, ny, nx];

function describeBlur(blur: Blur): object {
  if (blur.kind === 'psf') {
    const { x, y, z } = blur.psf.centre;
    return { centre: [z, y, x] };
  }
  const { radialStep, axialStep } = blur.otf;
  return { steps: { radialStep, axialStep }, voxel: blur.voxel };
}

async function sendBlur(exchange: Exchange, blur: Blur): Promise<Readonly<Record<string, SamplesFile>>> {
  if (blur.kind === 'psf')
    return { psf: await exchange.send('psf', blur.psf.volume.data, lengths(blur.psf.volume)) };
  const { radialCount, axialCount, re, im } = blur.otf;
  const shape = [radialCount, axialCount];
  return { re: await exchange.send('re', re, shape), im: await exchange.send('im', im, shape) };
}

/** The Python program's report, checked, in the words of the CPU program's. */
export function reportOf(told: unknown, plan: Plan): DeconvolutionReport {
  if (!isRecord(told) || !Array.isArray(told.iterations))
    throw new EngineError('the Python program gave no report of a deconvolution');
  return {
    plan,
    lightBefore: numberIn(told, 'lightBefore'),
    lightAfter: numberIn(told, 'lightAfter'),
    clamped: numberIn(told, 'clamped'),
    iterations: told.iterations.filter(isRecord).map((each) => ({
      weight: numberIn(each, 'weight'),
      clamped: numberIn(each, 'clamped'),
      sum: numberIn(each, 'sum'),
    })),
  };
}

function numberIn(record: Readonly<Record<string, unknown>>, name: string): number {
  const value = record[name];
  if (typeof value !== 'number')
    throw new EngineError(`the Python program's report has no number \`${name}\``);
  return value;
}
