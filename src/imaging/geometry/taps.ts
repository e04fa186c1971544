/**
 * Where an upright sample comes from. Both ways of turning a stack upright work in the plane of the skew axis and z,
 * and both take two samples in each of two neighbouring input planes; they differ in where those lie.
 */
export type TapRule =
  | {
      readonly kind: 'rotate';
      /** Output sample (v, z), both counted from the centre of the output, to input along the skew axis and z. */
      readonly alongPerV: number;
      readonly alongPerZ: number;
      readonly planePerV: number;
      readonly planePerZ: number;
    }
  | {
      readonly kind: 'orthogonal';
      /** Stage step in pixels. */
      readonly step: number;
      readonly cos: number;
      readonly sin: number;
      /** The scan runs against the skew axis: it is read and written mirrored along it. */
      readonly mirrored: boolean;
    };

/** Lengths of the input and the output along the skew axis and z, samples. */
export interface Lengths {
  readonly along: number;
  readonly planes: number;
  readonly outAlong: number;
  readonly outPlanes: number;
}

/** One line of output samples along the skew axis: for each, four input samples and their weights. */
export interface Taps {
  /** Lower of the two planes, or -1 where the input does not cover the sample. */
  readonly plane: Int32Array;
  /** Left of the two samples in the lower plane, and in the upper one. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** Four weights per sample: lower plane left and right, upper plane left and right. */
  readonly weights: Float64Array;
}

export function createTaps(length: number): Taps {
  return {
    plane: new Int32Array(length),
    lower: new Int32Array(length),
    upper: new Int32Array(length),
    weights: new Float64Array(4 * length),
  };
}

/** Fills the taps of output line `z` (counted before any flip of z). */
export function fillTaps(taps: Taps, rule: TapRule, lengths: Lengths, z: number): void {
  if (rule.kind === 'rotate') fillRotated(taps, rule, lengths, z);
  else fillOrthogonal(taps, rule, lengths, z);
}

/** Bilinear in (skew axis, z); nothing outside 0 ≤ position < n − 1. Source: the rotation of cudaDecon. */
function fillRotated(
  taps: Taps,
  rule: Extract<TapRule, { kind: 'rotate' }>,
  lengths: Lengths,
  z: number,
): void {
  const zc = z - lengths.outPlanes / 2;
  for (let v = 0; v < lengths.outAlong; v++) {
    const vc = v - lengths.outAlong / 2;
    const position = snap(rule.alongPerV * vc + rule.alongPerZ * zc + lengths.along / 2);
    const depth = snap(rule.planePerV * vc + rule.planePerZ * zc + lengths.planes / 2);
    const inside = position >= 0 && position < lengths.along - 1 && depth >= 0 && depth < lengths.planes - 1;
    if (!inside) {
      taps.plane[v] = -1;
      continue;
    }
    const sample = Math.floor(position);
    const plane = Math.floor(depth);
    setTap(taps, v, plane, sample, sample);
    setWeights(taps, v, depth - plane, position - sample, position - sample);
  }
}

/**
 * Interpolates along the normal of the light sheet between the two frames around a sample, so that steps longer
 * than a pixel do not alias. Source: Sapoznik et al. 2020, eLife 9:e57681, as pyclesperanto does it.
 */
function fillOrthogonal(
  taps: Taps,
  rule: Extract<TapRule, { kind: 'orthogonal' }>,
  lengths: Lengths,
  z: number,
): void {
  const along = z / rule.sin;
  for (let v = 0; v < lengths.outAlong; v++) {
    const at = rule.mirrored ? lengths.outAlong - 1 - v : v;
    const virtual = snap(v - (z * rule.cos) / rule.sin);
    const plane = Math.floor(snap(virtual / rule.step));
    const before = virtual - plane * rule.step;
    const after = rule.step - before;
    const lower = snap(along + before * rule.cos);
    const upper = snap(along - after * rule.cos);
    const left = Math.floor(lower);
    const right = Math.floor(upper);
    const last = lengths.along - 2;
    const inside =
      plane >= 0 && plane + 1 < lengths.planes && left >= 0 && left <= last && right >= 0 && right <= last;
    if (!inside) {
      taps.plane[at] = -1;
      continue;
    }
    const share = before / rule.step;
    if (rule.mirrored) {
      setTap(taps, at, plane, last - left, last - right);
      setWeights(taps, at, share, 1 - (lower - left), 1 - (upper - right));
    } else {
      setTap(taps, at, plane, left, right);
      setWeights(taps, at, share, lower - left, upper - right);
    }
  }
}

/** A position that only rounding keeps from a whole number is that number: floor must not fall below it. */
function snap(position: number): number {
  const whole = Math.round(position);
  return Math.abs(position - whole) < 1e-9 ? whole : position;
}

function setTap(taps: Taps, v: number, plane: number, lower: number, upper: number): void {
  taps.plane[v] = plane;
  taps.lower[v] = lower;
  taps.upper[v] = upper;
}

function setWeights(taps: Taps, v: number, share: number, lowerRight: number, upperRight: number): void {
  taps.weights[4 * v] = (1 - share) * (1 - lowerRight);
  taps.weights[4 * v + 1] = (1 - share) * lowerRight;
  taps.weights[4 * v + 2] = share * (1 - upperRight);
  taps.weights[4 * v + 3] = share * upperRight;
}
