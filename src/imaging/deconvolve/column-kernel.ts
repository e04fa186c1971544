import { encodeLinePlan } from '../fft/index.ts';
import { openScratch, type Scratch, scratchCutter } from '../kernels/index.ts';
import { type Grid, rowsPerBatch, spectrumPlane, spectrumStride } from './grid.ts';
import { fillRadialBatch, type RadialFill } from './radial-batch.ts';

/** Batches of z-columns: made into a transfer function, or filtered by one. */
export interface ColumnWork {
  readonly grid: Grid;
  /** Planes transformed along x and y. */
  readonly spectrum: Float32Array;
  /** Where on the transform's grid each plane of `spectrum` lies; the others are zero. */
  readonly planes: readonly number[];
  readonly transfer: Float32Array;
  readonly action:
    | { readonly kind: 'make'; readonly scale: number }
    | { readonly kind: 'fill'; readonly radial: RadialFill }
    | { readonly kind: 'filter'; readonly sign: -1 | 1 };
  /** Batches `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

/** How many batches there are in all. */
export function batchCount(grid: Grid): number {
  return Math.ceil(grid.transform.ny / rowsPerBatch(grid));
}

/**
 * Runs the third axis of a few batches. `make` writes the transfer function of what `spectrum` holds, `fill`
 * that of a radially averaged table; `filter`
 * multiplies by it (sign 1) or by its conjugate (sign −1) and writes the planes of `spectrum` again.
 */
export function deconvolveColumns(work: ColumnWork): void {
  const scratch = openScratch();
  const place = layBatch(scratch, work.grid);
  for (let batch = work.from; batch < work.to; batch++) runBatch(scratch, place, work, batch);
}

interface Place {
  readonly plan: number;
  readonly batch: number;
  readonly transfer: number;
  readonly buffers: readonly [number, number, number];
}

function layBatch(scratch: Scratch, grid: Grid): Place {
  const { nz } = grid.transform;
  const encoded = encodedPlan(nz);
  const batchBytes = nz * rowsPerBatch(grid) * spectrumStride(grid) * 8;
  const cut = scratchCutter(scratch.kernels.scratchStart());
  const plan = cut(encoded.length);
  const buffers = [cut(64 * nz), cut(64 * nz), cut(64 * nz)] as const;
  const batch = cut(batchBytes);
  const transfer = cut(batchBytes);
  scratch.reserve(cut(0));
  scratch.bytes().set(encoded, plan);
  return { plan, batch, transfer, buffers };
}

const plans = new Map<number, Uint8Array>();

function encodedPlan(n: number): Uint8Array {
  const plan = plans.get(n) ?? encodeLinePlan(n);
  plans.set(n, plan);
  return plan;
}

function runBatch(scratch: Scratch, place: Place, work: ColumnWork, batch: number): void {
  const { grid, action } = work;
  const stride = spectrumStride(grid);
  const firstRow = batch * rowsPerBatch(grid);
  const rows = Math.min(rowsPerBatch(grid), grid.transform.ny - firstRow);
  const layer = rows * 2 * stride;
  const transferAt = firstRow * 2 * stride * grid.transform.nz;
  const samples = layer * grid.transform.nz;
  if (action.kind === 'fill') {
    fillRadialBatch(
      work.transfer.subarray(transferAt, transferAt + samples),
      grid,
      action.radial,
      firstRow,
      rows,
    );
    return;
  }
  const floats = scratch.floats();
  const [even, odd, line] = place.buffers;
  copyLayers(floats, place, work, firstRow, layer, 'in');
  const inside = action.kind === 'make' ? place.batch / 4 : place.transfer / 4;
  if (action.kind === 'make') {
    scratch.kernels.forwardBatch(place.plan, place.batch, rows, stride, action.scale, even, odd);
    work.transfer.set(floats.subarray(inside, inside + samples), transferAt);
    return;
  }
  floats.set(work.transfer.subarray(transferAt, transferAt + samples), inside);
  scratch.kernels.filterBatch(
    place.plan,
    place.batch,
    place.transfer,
    rows,
    stride,
    action.sign,
    even,
    odd,
    line,
  );
  copyLayers(floats, place, work, firstRow, layer, 'out');
}

/** The batch's part of every plane, to or from its layer; layers without a plane are zero. */
function copyLayers(
  floats: Float32Array,
  place: Place,
  work: ColumnWork,
  firstRow: number,
  layer: number,
  way: 'in' | 'out',
): void {
  const planeSamples = spectrumPlane(work.grid);
  const rowSamples = 2 * spectrumStride(work.grid);
  const batchAt = place.batch / 4;
  if (way === 'in' && work.planes.length < work.grid.transform.nz) {
    floats.fill(0, batchAt, batchAt + layer * work.grid.transform.nz);
  }
  for (const [plane, z] of work.planes.entries()) {
    const outside = plane * planeSamples + firstRow * rowSamples;
    const inside = batchAt + z * layer;
    if (way === 'in') floats.set(work.spectrum.subarray(outside, outside + layer), inside);
    else work.spectrum.set(floats.subarray(inside, inside + layer), outside);
  }
}
