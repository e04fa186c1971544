import type { TiffImage } from '../../formats/index.ts';
import type { Engine } from '../engines/index.ts';
import { planOrthogonal, planShear, type ScanGeometry, type ShearPlan } from '../geometry/index.ts';
import { createVolume } from '../volume.ts';
import { withEngine } from './engine.ts';
import { UsageError } from './problem.ts';
import { claimMemory, memoryForImages } from './resources.ts';
import { scanOf } from './scan.ts';
import { checkOutput, openStack, planesOf, readPlanes, shapeOf } from './stack.ts';
import type { Streams } from './streams.ts';
import { choiceOf, inputAndOutput, isSet, numberOf, wholeOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { notesFor, outputType, writeChecked } from './write-checked.ts';
import { writeUpright } from './write-upright.ts';

/** What a slab of planes may take, raw and deskewed together, bytes. */
const slabBytes = 256e6;

/** Planes on their way from and to the files come on top of a slab. */
const overhead = 1.5;

export async function runDeskew(args: Arguments, streams: Streams): Promise<void> {
  const { options } = args;
  const [input, output] = inputAndOutput(args);
  const method = choiceOf(options, 'method', ['shear', 'orthogonal']) ?? 'shear';
  const zDirection = choiceOf(options, 'z-direction', ['forward', 'backward']);
  const width = wholeOf(options, 'width', 1);
  const fill = numberOf(options, 'fill') ?? 0;
  if (method === 'shear' && zDirection !== undefined)
    throw new UsageError(
      '--z-direction goes with --method orthogonal: a shear keeps the order of the planes',
    );
  if (method === 'orthogonal' && width !== undefined)
    throw new UsageError('--width goes with --method shear');
  await checkOutput(output, [input]);
  const image = await openStack(input);
  try {
    const scan = scanOf(image, options, streams);
    if (method === 'shear') {
      const plan = planShear(shapeOf(image), scan, width === undefined ? {} : { width });
      checkShift(plan, options);
      await shear(image, output, { plan, scan, fill, options, streams });
    } else {
      const plan = planOrthogonal(shapeOf(image), scan, zDirection);
      await writeUpright(image, output, {
        plan,
        operation: describe('orthogonal', scan, fill),
        fill,
        options,
        streams,
      });
    }
  } finally {
    await image.close();
  }
}

interface ShearWork {
  readonly plan: ShearPlan;
  readonly scan: ScanGeometry;
  readonly fill: number;
  readonly options: Arguments['options'];
  readonly streams: Streams;
}

/** Less than a pixel per plane is the usual sign of dz and dr exchanged or a wrong angle. */
function checkShift({ shiftPerPlane }: ShearPlan, options: Arguments['options']): void {
  if (Math.abs(shiftPerPlane) >= 1 || isSet(options, 'accept-small-shift')) return;
  throw new UsageError(
    `planes would shift by only ${shiftPerPlane.toFixed(3)} pixels, which often means that --dz and --dr are exchanged or --angle is wrong; add --accept-small-shift if it is right`,
  );
}

/** Goes through the stack in slabs, so that memory does not grow with the length of the scan. */
async function shear(image: TiffImage, output: string, work: ShearWork): Promise<void> {
  const { plan, scan, fill, options, streams } = work;
  const planeBytes = 4 * (plan.input.nx * plan.input.ny + plan.output.nx * plan.output.ny);
  const room = Math.min(slabBytes, memoryForImages(options) / overhead);
  const depth = Math.min(plan.input.nz, Math.max(1, Math.floor(room / planeBytes)));
  await withEngine(options, streams, async (engine, engineNotes) => {
    const { host, device } = engine.memoryFor({ kind: 'deskew', plan, planes: depth });
    claimMemory({ host: host * overhead, device }, options, streams);
    const header = {
      width: plan.output.nx,
      height: plan.output.ny,
      sizes: { z: plan.output.nz, c: 1, t: 1 },
      pixelType: outputType(options, image.pixelType),
      voxel: { x: scan.dr, y: scan.dr, z: plan.planeSpacing },
      notes: notesFor(image, describe('shear', scan, fill), {
        'z-direction': 'along the detection axis, in the order of the raw planes',
        ...engineNotes,
      }),
    };
    await writeChecked(output, header, slabs(image, { plan, fill, depth }, engine), streams);
  });
}

async function* slabs(
  image: TiffImage,
  { plan, fill, depth }: { readonly plan: ShearPlan; readonly fill: number; readonly depth: number },
  engine: Engine,
): AsyncGenerator<Float32Array> {
  const whole = createVolume(plan.output.nx, plan.output.ny, depth);
  for (let from = 0; from < plan.input.nz; from += depth) {
    const to = Math.min(plan.input.nz, from + depth);
    const slab = await readPlanes(image, from, to);
    const target = { ...whole, nz: to - from };
    yield* planesOf(await engine.deskew(slab, plan, { fill, firstPlane: from }, target));
  }
}

function describe(method: string, { angle, dz, dr, skew }: ScanGeometry, fill: number): string {
  return `deskew(method=${method}, angle=${angle.degrees}, dz=${dz}, dr=${dr}, skew=${skew}, linear, fill=${fill})`;
}
