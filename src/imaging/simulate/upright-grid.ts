import { planShear, type ShearPlan } from '../geometry/index.ts';
import type { Shape } from '../volume.ts';
import { type Acquisition, pixelSize } from './acquisition.ts';
import type { Place } from './cell-shape.ts';
import { cos, sin } from './exact-math.ts';

/** The grid that a deskew of the acquisition gives, and how it lies in the sample. */
export interface UprightGrid {
  readonly plan: ShearPlan;
  readonly shape: Shape;
  readonly spacing: { readonly lateral: number; readonly axial: number };
  /** Where a place of the sample lies, in voxels. */
  toVoxel(place: Place): { readonly x: number; readonly y: number; readonly z: number };
  toPlace(x: number, y: number, z: number): Place;
}

/** Height above the cover glass of the middle of the light sheet, µm. */
const middle = 1.5;

export function createUprightGrid(acquisition: Acquisition): UprightGrid {
  const radians = (acquisition.angle * Math.PI) / 180;
  const angle = { degrees: acquisition.angle, cos: cos(radians), sin: sin(radians) };
  const dr = pixelSize(acquisition);
  const plan = planShear(acquisition.raw, { angle, dz: acquisition.dz, dr, skew: 'x' });
  const axial = plan.planeSpacing;
  const shape = plan.output;
  return {
    plan,
    shape,
    spacing: { lateral: dr, axial },
    toVoxel: ({ travel, y, height }) => ({
      x: (angle.cos * travel - angle.sin * (height - middle)) / dr + shape.nx / 2,
      y: y / dr + shape.ny / 2,
      z: (angle.sin * travel + angle.cos * (height - middle)) / axial + shape.nz / 2,
    }),
    toPlace: (x, y, z) => {
      const [along, up] = [(x - shape.nx / 2) * dr, (z - shape.nz / 2) * axial];
      return {
        travel: angle.cos * along + angle.sin * up,
        y: (y - shape.ny / 2) * dr,
        height: middle - angle.sin * along + angle.cos * up,
      };
    },
  };
}
