import { deconvolveColumns } from '../deconvolve/column-kernel.ts';
import { deconvolvePlanes } from '../deconvolve/plane-kernel.ts';

import { resamplePlanes } from '../geometry/resample-kernel.ts';
import { shearPlanes } from '../geometry/shear-kernel.ts';

/**
 * Every function that a worker can run, by name. A kernel takes one structured-cloneable value (shared buffers
 * are shared, not copied) and returns one. Its result must depend on its arguments alone, never on the thread or
 * on what that thread did before; then no result depends on the number of threads.
 */
const kernels = {
  /** Adds 1 to a range of samples: what the pool's own tests run. */
  addOne,
  deconvolveColumns,
  deconvolvePlanes,
  /** Deskews a run of planes by shear. */
  shearPlanes,
  /** Fills a run of planes of an upright volume. */
  resamplePlanes,
};

export type KernelName = keyof typeof kernels;
export type KernelArgs = { [K in KernelName]: Parameters<(typeof kernels)[K]>[0] };
export type KernelResults = { [K in KernelName]: ReturnType<(typeof kernels)[K]> };

const table: { [K in KernelName]: (args: KernelArgs[K]) => KernelResults[K] } = kernels;

export function runKernel<K extends KernelName>(name: K, args: KernelArgs[K]): KernelResults[K] {
  return table[name](args);
}

interface Range {
  readonly data: Float32Array;
  readonly from: number;
  readonly to: number;
}

function addOne({ data, from, to }: Range): number {
  if (from > to) throw new RangeError(`the range \`${from}..${to}\` runs backwards`);
  for (let i = from; i < to; i++) data[i] = (data[i] ?? 0) + 1;
  return to - from;
}
