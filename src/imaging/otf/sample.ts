import type { RadialOtf } from './radial-otf.ts';

interface Value {
  readonly re: number;
  readonly im: number;
}

const zero: Value = { re: 0, im: 0 };

/**
 * The transfer function at a radial frequency ≥ 0 and an axial frequency, both in cycles per µm: bilinear between the
 * table's points, zero outside. Beyond half the table's length in kz there is nothing: an image sampled finer than
 * the point spread function has frequencies there that were never measured (other programs read the table's mirrored half).
 */
export function sampleRadialOtf(otf: RadialOtf, radial: number, axial: number): Value {
  const kr = radial / otf.radialStep;
  const kz = axial / otf.axialStep;
  if (kr >= otf.radialCount - 1 || Math.abs(kz) > otf.axialCount / 2) return zero;
  const wrapped = kz < 0 ? kz + otf.axialCount : kz;
  const r = Math.floor(kr);
  const z = Math.floor(wrapped);
  const fr = kr - r;
  const fz = wrapped - z;
  const near = z % otf.axialCount;
  const far = (z + 1) % otf.axialCount;
  const part = (values: Float64Array): number =>
    (1 - fr) * ((1 - fz) * at(values, otf, r, near) + fz * at(values, otf, r, far)) +
    fr * ((1 - fz) * at(values, otf, r + 1, near) + fz * at(values, otf, r + 1, far));
  return { re: part(otf.re), im: part(otf.im) };
}

function at(values: Float64Array, otf: RadialOtf, r: number, z: number): number {
  return values[r * otf.axialCount + z] ?? 0;
}
