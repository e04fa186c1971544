import type { TiffImage } from '../../formats/index.ts';
import type { ResamplePlan } from '../geometry/index.ts';
import { withEngine } from './engine.ts';
import { claimMemory } from './resources.ts';
import { planesOf, readPlanes } from './stack.ts';
import type { Streams } from './streams.ts';
import type { Arguments } from './verb.ts';
import { notesFor, outputType, writeChecked } from './write-checked.ts';

export interface UprightWork {
  readonly plan: ResamplePlan;
  readonly operation: string;
  readonly fill: number;
  readonly options: Arguments['options'];
  readonly streams: Streams;
}

const directions = {
  forward: 'normal to the cover glass, in the order of the raw planes (forward)',
  backward: 'normal to the cover glass, against the order of the raw planes (backward; a mirror image)',
} as const;

/** Turns a whole stack upright and writes it with cubic voxels. */
export async function writeUpright(image: TiffImage, output: string, work: UprightWork): Promise<void> {
  const { plan, operation, fill, options, streams } = work;
  const { upright, notes } = await withEngine(options, streams, async (engine, engineNotes) => {
    claimMemory(engine.memoryFor({ kind: 'resample', plan }), options, streams);
    const raw = await readPlanes(image, 0, plan.input.nz);
    return { upright: await engine.resample(raw, plan, { fill }), notes: engineNotes };
  });
  const header = {
    width: plan.output.nx,
    height: plan.output.ny,
    sizes: { z: plan.output.nz, c: 1, t: 1 },
    pixelType: outputType(options, image.pixelType),
    voxel: { x: plan.spacing, y: plan.spacing, z: plan.spacing },
    notes: notesFor(image, operation, { 'z-direction': directions[plan.zDirection], ...notes }),
  };
  await writeChecked(output, header, planesOf(upright), streams);
}
