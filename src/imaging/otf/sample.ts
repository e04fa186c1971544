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
  const ring = radialTap(otf, radial);
  const layer = axialTap(otf, axial);
  if (ring === undefined || layer === undefined) return zero;
  const { near: r, share: fr } = ring;
  const { near, far, share: fz } = layer;
  const part = (values: Float64Array): number =>
    (1 - fr) * ((1 - fz) * at(values, otf, r, near) + fz * at(values, otf, r, far)) +
    fr * ((1 - fz) * at(values, otf, r + 1, near) + fz * at(values, otf, r + 1, far));
  return { re: part(otf.re), im: part(otf.im) };
}

/** Two neighbouring points of the table, and the share of the second. */
export interface Tap {
  readonly near: number;
  readonly far: number;
  readonly share: number;
}

/** The rings on both sides of a radial frequency; none outside the table. */
export function radialTap(otf: RadialOtf, radial: number): Tap | undefined {
  const kr = radial / otf.radialStep;
  if (kr >= otf.radialCount - 1) return undefined;
  const near = Math.floor(kr);
  return { near, far: near + 1, share: kr - near };
}

/** The layers on both sides of an axial frequency; none beyond half the table's length. */
export function axialTap(otf: RadialOtf, axial: number): Tap | undefined {
  const kz = axial / otf.axialStep;
  if (Math.abs(kz) > otf.axialCount / 2) return undefined;
  const wrapped = kz < 0 ? kz + otf.axialCount : kz;
  const z = Math.floor(wrapped);
  return { near: z % otf.axialCount, far: (z + 1) % otf.axialCount, share: wrapped - z };
}

function at(values: Float64Array, otf: RadialOtf, r: number, z: number): number {
  return values[r * otf.axialCount + z] ?? 0;
}
