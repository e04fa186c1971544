import type { Shape } from '../volume.ts';
import type { ResamplePlan, ZDirection } from './resample-plan.ts';
import { lengthsBySkew, type ScanGeometry, shapeBySkew, tidy } from './scan-geometry.ts';

/**
 * Sizes of a rotation that lays the cover glass flat, after a deskew by shear.
 * @param input the deskewed stack, planes dz·sin θ apart
 * @param zDirection `backward` is what cudaDecon writes
 * Source: the rotation of cudaDecon; output voxels are cubes of edge dr.
 */
export function planRotation(
  input: Shape,
  scan: ScanGeometry,
  zDirection: ZDirection = 'backward',
): ResamplePlan {
  const { along, across } = lengthsBySkew(input, scan.skew);
  const planeSpacing = scan.dz * scan.angle.sin;
  // A scan with a negative shift turns the other way: 147.55 degrees is a turn by -32.45.
  const cos = Math.abs(scan.angle.cos);
  const sin = scan.angle.cos < 0 ? -scan.angle.sin : scan.angle.sin;
  const height = (input.nz * planeSpacing) / scan.dr;
  const planesPerPixel = scan.dr / planeSpacing;
  return {
    skew: scan.skew,
    input,
    output: shapeBySkew(
      Math.max(1, Math.trunc(tidy(along * cos + height * Math.abs(sin)))),
      across,
      Math.max(1, Math.trunc(tidy(height))),
      scan.skew,
    ),
    spacing: scan.dr,
    zDirection,
    rule: {
      kind: 'rotate',
      alongPerV: cos,
      alongPerZ: -sin,
      planePerV: planesPerPixel * sin,
      planePerZ: planesPerPixel * cos,
    },
  };
}
