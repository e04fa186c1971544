import type { Shape } from '../volume.ts';
import { exp } from './exact-math.ts';

/** One Gaussian part of a point spread function: its share of the light and its widths (σ) in µm. */
interface Part {
  readonly share: number;
  readonly lateral: number;
  readonly axial: number;
}

/**
 * A lattice light sheet's point spread function as two Gaussians: a core as wide as water immersion at NA 1.1
 * makes it, and the light that the sheet's side lobes and aberrations leave around it.
 * @param wavelength excitation, nm; the widths grow with it
 */
export function pointSpread(wavelength: number): readonly Part[] {
  const size = wavelength / 488;
  return [
    { share: 0.5, lateral: 0.12 * size, axial: 0.27 * size },
    { share: 0.5, lateral: 0.3 * size, axial: 0.62 * size },
  ];
}

export interface Spacing {
  readonly lateral: number;
  readonly axial: number;
}

/** Blurs a volume, in place of which a new one comes back. Light that leaves the volume is lost. */
export function blur(
  data: Float32Array,
  shape: Shape,
  spacing: Spacing,
  parts: readonly Part[],
): Float32Array {
  const sum = new Float32Array(data.length);
  for (const { share, lateral, axial } of parts) {
    const sideways = gaussianTaps(lateral / spacing.lateral);
    const upwards = gaussianTaps(axial / spacing.axial);
    const alongX = convolve(data, sideways, 1, shape.nx, shape.nx);
    const alongY = convolve(alongX, sideways, shape.nx, shape.ny, shape.nx);
    const alongZ = convolve(alongY, upwards, shape.nx * shape.ny, shape.nz, shape.nx);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + share * (alongZ[i] ?? 0);
  }
  return sum;
}

/** The point spread function itself, its peak at sample ⌊n/2⌋ of each axis and its sum 1 without the cut tails. */
export function samplePointSpread(shape: Shape, spacing: Spacing, parts: readonly Part[]): Float32Array {
  const delta = new Float32Array(shape.nx * shape.ny * shape.nz);
  const [x, y, z] = [shape.nx, shape.ny, shape.nz].map((n) => Math.floor(n / 2));
  delta[((z ?? 0) * shape.ny + (y ?? 0)) * shape.nx + (x ?? 0)] = 1;
  return blur(delta, shape, spacing, parts);
}

/** The middle of a Gaussian and what follows on one side, out to 3.3 σ; the whole sums to 1. `sigma` in samples. */
function gaussianTaps(sigma: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3.3 * sigma));
  const taps = Float64Array.from({ length: reach + 1 }, (_, i) => exp(-(i * i) / (2 * sigma * sigma)));
  const sum = taps.reduce((total, tap, i) => total + (i === 0 ? tap : 2 * tap), 0);
  return taps.map((tap) => tap / sum);
}

/**
 * Convolves along one axis with symmetric taps. `stride` is the distance between neighbours along the axis, `length`
 * the number of samples along it. Whole rows along x are added at a time, and of them only the part that is not
 * zero: most of the volume around a cell is dark.
 */
function convolve(
  data: Float32Array,
  taps: Float64Array,
  stride: number,
  length: number,
  row: number,
): Float32Array {
  const result = new Float32Array(data.length);
  const lit = litParts(data, row);
  const block = stride * length;
  for (let at = 0; at < data.length; at += row) {
    const start = at - (at % block);
    for (let k = 1 - taps.length; k < taps.length; k++) {
      const shift = k * stride;
      const source = stride === 1 ? at : at + shift;
      if (source < start || source >= start + block) continue;
      const [first = 0, behind = 0] = lit.subarray(2 * (source / row), 2 * (source / row) + 2);
      const from = Math.max(at, source + first - shift);
      const to = Math.min(at + row, source + behind - shift);
      addRun(result, data, taps[Math.abs(k)] ?? 0, shift, from, to);
    }
  }
  return result;
}

/** For each row: its first sample that is not zero, and the one behind the last. */
function litParts(data: Float32Array, row: number): Uint32Array {
  const parts = new Uint32Array((2 * data.length) / row);
  for (let at = 0, i = 0; at < data.length; at += row, i += 2) {
    let first = 0;
    while (first < row && data[at + first] === 0) first++;
    let behind = row;
    while (behind > first && data[at + behind - 1] === 0) behind--;
    parts[i] = first;
    parts[i + 1] = behind;
  }
  return parts;
}

function addRun(
  result: Float32Array,
  data: Float32Array,
  tap: number,
  shift: number,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) result[i] = (result[i] ?? 0) + tap * (data[i + shift] ?? 0);
}
