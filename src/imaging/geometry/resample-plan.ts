import type { Shape } from '../volume.ts';
import type { SkewAxis } from './scan-geometry.ts';
import type { TapRule } from './taps.ts';

/**
 * Which way z points in an upright volume. `forward`: its plane 0 lies on the side of the first raw plane, and the
 * volume is the raw one turned. `backward`: on the side of the last, and the volume is a mirror image of the raw one.
 */
export type ZDirection = 'forward' | 'backward';

/** What turning a stack upright will do, known before it starts. */
export interface ResamplePlan {
  readonly skew: SkewAxis;
  readonly input: Shape;
  readonly output: Shape;
  /** Edge of the isotropic output voxel, µm. */
  readonly spacing: number;
  readonly zDirection: ZDirection;
  readonly rule: TapRule;
}
