import type { Pool } from '../threads/index.ts';
import { createVolume, type Volume } from '../volume.ts';
import { cutEvenly } from './cut-evenly.ts';
import type { ResamplePlan } from './resample-plan.ts';

/**
 * Fills an upright volume: every output sample is the weighted sum of two neighbours in each of two neighbouring
 * input planes, as the plan's rule says; `fill` where they are not all there.
 */
export async function resample(
  volume: Volume,
  plan: ResamplePlan,
  options: { readonly fill: number },
  pool: Pool,
): Promise<Volume> {
  if (volume.nx !== plan.input.nx || volume.ny !== plan.input.ny || volume.nz !== plan.input.nz) {
    throw new RangeError(
      `a stack of \`${volume.nx} x ${volume.ny} x ${volume.nz}\` is not the one that was planned for`,
    );
  }
  const output = createVolume(plan.output.nx, plan.output.ny, plan.output.nz);
  const work = { source: volume.data, target: output.data, fill: options.fill, plan };
  const pieces = cutEvenly(output.nz, pool.threads * 8);
  await pool.map(
    'resamplePlanes',
    pieces.map((piece) => ({ ...work, ...piece })),
  );
  return output;
}
