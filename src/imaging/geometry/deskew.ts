import type { Pool } from '../threads/index.ts';
import { createVolume, type Volume } from '../volume.ts';
import { cutEvenly } from './cut-evenly.ts';
import { type ShearPlan, shearOrigin } from './plan-shear.ts';

export interface DeskewOptions {
  /** Value of samples that no raw plane covers, in raw counts. */
  readonly fill: number;
  /** Index in the whole scan of the first plane given; 0 when the whole scan is given. */
  readonly firstPlane?: number;
}

/**
 * Deskews planes of a scan by shear: each slides along the skew axis, linearly interpolated; planes stay parallel to
 * the light sheet. Every plane stands alone, so that a scan can go through in slabs of any thickness with the same
 * result.
 * @param slab planes of the raw scan, in raw counts
 * @param target where to put them; a new volume of `plan.output` width and height when it is not given
 */
export async function deskew(
  slab: Volume,
  plan: ShearPlan,
  options: DeskewOptions,
  pool: Pool,
  target: Volume = createVolume(plan.output.nx, plan.output.ny, slab.nz),
): Promise<Volume> {
  if (slab.nx !== plan.input.nx || slab.ny !== plan.input.ny) {
    throw new RangeError(
      `planes of \`${slab.nx} x ${slab.ny}\` do not fit a deskew planned for ${plan.input.nx} x ${plan.input.ny}`,
    );
  }
  const firstPlane = options.firstPlane ?? 0;
  const work = {
    source: slab.data,
    target: target.data,
    input: plan.input,
    output: plan.output,
    skew: plan.skew,
    origins: Array.from({ length: slab.nz }, (_, z) => shearOrigin(plan, firstPlane + z)),
    fill: options.fill,
  };
  const pieces = cutEvenly(slab.nz, pool.threads * 4);
  await pool.map(
    'shearPlanes',
    pieces.map((piece) => ({ ...work, ...piece })),
  );
  return target;
}
