/**
 * Geometry: turns skewed light-sheet stacks upright (deskew, rotate, orthogonal interpolation) and projects stacks.
 * It plans sizes and spacings as plain values before any work, and then fills volumes.
 * It must not know of files, of the command line, or of deconvolution.
 */
export { parseAngle } from './angle.ts';
export { type Contrast, contrastFromPercentiles, paintGrey, paintMerged } from './contrast.ts';
export { type DeskewOptions, deskew } from './deskew.ts';
export { planOrthogonal } from './plan-orthogonal.ts';
export { planRotation } from './plan-rotation.ts';
export { planShear, type ShearPlan, shearOrigin } from './plan-shear.ts';
export { type Axis, createProjection, type Projection, projectVolume } from './project.ts';
export { resample } from './resample.ts';
export { tapsOf } from './resample-kernel.ts';
export type { ResamplePlan } from './resample-plan.ts';
export type { ScanGeometry } from './scan-geometry.ts';
