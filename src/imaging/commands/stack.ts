import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FormatError, openTiff, shownPath, type TiffImage } from '../../formats/index.ts';
import { createVolume, type Shape, type Volume } from '../volume.ts';
import { ImagingError } from './problem.ts';

/** Opens a file that has to be one stack: more than one plane, one channel, one time point. */
export async function openStack(path: string): Promise<TiffImage> {
  const image = await openTiff(path);
  const problem = stackProblem(image);
  if (problem === undefined) return image;
  await image.close();
  throw new ImagingError(`${shownPath(path)} ${problem}`);
}

function stackProblem({ sizes }: TiffImage): string | undefined {
  if (sizes.c > 1 || sizes.t > 1)
    return `holds ${sizes.c} channels and ${sizes.t} time points; take one stack out of it with \`espalier-imaging split INPUT OUTPUT --time N --channel N\``;
  if (sizes.z === 1) return 'is a single plane; a stack of planes is wanted';
  return undefined;
}

export function shapeOf({ width, height, sizes }: TiffImage): Shape {
  return { nx: width, ny: height, nz: sizes.z };
}

/** Reads planes `from` to before `to` into shared memory. */
export async function readPlanes(image: TiffImage, from: number, to: number): Promise<Volume> {
  const volume = createVolume(image.width, image.height, to - from);
  const size = image.width * image.height;
  for (let z = from; z < to; z++) {
    volume.data.set(await image.readPlane({ z, c: 0, t: 0 }), (z - from) * size);
  }
  return volume;
}

/** Refuses an output whose folder is missing, or that would take the place of an input. */
export async function checkOutput(output: string, inputs: readonly string[]): Promise<void> {
  const folder = await realPathOf(dirname(output));
  if (folder === undefined)
    throw new FormatError(output, 'cannot be written: its folder does not exist; make it first');
  const existing = await realPathOf(output);
  if (existing === undefined) return;
  for (const input of inputs) {
    if ((await realPathOf(input)) === existing)
      throw new FormatError(output, 'is both read and written; give the output another name');
  }
}

async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

/** The planes of a volume one by one, as views. */
export function* planesOf(volume: Volume): Generator<Float32Array> {
  const size = volume.nx * volume.ny;
  for (let z = 0; z < volume.nz; z++) yield volume.data.subarray(z * size, (z + 1) * size);
}

export type Planes = Iterable<Float32Array> | AsyncIterable<Float32Array>;
