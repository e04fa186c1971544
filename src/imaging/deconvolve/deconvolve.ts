import type { Pool } from '../threads/index.ts';
import { createSamples, createVolume, type Shape, type Volume } from '../volume.ts';
import { type Grid, spectrumPlane } from './grid.ts';
import { type DeconvolutionPlan, type Padding, planDeconvolution } from './plan.ts';
import { prepareData } from './prepare-data.ts';
import { type Iteration, iterateAccelerated, iteratePlainly, type Watch } from './richardson-lucy.ts';
import { type Blur, blurShape, makeTransfer } from './transfer.ts';

export interface DeconvolveOptions {
  readonly iterations: number;
  readonly acceleration: boolean;
  readonly padding: Padding;
  /** Counts subtracted from the image; what is then negative becomes 0. */
  readonly background: number;
  /** Pixels at each border over which opposite borders are made to meet; 0 leaves them. */
  readonly apodisedPixels: number;
  /** The first estimate: the data, or the same value everywhere (the image's median, background included). */
  readonly start: 'data' | 'flat';
  /** Told after each iteration; the estimate it is given must not be changed or kept. */
  readonly watch?: Watch;
}

export interface DeconvolutionReport {
  readonly plan: DeconvolutionPlan;
  readonly iterations: readonly Iteration[];
  /** Sums over the image after the background was subtracted, and over the result. */
  readonly lightBefore: number;
  readonly lightAfter: number;
  /** How often the ratio of data to blurred estimate was cut to ±10: often means that the background is too high. */
  readonly clamped: number;
}

/**
 * Richardson-Lucy deconvolution. The result has the image's size whatever the padding, and does not depend on the
 * number of threads.
 * @throws RangeError for values that are not finite, iterations that are no whole number, or a grid too large.
 */
export async function deconvolve(
  image: Volume,
  blur: Blur,
  options: DeconvolveOptions,
  pool: Pool,
): Promise<{ volume: Volume; report: DeconvolutionReport }> {
  if (!Number.isInteger(options.iterations) || options.iterations < 0) {
    throw new RangeError(`\`${options.iterations}\` iterations cannot be: give a whole number from 0`);
  }
  const plan = planDeconvolution(image, blurShape(blur), { ...options, threads: pool.threads });
  const { grid } = plan;
  const spectrum = createSamples(plan.spectrumPlanes * spectrumPlane(grid), 'the spectrum');
  const transfer = await makeTransfer(blur, grid, spectrum, pool);
  const { data, light } = prepareData(image, grid, options.background, options.apodisedPixels);
  const work = { grid, data, estimate: firstEstimate(image, data, options.start), spectrum, transfer, pool };
  const watch = options.watch ?? (() => {});
  const { done, estimate } = options.acceleration
    ? await iterateAccelerated(work, options.iterations, watch)
    : { done: await iteratePlainly(work, options.iterations, watch), estimate: work.estimate };
  const volume = cropToImage(estimate, grid);
  const clamped = done.reduce((total, iteration) => total + iteration.clamped, 0);
  // The last iteration has summed the estimate; where that is larger than the image, the image is summed anew.
  const lightAfter = volume === estimate ? (done.at(-1)?.sum ?? sumOf(volume)) : sumOf(volume);
  return { volume, report: { plan, iterations: done, lightBefore: light, lightAfter, clamped } };
}

/** What the first iteration starts from, on the estimate's grid. */
export function firstEstimate(image: Volume, data: Volume, start: 'data' | 'flat'): Volume {
  if (start === 'flat') return flatEstimate(image, data);
  const estimate = createVolume(data.nx, data.ny, data.nz);
  estimate.data.set(data.data);
  return estimate;
}

/** The image's median everywhere. */
export function flatEstimate(image: Volume, { nx, ny, nz }: Shape): Volume {
  const estimate = createVolume(nx, ny, nz);
  estimate.data.fill(median(image.data));
  return estimate;
}

/** Of an even number of samples the mean of the two in the middle. */
function median(samples: Float32Array): number {
  const sorted = Float32Array.from(samples).sort();
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (lower + upper) / 2;
}

/** The image's part of an estimate, which is the estimate itself where that is no larger. */
export function cropToImage(estimate: Volume, grid: Grid): Volume {
  const { image, origin } = grid;
  if (estimate.data.length === image.nx * image.ny * image.nz) return estimate;
  const cropped = createVolume(image.nx, image.ny, image.nz);
  for (let z = 0; z < image.nz; z++) {
    for (let y = 0; y < image.ny; y++) {
      const from = ((z + origin.z) * estimate.ny + y + origin.y) * estimate.nx + origin.x;
      cropped.data.set(estimate.data.subarray(from, from + image.nx), (z * image.ny + y) * image.nx);
    }
  }
  return cropped;
}

export function sumOf(volume: Volume): number {
  let sum = 0;
  for (let i = 0; i < volume.data.length; i++) sum += volume.data[i] ?? 0;
  return sum;
}
