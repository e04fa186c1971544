import { lineLength, resultOf, transform } from './line';
import { loadColumns, storeColumns, transposed0, transposed1, transposed2, transposed3, transpose } from './transpose';

// A plane in scratch memory, and the real planes that go with it. Every field is set by the caller.
//
// Spectrum: `rows` rows (a multiple of 8), each `stride` floats of real parts, then as many of imaginary parts.
// Real planes: `realRows` rows (a multiple of 8) of `realStride` floats, of which `realWidth` count; the rest are 0.
//
// Eight real rows are transformed at once: four in the lanes of the real part and four in those of the imaginary
// part of one complex line. That serves odd and even lengths alike and needs no extra twiddles.

@unmanaged
export class Plane {
  planX: usize = 0;
  planY: usize = 0;
  spectrum: usize = 0;
  rows: i32 = 0;
  half: i32 = 0;
  stride: i32 = 0;
  realRows: i32 = 0;
  realWidth: i32 = 0;
  realStride: i32 = 0;
  bufferA: usize = 0;
  bufferB: usize = 0;
}

export const plane = changetype<Plane>(memory.data(64, 16));

/** Bytes from one row of the spectrum to the next. */
// @ts-ignore: decorator
@inline export function spectrumStride(): usize { return <usize>plane.stride << 3; }
// @ts-ignore: decorator
@inline export function realStrideBytes(): usize { return <usize>plane.realStride << 2; }

/** Transforms every column of the spectrum in place, eight at a time. */
export function transformColumns(inverse: bool): void {
  const row = spectrumStride(), imaginary = <usize>plane.stride << 2;
  for (let at = plane.spectrum, left = plane.stride >> 2; left > 0; left -= 2, at += 32) {
    const width = left > 1 ? 2 : 1;
    const re = inverse ? at + imaginary : at;
    const im = inverse ? at : at + imaginary;
    transform(plane.planY, width, re, im, row, re, im, row, plane.bufferA, plane.bufferB);
  }
}

/** Eight rows of spectrum → lanes in real space. Returns where they lie. */
export function rowsToReal(firstRow: i32): usize {
  const line = plane.bufferB, other = plane.bufferA;
  tangle(plane.spectrum + spectrumStride() * <usize>firstRow, line);
  const result = resultOf(plane.planX, other, line);
  transform(plane.planX, 1, line + 16, line, 32, result + 16, result, 32, other, line);
  return result;
}

/** Lanes in real space (in either buffer) → eight rows of spectrum. */
export function rowsToSpectrum(lanes: usize, firstRow: i32): void {
  const other = lanes == plane.bufferA ? plane.bufferB : plane.bufferA;
  const result = resultOf(plane.planX, other, lanes);
  transform(plane.planX, 1, lanes, lanes + 16, 32, result, result + 16, 32, other, lanes);
  untangle(result, plane.spectrum + spectrumStride() * <usize>firstRow);
}

/** Sets to 0 the rows of the spectrum that no real row fills. */
export function clearRowsFrom(firstRow: i32): void {
  if (firstRow >= plane.rows) return;
  memory.fill(plane.spectrum + spectrumStride() * <usize>firstRow, 0, spectrumStride() * <usize>(plane.rows - firstRow));
}

/** Sets to 0 the lanes from sample `from` to the end of the line. */
export function clearLanesFrom(lanes: usize, from: i32): void {
  const n = lineLength(plane.planX);
  if (from < n) memory.fill(lanes + (<usize>from << 5), 0, <usize>(n - from) << 5);
}

/** Spectra A (rows 0-3) and B (rows 4-7) → the spectrum of A + iB, its mirrored half included. */
function tangle(rows: usize, line: usize): void {
  const row = spectrumStride(), imaginary = <usize>plane.stride << 2, n = lineLength(plane.planX);
  for (let k0 = 0; k0 < plane.half; k0 += 4) {
    const at = rows + (<usize>k0 << 2);
    loadColumns(at, row);
    const ar0 = transposed0, ar1 = transposed1, ar2 = transposed2, ar3 = transposed3;
    loadColumns(at + imaginary, row);
    const ai0 = transposed0, ai1 = transposed1, ai2 = transposed2, ai3 = transposed3;
    loadColumns(at + 4 * row, row);
    const br0 = transposed0, br1 = transposed1, br2 = transposed2, br3 = transposed3;
    loadColumns(at + 4 * row + imaginary, row);
    tangleOne(line, n, k0, ar0, ai0, br0, transposed0);
    tangleOne(line, n, k0 + 1, ar1, ai1, br1, transposed1);
    tangleOne(line, n, k0 + 2, ar2, ai2, br2, transposed2);
    tangleOne(line, n, k0 + 3, ar3, ai3, br3, transposed3);
  }
}

// @ts-ignore: decorator
@inline function tangleOne(line: usize, n: i32, k: i32, ar: v128, ai: v128, br: v128, bi: v128): void {
  if (k >= plane.half) return;
  const at = line + (<usize>k << 5);
  if (k == 0 || 2 * k == n) {
    // Real by symmetry: what rounding left in the imaginary part must not leak from one row into another.
    v128.store(at, ar);
    v128.store(at + 16, br);
    return;
  }
  const mirror = line + (<usize>(n - k) << 5);
  v128.store(at, f32x4.sub(ar, bi));
  v128.store(at + 16, f32x4.add(ai, br));
  v128.store(mirror, f32x4.add(ar, bi));
  v128.store(mirror + 16, f32x4.sub(br, ai));
}

/** The inverse of tangle. */
function untangle(line: usize, rows: usize): void {
  const row = spectrumStride(), imaginary = <usize>plane.stride << 2, n = lineLength(plane.planX);
  const half = f32x4.splat(0.5);
  for (let k0 = 0; k0 < plane.stride; k0 += 4) {
    const at = rows + (<usize>k0 << 2);
    for (let part = 0; part < 4; part++) {
      transpose(
        part4(line, n, k0, part, half), part4(line, n, k0 + 1, part, half),
        part4(line, n, k0 + 2, part, half), part4(line, n, k0 + 3, part, half),
      );
      storeColumns(at + (part & 1 ? imaginary : 0) + (part & 2 ? 4 * row : 0), row);
    }
  }
}

/** Part 0, 1: real and imaginary part of A at k; 2, 3: of B. */
// @ts-ignore: decorator
@inline function part4(line: usize, n: i32, k: i32, part: i32, half: v128): v128 {
  if (k >= plane.half) return f32x4.splat(0);
  const at = line + (<usize>k << 5), mirror = line + (<usize>(k == 0 ? 0 : n - k) << 5);
  if (part == 0) return f32x4.mul(half, f32x4.add(v128.load(at), v128.load(mirror)));
  if (part == 1) return f32x4.mul(half, f32x4.sub(v128.load(at + 16), v128.load(mirror + 16)));
  if (part == 2) return f32x4.mul(half, f32x4.add(v128.load(at + 16), v128.load(mirror + 16)));
  return f32x4.mul(half, f32x4.sub(v128.load(mirror), v128.load(at)));
}
