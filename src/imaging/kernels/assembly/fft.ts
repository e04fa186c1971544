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
 * A batch of z-columns: nz layers of `rows` rows, each `stride` floats of real parts, then as many of imaginary
 * parts. Transforms every column forward and scales it: this is how a transfer function is made.
 */
export function forwardBatch(plan: usize, batch: usize, rows: i32, stride: i32, scale: f32, even: usize, odd: usize): void {
  const layer = (<usize>stride << 3) * <usize>rows, imaginary = <usize>stride << 2;
  for (let row = 0; row < rows; row++) {
    let re = batch + (<usize>stride << 3) * <usize>row;
    for (let left = stride >> 2; left > 0; left -= 2, re += 32) {
      const width = left > 1 ? 2 : 1, im = re + imaginary;
      transform(plan, width, re, im, layer, re, im, layer, even, odd);
    }
  }
  const factor = f32x4.splat(scale);
  const end = batch + layer * <usize>lineLength(plan);
  for (let at = batch; at < end; at += 16) v128.store(at, f32x4.mul(factor, v128.load(at)));
}

/** Every column: forward, times the transfer function (or its conjugate, where sign is −1), inverse. */
export function filterBatch(
  plan: usize, batch: usize, transfer: usize, rows: i32, stride: i32, sign: f32, even: usize, odd: usize, line: usize,
): void {
  const layer = (<usize>stride << 3) * <usize>rows, imaginary = <usize>stride << 2, n = lineLength(plan);
  for (let row = 0; row < rows; row++) {
    let offset = (<usize>stride << 3) * <usize>row;
    for (let left = stride >> 2; left > 0; left -= 2, offset += 32) {
      const width = left > 1 ? 2 : 1;
      const re = batch + offset, im = re + imaginary, bytes = <usize>width << 4;
      transform(plan, width, re, im, layer, line, line + bytes, 2 * bytes, even, odd);
      multiply(line, bytes, transfer + offset, layer, imaginary, n, sign);
      transform(plan, width, line + bytes, line, 2 * bytes, im, re, layer, even, odd);
    }
  }
}

// @ts-ignore: decorator
@inline function multiply(line: usize, bytes: usize, transfer: usize, layer: usize, imaginary: usize, n: i32, sign: f32): void {
  const turn = f32x4.splat(sign);
  for (let z = 0; z < n; z++) {
    for (let c: usize = 0; c < bytes; c += 16) {
      const at = line + c;
      const re = v128.load(at), im = v128.load(at + bytes);
      const tr = v128.load(transfer + c), ti = f32x4.mul(turn, v128.load(transfer + c + imaginary));
      v128.store(at, f32x4.sub(f32x4.mul(re, tr), f32x4.mul(im, ti)));
      v128.store(at + bytes, f32x4.add(f32x4.mul(re, ti), f32x4.mul(im, tr)));
    }
    line += 2 * bytes;
    transfer += layer;
  }
}
