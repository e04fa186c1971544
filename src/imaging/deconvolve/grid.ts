import type { Shape } from '../volume.ts';

/**
 * How a stack lies on the grid of the transform. `transform` is the grid; `estimate` the part of it that is not zero
 * for certain, and that is kept in memory; `image` the part that is returned, from `origin` within the estimate.
 */
export interface Grid {
  readonly image: Shape;
  readonly origin: { readonly x: number; readonly y: number; readonly z: number };
  readonly estimate: Shape;
  readonly transform: Shape;
}

/** Complex samples of a row that are kept: the rest follows by symmetry. */
export function halfWidth(grid: Grid): number {
  return Math.floor(grid.transform.nx / 2) + 1;
}

/** `halfWidth` filled up to whole vectors of four. Away from powers of two, whose rows would share cache sets. */
export function spectrumStride(grid: Grid): number {
  const stride = 4 * Math.ceil(halfWidth(grid) / 4);
  return stride % 128 === 0 ? stride + 4 : stride;
}

/** Samples of one plane of the spectrum: complex, in groups of four real and four imaginary parts. */
export function spectrumPlane(grid: Grid): number {
  return grid.transform.ny * 2 * spectrumStride(grid);
}

/** A batch of z-columns should stay in the second-level cache, beside its part of the transfer function. */
const batchBytes = 384 * 1024;

/** Rows of the spectrum in a batch. */
export function rowsPerBatch(grid: Grid): number {
  const rowBytes = grid.transform.nz * 2 * spectrumStride(grid) * 4;
  return Math.min(grid.transform.ny, Math.max(1, Math.floor(batchBytes / rowBytes)));
}

/** Samples of the transfer function on this grid: per batch, its layers one after the other. */
export function transferSamples(grid: Grid): number {
  return grid.transform.nz * spectrumPlane(grid);
}
