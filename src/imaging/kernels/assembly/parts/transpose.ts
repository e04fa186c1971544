// 4 x 4 transposes. The four results lie in globals, because a function returns one value.

export let transposed0: v128 = f32x4.splat(0);
export let transposed1: v128 = f32x4.splat(0);
export let transposed2: v128 = f32x4.splat(0);
export let transposed3: v128 = f32x4.splat(0);

// @ts-ignore: decorator
@inline export function transpose(a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5), CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  transposed0 = v128.shuffle<f32>(ab, cd, 0, 1, 4, 5);
  transposed1 = v128.shuffle<f32>(ab, cd, 2, 3, 6, 7);
  transposed2 = v128.shuffle<f32>(AB, CD, 0, 1, 4, 5);
  transposed3 = v128.shuffle<f32>(AB, CD, 2, 3, 6, 7);
}

/** Four samples of four rows, as four columns. */
// @ts-ignore: decorator
@inline export function loadColumns(at: usize, stride: usize): void {
  transpose(v128.load(at), v128.load(at + stride), v128.load(at + 2 * stride), v128.load(at + 3 * stride));
}

/** Writes the last transpose's results to four rows. */
// @ts-ignore: decorator
@inline export function storeColumns(at: usize, stride: usize): void {
  v128.store(at, transposed0);
  v128.store(at + stride, transposed1);
  v128.store(at + 2 * stride, transposed2);
  v128.store(at + 3 * stride, transposed3);
}
