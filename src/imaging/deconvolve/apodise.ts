import type { Shape } from '../volume.ts';

/**
 * Makes opposite borders of a plane meet, in place: over `pixels` samples from each border, first along y, then along
 * x, half the difference between first and last sample is added and subtracted, fading inwards as 1 − sin. It is no
 * taper to zero: only the jump that a circular transform would see is taken out.
 * @throws RangeError when a side is shorter than twice `pixels`.
 */
export function apodise(plane: Float32Array, nx: number, ny: number, pixels: number): void {
  const weights = apodisation({ nx, ny }, pixels);
  for (let x = 0; x < nx; x++) closeLine(plane, x, nx, ny, weights);
  for (let y = 0; y < ny; y++) closeLine(plane, y * nx, 1, nx, weights);
}

/**
 * The share of half the difference that each sample takes, from the border inwards.
 * @throws RangeError when a side is shorter than twice `pixels`.
 */
export function apodisation({ nx, ny }: Pick<Shape, 'nx' | 'ny'>, pixels: number): Float64Array {
  if (nx < 2 * pixels || ny < 2 * pixels) {
    throw new RangeError(
      `\`${pixels}\` pixels cannot be apodised at each border of a plane of ${nx} x ${ny}`,
    );
  }
  return Float64Array.from({ length: pixels }, (_, l) => 1 - Math.sin((((l + 0.5) / pixels) * Math.PI) / 2));
}

function closeLine(
  plane: Float32Array,
  first: number,
  stride: number,
  count: number,
  weights: Float64Array,
): void {
  const last = first + (count - 1) * stride;
  const half = ((plane[last] ?? 0) - (plane[first] ?? 0)) / 2;
  for (let l = 0; l < weights.length; l++) {
    const change = half * (weights[l] ?? 0);
    plane[first + l * stride] = (plane[first + l * stride] ?? 0) + change;
    plane[last - l * stride] = (plane[last - l * stride] ?? 0) - change;
  }
}
