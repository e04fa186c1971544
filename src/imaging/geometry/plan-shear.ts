import type { Shape } from '../volume.ts';
import { lengthsBySkew, type ScanGeometry, type SkewAxis, shapeBySkew, tidy } from './scan-geometry.ts';

/** What a deskew by shear will do, known before it starts. */
export interface ShearPlan {
  readonly skew: SkewAxis;
  readonly input: Shape;
  readonly output: Shape;
  /** Signed displacement of one plane against the one before it, in pixels. */
  readonly shiftPerPlane: number;
  /** Distance between planes afterwards, dz·sin θ, µm. */
  readonly planeSpacing: number;
}

export interface ShearOptions {
  /** Length of the output along the skew axis, pixels; otherwise wide enough for every plane. */
  readonly width?: number;
}

/**
 * Sizes of a deskew: the frames keep their size across the skew axis and their number, and along it they get room
 * for the whole scan, `n + ⌊nz·dz·|cos θ|/dr⌋`. Nothing is rounded to sizes that please an FFT.
 * Source: the deskew of cudaDecon, without its FFT rounding.
 */
export function planShear(input: Shape, scan: ScanGeometry, options: ShearOptions = {}): ShearPlan {
  const { along, across } = lengthsBySkew(input, scan.skew);
  const travel = Math.floor(tidy((input.nz * scan.dz * Math.abs(scan.angle.cos)) / scan.dr));
  const width = options.width ?? along + travel;
  return {
    skew: scan.skew,
    input,
    output: shapeBySkew(width, across, input.nz, scan.skew),
    shiftPerPlane: (scan.dz * scan.angle.cos) / scan.dr,
    planeSpacing: scan.dz * scan.angle.sin,
  };
}

/**
 * Where output sample 0 of a plane lies in the raw plane, in pixels: `x_in = x_out + origin`. Both stacks are centred
 * on half their length, as the peers do it.
 */
export function shearOrigin(plan: ShearPlan, plane: number): number {
  const raw = lengthsBySkew(plan.input, plan.skew).along;
  const upright = lengthsBySkew(plan.output, plan.skew).along;
  return -upright / 2 - plan.shiftPerPlane * (plane - plan.input.nz / 2) + raw / 2;
}
