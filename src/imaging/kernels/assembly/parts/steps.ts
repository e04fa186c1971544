import {
  clearLanesFrom, clearRowsFrom, plane, realStrideBytes, rowsToReal, rowsToSpectrum, transformColumns,
} from './plane';
import { loadColumns, storeColumns, transposed0, transposed1, transposed2, transposed3, transpose } from './transpose';

// The steps of Richardson-Lucy on one plane that lies in the second-level cache: inverse along y, then eight rows
// at a time inverse along x, the step itself, forward along x; at last forward along y.

const epsilon: f32 = 1.1920929e-7;

/** Sums of the last step over its plane, in double precision. */
export const sums = memory.data(64, 16);
// @ts-ignore: decorator
@inline function addSum(index: usize, value: f64): void { store<f64>(sums + (index << 3), load<f64>(sums + (index << 3)) + value); }
export function clearSums(): void { memory.fill(sums, 0, 64); }

/** Where the sums lie: 0 ratios clamped, 1 sum of the new estimate, 2 ⟨G, G before⟩, 3 ⟨G, G⟩. */
const clampedSum: usize = 0;
const estimateSum: usize = 1;
const crossSum: usize = 2;
const squareSum: usize = 3;

/** max(0, x + weight·(x − before)) → spectrum. A weight of 0 with before = x transforms x as it is. */
export function forwardPlane(x: usize, before: usize, weight: f32, clip: bool): void {
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = plane.bufferB;
    for (let at = 0; at < plane.realWidth; at += 4) {
      predictQuad(x, before, weight, clip, row, at, lanes, 0);
      predictQuad(x, before, weight, clip, row + 4, at, lanes, 16);
    }
    clearLanesFrom(lanes, plane.realWidth);
    rowsToSpectrum(lanes, row);
  }
  clearRowsFrom(plane.realRows);
  transformColumns(false);
}

/** Four rows by four samples of the predicted estimate, as lanes. */
// @ts-ignore: decorator
@inline function predictQuad(
  x: usize, before: usize, weight: f32, clip: bool, row: i32, at: i32, lanes: usize, part: usize,
): void {
  const stride = realStrideBytes(), offset = stride * <usize>row + (<usize>at << 2);
  const to = lanes + (<usize>at << 5) + part;
  loadColumns(x + offset, stride);
  if (!clip) {
    storeLanes(to, transposed0, transposed1, transposed2, transposed3);
    return;
  }
  const x0 = transposed0, x1 = transposed1, x2 = transposed2, x3 = transposed3, w = f32x4.splat(weight);
  loadColumns(before + offset, stride);
  storeLanes(
    to, predicted(x0, transposed0, w), predicted(x1, transposed1, w), predicted(x2, transposed2, w),
    predicted(x3, transposed3, w),
  );
}

// @ts-ignore: decorator
@inline function predicted(x: v128, before: v128, w: v128): v128 {
  return f32x4.pmax(f32x4.splat(0), f32x4.add(x, f32x4.mul(w, f32x4.sub(x, before))));
}

// @ts-ignore: decorator
@inline function storeLanes(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, a);
  v128.store(to + 32, b);
  v128.store(to + 64, c);
  v128.store(to + 96, d);
}

/** Blurred estimate B (spectrum along x and y) → spectrum of clip(data / B + ε, −10, 10). */
export function ratioPlane(data: usize): void {
  transformColumns(true);
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = rowsToReal(row);
    let clamped = 0;
    for (let at = 0; at < plane.realWidth; at += 4) {
      clamped += ratioQuad(data, row, at, lanes, 0) + ratioQuad(data, row + 4, at, lanes, 16);
    }
    addSum(clampedSum, <f64>clamped);
    clearLanesFrom(lanes, plane.realWidth);
    rowsToSpectrum(lanes, row);
  }
  clearRowsFrom(plane.realRows);
  transformColumns(false);
}

// @ts-ignore: decorator
@inline function ratioQuad(data: usize, row: i32, at: i32, lanes: usize, part: usize): i32 {
  const stride = realStrideBytes(), to = lanes + (<usize>at << 5) + part;
  loadColumns(data + stride * <usize>row + (<usize>at << 2), stride);
  const d1 = transposed1, d2 = transposed2, d3 = transposed3;
  const left = plane.realWidth - at;
  let clamped = ratioOne(to, transposed0);
  if (left > 1) clamped += ratioOne(to + 32, d1);
  if (left > 2) clamped += ratioOne(to + 64, d2);
  if (left > 3) clamped += ratioOne(to + 96, d3);
  return clamped;
}

/** Returns how many of the four lanes were clamped. */
// @ts-ignore: decorator
@inline function ratioOne(at: usize, data: v128): i32 {
  const eps = f32x4.splat(epsilon), limit = f32x4.splat(10), zero = f32x4.splat(0);
  const blurred = v128.load(at);
  const divisor = v128.bitselect(eps, blurred, f32x4.eq(blurred, zero));
  const ratio = f32x4.add(f32x4.div(data, divisor), eps);
  v128.store(at, f32x4.pmax(f32x4.splat(-10), f32x4.pmin(limit, ratio)));
  const mask = i32x4.bitmask(f32x4.gt(f32x4.abs(ratio), limit));
  return mask == 0 ? 0 : popcnt(mask);
}

/** Correction (spectrum along x and y): x ← max(0, x · correction); then its spectrum, unless it is the last. */
export function updatePlane(x: usize, last: bool): void {
  transformColumns(true);
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = rowsToReal(row);
    for (let at = 0; at < plane.realWidth; at += 4) {
      updateQuad(x, row, at, lanes, 0);
      updateQuad(x, row + 4, at, lanes, 16);
    }
    if (last) continue;
    clearLanesFrom(lanes, plane.realWidth);
    rowsToSpectrum(lanes, row);
  }
  if (last) return;
  clearRowsFrom(plane.realRows);
  transformColumns(false);
}

// @ts-ignore: decorator
@inline function updateQuad(x: usize, row: i32, at: i32, lanes: usize, part: usize): void {
  const stride = realStrideBytes(), offset = x + stride * <usize>row + (<usize>at << 2);
  const from = lanes + (<usize>at << 5) + part, zero = f32x4.splat(0);
  loadColumns(offset, stride);
  // Samples past the width are 0 in x, and must stay so whatever lies in the lanes there.
  const a = f32x4.pmax(zero, f32x4.mul(transposed0, v128.load(from)));
  const b = f32x4.pmax(zero, f32x4.mul(transposed1, v128.load(from + 32)));
  const c = f32x4.pmax(zero, f32x4.mul(transposed2, v128.load(from + 64)));
  const d = f32x4.pmax(zero, f32x4.mul(transposed3, v128.load(from + 96)));
  storeLanes(from, a, b, c, d);
  addToSum(estimateSum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  transpose(a, b, c, d);
  storeColumns(offset, stride);
}

/** Adds the four lanes in double precision. */
// @ts-ignore: decorator
@inline function addToSum(index: usize, value: v128): void {
  const at = sums + (index << 3);
  const wide = f64x2.add(f64x2.promote_low_f32x4(value), f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3)));
  store<f64>(at, load<f64>(at) + f64x2.extract_lane(wide, 0) + f64x2.extract_lane(wide, 1));
}

/**
 * The accelerated update. From x, the estimate before it, and the weight, y is made again (cheaper than keeping it);
 * then before ← max(0, y · correction), which is the new estimate, and change ← new − y.
 */
export function acceleratedPlane(x: usize, before: usize, change: usize, weight: f32): void {
  transformColumns(true);
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = rowsToReal(row);
    for (let at = 0; at < plane.realWidth; at += 4) {
      acceleratedQuad(x, before, change, weight, row, at, lanes);
      acceleratedQuad(x, before, change, weight, row + 4, at, lanes + 16);
    }
  }
}

function acceleratedQuad(x: usize, before: usize, change: usize, weight: f32, row: i32, at: i32, lanes: usize): void {
  const stride = realStrideBytes(), offset = stride * <usize>row + (<usize>at << 2);
  const w = f32x4.splat(weight), zero = f32x4.splat(0), from = lanes + (<usize>at << 5);
  transpose(v128.load(from), v128.load(from + 32), v128.load(from + 64), v128.load(from + 96));
  acceleratedOne(x + offset, before + offset, change + offset, transposed0, w, zero);
  acceleratedOne(x + offset + stride, before + offset + stride, change + offset + stride, transposed1, w, zero);
  const two = offset + 2 * stride, three = two + stride;
  acceleratedOne(x + two, before + two, change + two, transposed2, w, zero);
  acceleratedOne(x + three, before + three, change + three, transposed3, w, zero);
}

// @ts-ignore: decorator
@inline function acceleratedOne(x: usize, before: usize, change: usize, correction: v128, w: v128, zero: v128): void {
  const y = predicted(v128.load(x), v128.load(before), w);
  const next = f32x4.pmax(zero, f32x4.mul(y, correction));
  const step = f32x4.sub(next, y);
  addToSum(estimateSum, next);
  addToSum(crossSum, f32x4.mul(step, v128.load(change)));
  addToSum(squareSum, f32x4.mul(step, step));
  v128.store(before, next);
  v128.store(change, step);
}
