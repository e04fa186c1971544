import { type Shape, type Volume, volumeFrom } from '../volume.ts';
import { brightestVoxel, type Point } from './peak.ts';

/**
 * Which sample is the origin. `middle` is n/2 rounded down along each axis (for 64 samples the 33rd, for 63 the
 * 32nd); `peak` the brightest voxel; or the sample itself, counted from 0.
 */
type CentreRule = 'middle' | 'peak' | Point;

export interface PsfOptions {
  readonly centre: CentreRule;
  /** Counts subtracted before anything else; what is then negative becomes 0. */
  readonly background: number;
  /** Voxel sizes in µm of the function and of the image, where they differ. */
  readonly resample?: { readonly from: Point; readonly to: Point };
}

/** A point spread function of sum 1 on the image's voxels, and the sample that is its origin. */
export interface PreparedPsf {
  readonly volume: Volume;
  readonly centre: Point;
}

/**
 * Makes a point spread function ready for a deconvolution.
 * @throws RangeError when nothing is left above the background or the centre lies outside.
 */
export function preparePsf(psf: Volume, options: PsfOptions): PreparedPsf {
  const centre = centreOf(psf, options.centre);
  const lit = Float64Array.from(psf.data, (value) => Math.max(0, value - options.background));
  const resampled = options.resample
    ? resample({ samples: lit, shape: psf, centre }, options.resample.from, options.resample.to)
    : { samples: lit, shape: psf, centre };
  const sum = resampled.samples.reduce((total, value) => total + value, 0);
  if (!(sum > 0) || !Number.isFinite(sum)) {
    throw new RangeError(
      `the point spread function has nothing above its background of \`${options.background}\`: its sum is ${sum}`,
    );
  }
  const { shape, samples } = resampled;
  return {
    volume: volumeFrom(
      shape,
      samples.map((value) => value / sum),
    ),
    centre: resampled.centre,
  };
}

function centreOf(psf: Volume, rule: CentreRule): Point {
  if (rule === 'peak') return brightestVoxel(psf);
  if (rule === 'middle') {
    return { x: Math.floor(psf.nx / 2), y: Math.floor(psf.ny / 2), z: Math.floor(psf.nz / 2) };
  }
  const inside = (at: number, count: number): boolean => Number.isInteger(at) && at >= 0 && at < count;
  if (!inside(rule.x, psf.nx) || !inside(rule.y, psf.ny) || !inside(rule.z, psf.nz)) {
    throw new RangeError(
      `the centre \`${rule.x}, ${rule.y}, ${rule.z}\` is no sample of ${psf.nx} x ${psf.ny} x ${psf.nz}`,
    );
  }
  return rule;
}

interface Samples {
  readonly samples: Float64Array;
  readonly shape: Shape;
  readonly centre: Point;
}

/** One axis after the other, by cubic interpolation about the centre, which stays a sample. */
function resample(psf: Samples, from: Point, to: Point): Samples {
  const x = resampleAxis(psf, 'nx', 'x', 1, to.x / from.x);
  const y = resampleAxis(x, 'ny', 'y', x.shape.nx, to.y / from.y);
  const z = resampleAxis(y, 'nz', 'z', y.shape.nx * y.shape.ny, to.z / from.z);
  return { ...z, samples: z.samples.map((value) => Math.max(0, value)) };
}

function resampleAxis(
  psf: Samples,
  length: 'nx' | 'ny' | 'nz',
  axis: 'x' | 'y' | 'z',
  stride: number,
  step: number,
): Samples {
  if (!(step > 0) || !Number.isFinite(step))
    throw new RangeError(`a voxel size ratio of \`${step}\` cannot be`);
  if (step === 1) return psf;
  const count = psf.shape[length];
  const before = Math.floor(psf.centre[axis] / step);
  const after = Math.floor((count - 1 - psf.centre[axis]) / step);
  const out = before + after + 1;
  const samples = new Float64Array((psf.samples.length / count) * out);
  for (let i = 0; i < samples.length; i++) {
    const inner = i % stride;
    const position = Math.floor(i / stride) % out;
    const block = Math.floor(i / (stride * out)) * stride * count + inner;
    const at = psf.centre[axis] + (position - before) * step;
    samples[i] = cubicAt((k) => (k < 0 || k >= count ? 0 : (psf.samples[block + k * stride] ?? 0)), at);
  }
  return { samples, shape: { ...psf.shape, [length]: out }, centre: { ...psf.centre, [axis]: before } };
}

/** The Catmull-Rom spline through four samples: it keeps straight lines, and samples at whole positions. */
function cubicAt(sample: (k: number) => number, at: number): number {
  const k = Math.floor(at);
  const t = at - k;
  const [a, b, c, d] = [sample(k - 1), sample(k), sample(k + 1), sample(k + 2)];
  const slope = (c - a) / 2;
  const next = (d - b) / 2;
  const square = 3 * (c - b) - 2 * slope - next;
  const cube = slope + next - 2 * (c - b);
  return ((cube * t + square) * t + slope) * t + b;
}
