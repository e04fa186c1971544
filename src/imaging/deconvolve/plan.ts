import { fastSize } from '../fft/index.ts';
import type { Shape } from '../volume.ts';
import { type Grid, rowsPerBatch, spectrumPlane, spectrumStride, transferSamples } from './grid.ts';

/**
 * What lies beyond the image's faces. `circular`: its other side, on a grid of exactly the image's size. `zero`:
 * nothing, as scikit-image has it. `mirror`: its own reflection, which light near a face resembles most.
 */
export type Padding = 'circular' | 'mirror' | 'zero';

/** What decides the size of a deconvolution. */
export interface SizeOptions {
  readonly padding: Padding;
  readonly acceleration: boolean;
  readonly threads: number;
}

/** Sizes and memory of a deconvolution, known before it starts. */
export interface DeconvolutionPlan {
  readonly grid: Grid;
  /** Planes of the spectrum that are kept. */
  readonly spectrumPlanes: number;
  /** Bytes of all volumes it makes, its scratch memory included; the image given to it is not counted. */
  readonly bytes: number;
}

/**
 * Plans a deconvolution of an image of `image` samples by a point spread function of `psf` samples. Padding only
 * ever makes the grid larger than the image; the result is cut back to the image's size.
 */
export function planDeconvolution(image: Shape, psf: Shape, options: SizeOptions): DeconvolutionPlan {
  const grid = planGrid(image, psf, options.padding);
  const spectrumPlanes = Math.max(grid.estimate.nz, Math.min(psf.nz, grid.transform.nz));
  const estimate = samples(grid.estimate);
  // The data and the estimate; accelerated, also the estimate before and the last change.
  const reals = estimate * (options.acceleration ? 4 : 2);
  const result = options.padding === 'mirror' ? samples(image) : 0;
  const complexes = spectrumPlanes * spectrumPlane(grid) + transferSamples(grid);
  const scratch = options.threads * scratchSamples(grid);
  return { grid, spectrumPlanes, bytes: 4 * (reals + result + complexes + scratch) };
}

const samples = (shape: Shape): number => shape.nx * shape.ny * shape.nz;

function planGrid({ nx, ny, nz }: Shape, psf: Shape, padding: Padding): Grid {
  // The lengths alone: a volume is a shape too, and its samples must not travel to the threads with every message.
  const image = { nx, ny, nz };
  if (padding === 'circular')
    return { image, origin: { x: 0, y: 0, z: 0 }, estimate: image, transform: image };
  const transform = {
    nx: fastSize(image.nx + psf.nx - 1),
    ny: fastSize(image.ny + psf.ny - 1),
    nz: fastSize(image.nz + psf.nz - 1),
  };
  if (padding === 'zero') return { image, origin: { x: 0, y: 0, z: 0 }, estimate: image, transform };
  const origin = {
    x: Math.floor((transform.nx - image.nx) / 2),
    y: Math.floor((transform.ny - image.ny) / 2),
    z: Math.floor((transform.nz - image.nz) / 2),
  };
  return { image, origin, estimate: transform, transform };
}

/** One thread's planes and batches; the larger of the two counts, with room for tables and lines. */
function scratchSamples(grid: Grid): number {
  const plane = spectrumPlane(grid) + 3 * grid.estimate.nx * grid.estimate.ny;
  const batch = 2 * grid.transform.nz * rowsPerBatch(grid) * 2 * spectrumStride(grid);
  const lines = 64 * Math.max(grid.transform.nx, grid.transform.ny, grid.transform.nz);
  return Math.max(plane, batch) + lines;
}
