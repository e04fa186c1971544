import { type ResamplePlan, tapsOf } from '../../geometry/index.ts';

/** Where every sample of an upright volume comes from: one line of taps per output plane. */
export interface AllTaps {
  /** Output planes, and places along the skew axis. */
  readonly shape: readonly [number, number];
  readonly plane: Int32Array;
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  /** Four per place. */
  readonly weights: Float32Array;
}

export function allTaps(plan: ResamplePlan): AllTaps {
  const planes = plan.output.nz;
  const along = plan.skew === 'x' ? plan.output.nx : plan.output.ny;
  const ints = (): Int32Array => new Int32Array(planes * along);
  const all = {
    shape: [planes, along],
    plane: ints(),
    lower: ints(),
    upper: ints(),
    weights: new Float32Array(4 * planes * along),
  } as const;
  for (let z = 0; z < planes; z++) {
    const line = tapsOf(plan, z);
    all.plane.set(line.plane, z * along);
    all.lower.set(line.lower, z * along);
    all.upper.set(line.upper, z * along);
    all.weights.set(line.weights, 4 * z * along);
  }
  return all;
}
