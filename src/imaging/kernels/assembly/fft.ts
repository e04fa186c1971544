// Fourier transforms and the steps of Richardson-Lucy for one plane or one batch of columns in scratch memory.
// The caller owns the memory, lays it out, and copies samples in and out. Nothing is allocated here.
import { lineLength, transform } from './parts/line';
import { plane } from './parts/plane';
import { sums } from './parts/steps';

export { acceleratedPlane, clearSums, forwardPlane, ratioPlane, updatePlane } from './parts/steps';
export { transformColumns } from './parts/plane';

/** The first byte that is the caller's. */
export function scratchStart(): usize { return __heap_base; }
export function sumsAt(): usize { return sums; }

/** Says where the plane lies; the fields are those of `Plane`. */
export function setPlane(
  planX: usize, planY: usize, spectrum: usize, rows: i32, half: i32, stride: i32,
  realRows: i32, realWidth: i32, realStride: i32, bufferA: usize, bufferB: usize,
): void {
  plane.planX = planX;
  plane.planY = planY;
  plane.spectrum = spectrum;
  plane.rows = rows;
  plane.half = half;
  plane.stride = stride;
  plane.realRows = realRows;
  plane.realWidth = realWidth;
  plane.realStride = realStride;
  plane.bufferA = bufferA;
  plane.bufferB = bufferB;
}

/**
 * A batch of z-columns: nz layers of `rows` rows, each `stride` complex samples in groups of four. Transforms every
 * column forward and scales it: this is how a transfer function is made.
 */
export function forwardBatch(plan: usize, batch: usize, rows: i32, stride: i32, scale: f32, even: usize, odd: usize): void {
  const layer = (<usize>stride << 3) * <usize>rows;
  for (let at = batch, end = batch + layer; at < end; at += 64) {
    transform(plan, end - at > 32 ? 64 : 32, at, layer, at, layer, even, odd);
  }
  const factor = f32x4.splat(scale);
  const end = batch + layer * <usize>lineLength(plan);
  for (let at = batch; at < end; at += 16) v128.store(at, f32x4.mul(factor, v128.load(at)));
}

/**
 * Every column: forward, times the transfer function (or its conjugate, where sign is −1), inverse. The real and the
 * imaginary parts come out exchanged, as the inverse transforms that follow want them.
 */
export function filterBatch(
  plan: usize, batch: usize, transfer: usize, rows: i32, stride: i32, sign: f32, even: usize, odd: usize, line: usize,
): void {
  const layer = (<usize>stride << 3) * <usize>rows, n = lineLength(plan), ahead = transfer - batch;
  for (let at = batch, end = batch + layer; at < end; at += 64) {
    const wide: usize = end - at > 32 ? 64 : 32;
    transform(plan, wide, at, layer, line, wide, even, odd);
    multiply(line, wide, at + ahead, layer, n, sign);
    transform(plan, wide, line, wide, at, layer, even, odd);
  }
}

/** line ← line · transfer, its parts exchanged. */
// @ts-ignore: decorator
@inline function multiply(line: usize, wide: usize, transfer: usize, layer: usize, n: i32, sign: f32): void {
  const turn = f32x4.splat(sign);
  for (; n > 0; n--, line += wide, transfer += layer) {
    for (let c: usize = 0; c < wide; c += 32) {
      const re = v128.load(line + c), im = v128.load(line + c, 16);
      const tr = v128.load(transfer + c), ti = f32x4.mul(turn, v128.load(transfer + c, 16));
      v128.store(line + c, f32x4.add(f32x4.mul(re, ti), f32x4.mul(im, tr)));
      v128.store(line + c, f32x4.sub(f32x4.mul(re, tr), f32x4.mul(im, ti)), 16);
    }
  }
}
