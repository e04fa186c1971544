import {
  clearLanesFrom, clearRowsFrom, plane, realStrideBytes, rowsToReal, rowsToSpectrum, transformColumns,
} from './plane';
import { high, highs, low, lows, transpose } from './transpose';

// The steps of Richardson-Lucy on one plane that lies in the second-level cache: inverse along y, then eight rows
// at a time inverse along x, the step itself, forward along x; at last forward along y.
//
// After an inverse the parts are exchanged: rows 4-7 lie in the first half of an element, rows 0-3 in the second.

// Bytes from an element to its rows 0-3 then.
const firstRows: usize = 16;

/** Sums of the steps since `clearSums`, each as two doubles that are still to be added. */
export const sums = memory.data(64, 16);
export function clearSums(): void { memory.fill(sums, 0, 64); }
const clampedSum: usize = sums;
const estimateSum: usize = sums + 16;
const crossSum: usize = sums + 32;
const squareSum: usize = sums + 48;

/** Adds the four lanes in double precision. */
// @ts-ignore: decorator
@inline function addToSum(at: usize, value: v128): void {
  const upper = f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3));
  v128.store(at, f64x2.add(v128.load(at), f64x2.add(f64x2.promote_low_f32x4(value), upper)));
}

/** max(0, x + weight·(x − before)), or x itself, → spectrum. */
export function forwardPlane(x: usize, before: usize, weight: f32, predict: bool): void {
  const lanes = plane.bufferB, stride = realStrideBytes();
  for (let row = 0; row < plane.realRows; row += 8) {
    for (let half = 0; half < 2; half++) {
      const offset = stride * <usize>(row + 4 * half);
      if (predict) predictRows(x + offset, before + offset, stride, weight, lanes + 16 * <usize>half);
      else transposeRows(x + offset, stride, lanes + 16 * <usize>half);
    }
    clearLanesFrom(lanes, plane.realWidth);
    rowsToSpectrum(lanes, row);
  }
  clearRowsFrom(plane.realRows);
  transformColumns();
}

function transposeRows(x: usize, stride: usize, lanes: usize): void {
  for (let left = plane.realWidth; left > 0; left -= 4, x += 16, lanes += 128) transpose(x, stride, lanes, 32);
}

function predictRows(x: usize, before: usize, stride: usize, weight: f32, lanes: usize): void {
  const w = f32x4.splat(weight);
  for (let left = plane.realWidth; left > 0; left -= 4, x += 16, before += 16, lanes += 128) {
    const a = predicted(v128.load(x), v128.load(before), w);
    const b = predicted(v128.load(x + stride), v128.load(before + stride), w);
    const c = predicted(v128.load(x + 2 * stride), v128.load(before + 2 * stride), w);
    const d = predicted(v128.load(x + 3 * stride), v128.load(before + 3 * stride), w);
    const ab = low(a, b), cd = low(c, d), AB = high(a, b), CD = high(c, d);
    storeLanes(lanes, lows(ab, cd), highs(ab, cd), lows(AB, CD), highs(AB, CD));
  }
}

// @ts-ignore: decorator
@inline function predicted(x: v128, before: v128, w: v128): v128 {
  return f32x4.pmax(f32x4.splat(0), f32x4.add(x, f32x4.mul(w, f32x4.sub(x, before))));
}

// @ts-ignore: decorator
@inline function storeLanes(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, a);
  v128.store(to, b, 32);
  v128.store(to, c, 64);
  v128.store(to, d, 96);
}

/** Blurred estimate B (spectrum along x and y) → spectrum of clip(data / B + ε, −10, 10). */
export function ratioPlane(data: usize): void {
  const stride = realStrideBytes();
  transformColumns();
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = rowsToReal(row);
    const cut = ratioRows(data + stride * <usize>row, stride, lanes);
    store<f64>(clampedSum, load<f64>(clampedSum) + <f64>cut);
    clearLanesFrom(lanes, plane.realWidth);
    rowsToSpectrum(lanes, row);
  }
  clearRowsFrom(plane.realRows);
  transformColumns();
}

/** ε, and the limits of a ratio. In memory, because the compiler would make constants anew at every use. */
const constants = memory.data<f32>([1.1920929e-7, 10.0, -10.0]);

/** Eight rows of ratios, in order again. Returns how many were cut. Past the width the data are 0, and never cut. */
function ratioRows(data: usize, stride: usize, lanes: usize): i32 {
  const quads = memory.data(128, 16);
  const eps = v128.load32_splat(constants);
  const most = v128.load32_splat(constants, 4), least = v128.load32_splat(constants, 8);
  let cut = f32x4.splat(0);
  for (let left = plane.realWidth; left > 0; left -= 4, data += 16, lanes += 128) {
    transpose(data, stride, quads, 32);
    transpose(data + 4 * stride, stride, quads + 16, 32);
    for (let at: usize = 0; at < 128; at += 32) {
      const later = ratioOf(v128.load(quads + at, 16), v128.load(lanes + at), eps);
      const first = ratioOf(v128.load(quads + at), v128.load(lanes + at, 16), eps);
      const firstClipped = f32x4.pmax(least, f32x4.pmin(most, first));
      const laterClipped = f32x4.pmax(least, f32x4.pmin(most, later));
      cut = i32x4.add(cut, i32x4.add(f32x4.ne(first, firstClipped), f32x4.ne(later, laterClipped)));
      v128.store(lanes + at, firstClipped);
      v128.store(lanes + at, laterClipped, 16);
    }
  }
  // A lane that differs counts as −1.
  const two = i32x4.add(cut, v128.shuffle<i32>(cut, cut, 2, 3, 0, 1));
  return -(i32x4.extract_lane(two, 0) + i32x4.extract_lane(two, 1));
}

/** data / blurred + ε, where a blurred 0 counts as ε. */
// @ts-ignore: decorator
@inline function ratioOf(data: v128, blurred: v128, eps: v128): v128 {
  const divisor = v128.or(blurred, v128.and(eps, f32x4.eq(blurred, f32x4.splat(0))));
  return f32x4.add(f32x4.div(data, divisor), eps);
}

/** Correction (spectrum along x and y): x ← max(0, x · correction); then its spectrum, unless it is the last. */
export function updatePlane(x: usize, last: bool): void {
  const stride = realStrideBytes();
  transformColumns();
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = rowsToReal(row);
    updateRows(x + stride * <usize>row, stride, lanes);
    if (last) continue;
    clearLanesFrom(lanes, plane.realWidth);
    rowsToSpectrum(lanes, row);
  }
  if (last) return;
  clearRowsFrom(plane.realRows);
  transformColumns();
}

/**
 * Eight rows of new estimate, in place and as lanes in order. Past the width x is 0 and stays so: with 0 as the first
 * operand, pmax gives 0 even for what is not a number.
 */
function updateRows(x: usize, stride: usize, lanes: usize): void {
  const quads = memory.data(128, 16), zero = f32x4.splat(0);
  for (let left = plane.realWidth; left > 0; left -= 4, x += 16, lanes += 128) {
    transpose(x, stride, quads, 32);
    transpose(x + 4 * stride, stride, quads + 16, 32);
    let sum = zero;
    for (let at: usize = 0; at < 128; at += 32) {
      const later = f32x4.pmax(zero, f32x4.mul(v128.load(quads + at, 16), v128.load(lanes + at)));
      const first = f32x4.pmax(zero, f32x4.mul(v128.load(quads + at), v128.load(lanes + at, 16)));
      sum = f32x4.add(sum, f32x4.add(first, later));
      v128.store(lanes + at, first);
      v128.store(lanes + at, later, 16);
    }
    addToSum(estimateSum, sum);
    transpose(lanes, 32, x, stride);
    transpose(lanes + 16, 32, x + 4 * stride, stride);
  }
}

/**
 * The accelerated update. From x, the estimate before it, and the weight, y is made again (cheaper than keeping it);
 * then before ← max(0, y · correction), which is the new estimate, and change ← new − y.
 */
export function acceleratedPlane(x: usize, before: usize, change: usize, weight: f32): void {
  const stride = realStrideBytes();
  transformColumns();
  for (let row = 0; row < plane.realRows; row += 8) {
    const lanes = rowsToReal(row), at = stride * <usize>row, next = at + 4 * stride;
    acceleratedRows(x + at, before + at, change + at, stride, weight, lanes + firstRows);
    acceleratedRows(x + next, before + next, change + next, stride, weight, lanes);
  }
}

function acceleratedRows(x: usize, before: usize, change: usize, stride: usize, weight: f32, lanes: usize): void {
  const quads = memory.data(64, 16), w = f32x4.splat(weight), zero = f32x4.splat(0);
  const toBefore = before - x, toChange = change - x;
  for (let left = plane.realWidth; left > 0; left -= 4, x += 16, lanes += 128) {
    transpose(lanes, 32, quads, 16);
    let sum = zero, cross = zero, square = zero;
    for (let row = 0, at = x; row < 4; row++, at += stride) {
      const y = predicted(v128.load(at), v128.load(at + toBefore), w);
      const next = f32x4.pmax(zero, f32x4.mul(y, v128.load(quads + (<usize>row << 4))));
      const step = f32x4.sub(next, y);
      sum = f32x4.add(sum, next);
      cross = f32x4.add(cross, f32x4.mul(step, v128.load(at + toChange)));
      square = f32x4.add(square, f32x4.mul(step, step));
      v128.store(at + toBefore, next);
      v128.store(at + toChange, step);
    }
    addToSum(estimateSum, sum);
    addToSum(crossSum, cross);
    addToSum(squareSum, square);
  }
}
