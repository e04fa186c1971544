import type { Shape } from '../volume.ts';
import type { ResamplePlan, ZDirection } from './resample-plan.ts';
import { lengthsBySkew, type ScanGeometry, shapeBySkew, tidy } from './scan-geometry.ts';

/**
 * Sizes of an orthogonal deskew, straight from the raw stack to an upright volume with cubic voxels of edge dr.
 * @param zDirection `forward` is what pyclesperanto and lls_core write
 * Source: Sapoznik et al. 2020, eLife 9:e57681; sizes as in pyclesperanto.
 */
export function planOrthogonal(
  input: Shape,
  scan: ScanGeometry,
  zDirection: ZDirection = 'forward',
): ResamplePlan {
  const { along, across } = lengthsBySkew(input, scan.skew);
  const cos = Math.abs(scan.angle.cos);
  const step = scan.dz / scan.dr;
  return {
    skew: scan.skew,
    input,
    output: shapeBySkew(
      Math.max(1, roundHalfToEven(along * cos + input.nz * step)),
      across,
      Math.max(1, roundHalfToEven(along * scan.angle.sin)),
      scan.skew,
    ),
    spacing: scan.dr,
    zDirection,
    rule: { kind: 'orthogonal', step, cos, sin: scan.angle.sin, mirrored: scan.angle.cos < 0 },
  };
}

function roundHalfToEven(length: number): number {
  const tidied = tidy(length);
  const below = Math.floor(tidied);
  if (tidied - below !== 0.5) return Math.round(tidied);
  return below % 2 === 0 ? below : below + 1;
}
