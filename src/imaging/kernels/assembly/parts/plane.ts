import { lineLength, resultOf, transform } from './line';
import { transpose } from './transpose';

// A plane in scratch memory, and the real planes that go with it. Every field is set by the caller.
//
// Spectrum: `rows` rows of `stride` complex samples, in groups of four: four real parts, then four imaginary parts.
// From the filter to the inverse transforms the two are exchanged: that makes forward stages compute inverses.
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

/** Sixteen vectors: A and B, real and imaginary, of four neighbouring frequencies, one row or one frequency each. */
const quad = memory.data(256, 16);

/** Bytes from one row of the spectrum to the next. */
// @ts-ignore: decorator
@inline export function spectrumStride(): usize { return <usize>plane.stride << 3; }
// @ts-ignore: decorator
@inline export function realStrideBytes(): usize { return <usize>plane.realStride << 2; }

/** Transforms every column of the spectrum in place, eight at a time. */
export function transformColumns(): void {
  const row = spectrumStride(), planY = plane.planY, a = plane.bufferA, b = plane.bufferB;
  for (let at = plane.spectrum, end = at + row; at < end; at += 64) {
    transform(planY, end - at > 32 ? 64 : 32, at, row, at, row, a, b);
  }
}

/** Eight rows of spectrum (parts exchanged) → lanes in real space (parts exchanged). Returns where they lie. */
export function rowsToReal(firstRow: i32): usize {
  const line = plane.bufferB, other = plane.bufferA;
  tangle(plane.spectrum + spectrumStride() * <usize>firstRow, line);
  const result = resultOf(plane.planX, other, line);
  transform(plane.planX, 32, line, 32, result, 32, other, line);
  return result;
}

/** Lanes in real space (in either buffer) → eight rows of spectrum. */
export function rowsToSpectrum(lanes: usize, firstRow: i32): void {
  const other = lanes == plane.bufferA ? plane.bufferB : plane.bufferA;
  const result = resultOf(plane.planX, other, lanes);
  transform(plane.planX, 32, lanes, 32, result, 32, other, lanes);
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

/**
 * Spectra A (rows 0-3) and B (rows 4-7), parts exchanged → the spectrum of A + iB, parts exchanged, its mirrored half
 * included: at k it is A + iB, at n − k it is conj(A) + i·conj(B).
 */
function tangle(rows: usize, line: usize): void {
  const row = spectrumStride(), n = lineLength(plane.planX), half = plane.half;
  for (let k0 = 0, at = rows; k0 < half; k0 += 4, at += 32) {
    transpose(at, row, quad, 64);
    transpose(at + 16, row, quad + 16, 64);
    transpose(at + 4 * row, row, quad + 32, 64);
    transpose(at + 4 * row + 16, row, quad + 48, 64);
    const end = half - k0 < 4 ? half - k0 : 4;
    for (let t = 0, from = quad; t < end; t++, from += 64) {
      const k = k0 + t, to = line + (<usize>k << 5);
      const ai = v128.load(from), ar = v128.load(from, 16), bi = v128.load(from, 32), br = v128.load(from, 48);
      if (k == 0 || 2 * k == n) {
        // Real by symmetry: what rounding left in the imaginary part must not leak from one row into another.
        v128.store(to, br);
        v128.store(to, ar, 16);
        continue;
      }
      const mirror = line + (<usize>(n - k) << 5);
      v128.store(to, f32x4.add(ai, br));
      v128.store(to, f32x4.sub(ar, bi), 16);
      v128.store(mirror, f32x4.sub(br, ai));
      v128.store(mirror, f32x4.add(ar, bi), 16);
    }
  }
}

/** The inverse of tangle, with the parts in order. */
function untangle(line: usize, rows: usize): void {
  const row = spectrumStride(), n = lineLength(plane.planX), half = plane.half, stride = plane.stride;
  const by = f32x4.splat(0.5);
  for (let k0 = 0, at = rows; k0 < stride; k0 += 4, at += 32) {
    for (let t = 0, to = quad; t < 4; t++, to += 16) {
      const k = k0 + t;
      if (k >= half) {
        storeFour(to, f32x4.splat(0), f32x4.splat(0), f32x4.splat(0), f32x4.splat(0));
        continue;
      }
      const from = line + (<usize>k << 5), mirror = line + (<usize>(k == 0 ? 0 : n - k) << 5);
      const zr = f32x4.mul(by, v128.load(from)), zi = f32x4.mul(by, v128.load(from, 16));
      const mr = f32x4.mul(by, v128.load(mirror)), mi = f32x4.mul(by, v128.load(mirror, 16));
      storeFour(to, f32x4.add(zr, mr), f32x4.sub(zi, mi), f32x4.add(zi, mi), f32x4.sub(mr, zr));
    }
    transpose(quad, 16, at, row);
    transpose(quad + 64, 16, at + 16, row);
    transpose(quad + 128, 16, at + 4 * row, row);
    transpose(quad + 192, 16, at + 4 * row + 16, row);
  }
}

// @ts-ignore: decorator
@inline function storeFour(to: usize, ar: v128, ai: v128, br: v128, bi: v128): void {
  v128.store(to, ar);
  v128.store(to, ai, 64);
  v128.store(to, br, 128);
  v128.store(to, bi, 192);
}
