// The parts of a 4 x 4 transpose. Of rows a, b, c, d the columns are
// lows(low(a, b), low(c, d)), highs(low(a, b), low(c, d)), lows(high(a, b), high(c, d)), highs(high(a, b), high(c, d)).

// @ts-ignore: decorator
@inline export function low(a: v128, b: v128): v128 { return v128.shuffle<f32>(a, b, 0, 4, 1, 5); }
// @ts-ignore: decorator
@inline export function high(a: v128, b: v128): v128 { return v128.shuffle<f32>(a, b, 2, 6, 3, 7); }
// @ts-ignore: decorator
@inline export function lows(a: v128, b: v128): v128 { return v128.shuffle<f32>(a, b, 0, 1, 4, 5); }
// @ts-ignore: decorator
@inline export function highs(a: v128, b: v128): v128 { return v128.shuffle<f32>(a, b, 2, 3, 6, 7); }

/** Reads four vectors a stride apart and writes their transpose, another stride apart. */
// @ts-ignore: decorator
@inline export function transpose(from: usize, stride: usize, to: usize, toStride: usize): void {
  const a = v128.load(from), b = v128.load(from + stride);
  const c = v128.load(from + 2 * stride), d = v128.load(from + 3 * stride);
  const ab = low(a, b), cd = low(c, d), AB = high(a, b), CD = high(c, d);
  v128.store(to, lows(ab, cd));
  v128.store(to + toStride, highs(ab, cd));
  v128.store(to + 2 * toStride, lows(AB, CD));
  v128.store(to + 3 * toStride, highs(AB, CD));
}
