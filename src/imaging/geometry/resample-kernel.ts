import type { ResamplePlan } from './resample-plan.ts';
import { lengthsBySkew } from './scan-geometry.ts';
import { createTaps, fillTaps, type Lengths, type Taps } from './taps.ts';

/** Fills output planes `from` to before `to` of an upright volume. */
export interface ResampleWork {
  readonly source: Float32Array;
  readonly target: Float32Array;
  readonly plan: ResamplePlan;
  readonly fill: number;
  readonly from: number;
  readonly to: number;
}

export function resamplePlanes(work: ResampleWork): void {
  const { plan } = work;
  const taps = createTaps(lengthsOf(plan).outAlong);
  for (let z = work.from; z < work.to; z++) {
    tapsOf(plan, z, taps);
    if (plan.skew === 'x') gatherAlongRows(work, taps, z);
    else blendRows(work, taps, z);
  }
}

/** Where output plane `z` comes from: one line of taps, the same for every line across the skew axis. */
export function tapsOf(
  plan: ResamplePlan,
  z: number,
  taps: Taps = createTaps(lengthsOf(plan).outAlong),
): Taps {
  const lengths = lengthsOf(plan);
  fillTaps(taps, plan.rule, lengths, isFlipped(plan) ? lengths.outPlanes - 1 - z : z);
  return taps;
}

function lengthsOf({ input, output, skew }: ResamplePlan): Lengths {
  return {
    along: lengthsBySkew(input, skew).along,
    planes: input.nz,
    outAlong: lengthsBySkew(output, skew).along,
    outPlanes: output.nz,
  };
}

/** The rules count z in opposite directions: rotation forward, orthogonal interpolation backward. */
function isFlipped(plan: ResamplePlan): boolean {
  return (plan.zDirection === 'forward') === (plan.rule.kind === 'orthogonal');
}

function gatherAlongRows({ source, target, plan, fill }: ResampleWork, taps: Taps, z: number): void {
  const { nx, ny } = plan.input;
  const width = plan.output.nx;
  const { weights } = taps;
  for (let y = 0; y < ny; y++) {
    const out = (z * plan.output.ny + y) * width;
    for (let x = 0; x < width; x++) {
      const plane = taps.plane[x] ?? -1;
      if (plane < 0) {
        target[out + x] = fill;
        continue;
      }
      const lower = (plane * ny + y) * nx + (taps.lower[x] ?? 0);
      const upper = ((plane + 1) * ny + y) * nx + (taps.upper[x] ?? 0);
      target[out + x] =
        (weights[4 * x] ?? 0) * (source[lower] ?? 0) +
        (weights[4 * x + 1] ?? 0) * (source[lower + 1] ?? 0) +
        (weights[4 * x + 2] ?? 0) * (source[upper] ?? 0) +
        (weights[4 * x + 3] ?? 0) * (source[upper + 1] ?? 0);
    }
  }
}

function blendRows({ source, target, plan, fill }: ResampleWork, taps: Taps, z: number): void {
  const { nx, ny } = plan.input;
  for (let y = 0; y < plan.output.ny; y++) {
    const out = (z * plan.output.ny + y) * nx;
    const plane = taps.plane[y] ?? -1;
    if (plane < 0) {
      target.fill(fill, out, out + nx);
      continue;
    }
    const lower = (plane * ny + (taps.lower[y] ?? 0)) * nx;
    const upper = ((plane + 1) * ny + (taps.upper[y] ?? 0)) * nx;
    const [a = 0, b = 0, c = 0, d = 0] = taps.weights.subarray(4 * y, 4 * y + 4);
    for (let x = 0; x < nx; x++) {
      target[out + x] =
        a * (source[lower + x] ?? 0) +
        b * (source[lower + nx + x] ?? 0) +
        c * (source[upper + x] ?? 0) +
        d * (source[upper + nx + x] ?? 0);
    }
  }
}
