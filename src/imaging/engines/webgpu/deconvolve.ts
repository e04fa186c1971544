import {
  type Blur,
  blurShape,
  cropToImage,
  type DeconvolveOptions,
  firstEstimate,
  flatEstimate,
  type Grid,
  type Iteration,
  planDeconvolution,
  prepareData,
  sumOf,
} from '../../deconvolve/index.ts';
import type { Volume } from '../../volume.ts';
import type { Deconvolved } from '../engine.ts';
import { iterateTiles, turnBlur } from './deconvolve-tiles.ts';
import type { Device } from './device.ts';
import { type Figures, fetchFigures, iterationsKept, makeRun, type Run } from './iteration.ts';
import { planTiles, type Tiles } from './plan-tiles.ts';
import { fetchCropped, sendPrepared } from './prepare.ts';
import { type Layout, layoutOf } from './spectrum.ts';
import { fillTransfer } from './transfer.ts';

/** What is kept from one deconvolution to the next of the same kind: kernels, volumes, the transfer function. */
export interface Kept {
  run?: { readonly key: string; readonly run: Run };
  blur?: Blur | undefined;
}

/** Richardson-Lucy on the device; sizes, data and start are those of the cpu. */
export async function deconvolveOnDevice(
  device: Device,
  kept: Kept,
  image: Volume,
  blur: Blur,
  options: DeconvolveOptions,
): Promise<Deconvolved> {
  if (!Number.isInteger(options.iterations) || options.iterations < 0)
    throw new RangeError(`\`${options.iterations}\` iterations cannot be: give a whole number from 0`);
  const plan = planDeconvolution(image, blurShape(blur), { ...options, threads: 1 });
  const { grid } = plan;
  const tiles =
    blur.kind === 'psf' ? planTiles(grid, blurShape(blur), options.acceleration, device) : undefined;
  const run = await openRun(device, kept, tiles?.layout ?? grid, options.acceleration, tiles?.axis);
  if (kept.blur !== blur) {
    kept.blur = undefined;
    const inOrder = tiles !== undefined && blur.kind === 'psf' ? turnBlur(blur, tiles) : blur;
    await fillTransfer(device, inOrder, run.layout, run.transfer, device.sharedBytes);
    kept.blur = blur;
  }
  const { iterations, volume, lightBefore, lightAfter } =
    tiles === undefined
      ? await computeWhole(device, run, image, grid, options)
      : await computeTiles(device, run, image, { grid, tiles }, options);
  return {
    volume,
    report: {
      plan,
      iterations: iterations.map(({ weight, clamped, sum }) => ({ weight, clamped, sum })),
      lightBefore,
      lightAfter: lightAfter ?? iterations.at(-1)?.sum ?? sumOf(volume),
      clamped: iterations.reduce((total, { clamped }) => total + clamped, 0),
    },
  };
}

interface Computed {
  readonly iterations: readonly Iteration[];
  readonly volume: Volume;
  readonly lightBefore: number;
  /** Undefined where the last iteration has summed it. */
  readonly lightAfter: number | undefined;
}

/** Everything on the device: the image goes there as it is, and its part of the result comes back. */
async function computeWhole(
  device: Device,
  run: Run,
  image: Volume,
  grid: Grid,
  options: DeconvolveOptions,
): Promise<Computed> {
  const lightBefore = await sendPrepared(device, run, image, grid, options);
  if (options.start === 'data') device.copy(run.data, run.estimates[0]);
  else device.upload(run.estimates[0], flatEstimate(image, grid.estimate).data);
  if (run.accelerated) for (const buffer of [run.estimates[1], run.change]) device.clear(buffer);
  const iterations = await iterate(device, run, options.iterations);
  const { volume, sum } = await fetchCropped(device, run, lastEstimate(run, options.iterations), grid);
  return { iterations, volume, lightBefore, lightAfter: sum };
}

/** What the device has no room for lies in this process's memory, and is prepared there. */
async function computeTiles(
  device: Device,
  run: Run,
  image: Volume,
  { grid, tiles }: { readonly grid: Grid; readonly tiles: Tiles },
  { iterations: count, background, apodisedPixels, start }: DeconvolveOptions,
): Promise<Computed> {
  const { data, light } = prepareData(image, grid, background, apodisedPixels);
  const first = firstEstimate(image, data, start);
  const work = { grid, tiles, data, estimate: first, iterations: count };
  const { iterations, estimate } = await iterateTiles(device, run, work);
  const volume = cropToImage(estimate, grid);
  const lightAfter = volume === estimate ? undefined : sumOf(volume);
  return { iterations, volume, lightBefore: light, lightAfter };
}

/** The kept run where it is of the same kind, or a new one in its place. */
async function openRun(
  device: Device,
  kept: Kept,
  grid: Pick<Layout, 'estimate' | 'transform'>,
  accelerated: boolean,
  tiledAlong: string | undefined,
): Promise<Run> {
  const layout = layoutOf(grid.estimate, grid.transform);
  const key = JSON.stringify([layout, accelerated, tiledAlong]);
  if (kept.run?.key === key) return kept.run.run;
  await dropRun(device, kept);
  const run = await makeRun(device, layout, accelerated, device.sharedBytes);
  kept.run = { key, run };
  return run;
}

export async function dropRun(device: Device, kept: Kept): Promise<void> {
  const { run } = kept;
  delete kept.run;
  kept.blur = undefined;
  if (run !== undefined) await device.free(run.run.buffers);
}

/** Hands over iteration after iteration; waits only to fetch figures, when the device has no more room for them. */
export async function iterate(device: Device, run: Run, iterations: number): Promise<Figures[]> {
  const done: Figures[] = [];
  device.clear(run.state);
  for (let from = 0; from < iterations; from += iterationsKept) {
    const count = Math.min(iterationsKept, iterations - from);
    for (let k = from; k < from + count; k++) device.submit(k % 2 === 0 ? run.steps[0] : run.steps[1]);
    device.clear(run.state, 8, 4);
    done.push(...(await fetchFigures(device, run, count)));
  }
  return done;
}

function lastEstimate(run: Run, iterations: number): GPUBuffer {
  return run.estimates[iterations % 2 === 0 ? 0 : 1];
}
