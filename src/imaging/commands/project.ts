import { rm } from 'node:fs/promises';
import type { TiffImage, VoxelSize } from '../../formats/index.ts';
import { shownPath } from '../../formats/index.ts';
import type { Engine } from '../engines/index.ts';
import type { Axis } from '../geometry/index.ts';
import { withEngine } from './engine.ts';
import { drawPicture, writePng } from './picture.ts';
import { ImagingError, UsageError } from './problem.ts';
import { checkOutput, openStack, shapeOf } from './stack.ts';
import type { Streams } from './streams.ts';
import { choiceOf, textOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { notesFor, type OutputType, outputType, writeChecked } from './write-checked.ts';

/** One projected stack. */
interface Frame {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
  readonly edges: Partial<VoxelSize>;
  readonly type: OutputType;
  readonly notes: Readonly<Record<string, string>>;
}

export async function runProject({ files, options }: Arguments, streams: Streams): Promise<void> {
  const inputs = files.slice(0, -1);
  const output = files.at(-1);
  if (output === undefined || inputs.length === 0)
    throw new UsageError('one or more INPUTs and an OUTPUT are wanted');
  const axis = choiceOf(options, 'axis', ['x', 'y', 'z']) ?? 'z';
  const join = choiceOf(options, 'join', ['time', 'channel']) ?? 'time';
  const png = textOf(options, 'png');
  const contrast = textOf(options, 'contrast');
  for (const path of [output, ...(png === undefined ? [] : [png])]) await checkOutput(path, inputs);
  const frames = await withEngine(options, streams, async (engine, engineNotes) => {
    const done: Frame[] = [];
    for (const input of inputs) done.push(await projectFile(input, axis, options, engine, engineNotes));
    return done;
  });
  const first = sameSize(frames);
  const drawn = png === undefined ? undefined : drawPicture(frames, { join, contrast, edges: first.edges });
  const sizes = { z: 1, c: join === 'channel' ? frames.length : 1, t: join === 'time' ? frames.length : 1 };
  const { width, height, type: pixelType, edges: voxel } = first;
  const notes = { ...first.notes, ...(drawn === undefined ? {} : { contrast: drawn.limits }) };
  const header = { width, height, sizes, pixelType, voxel, notes };
  await writeChecked(
    output,
    header,
    frames.map(({ data }) => data),
    streams,
  );
  if (png === undefined || drawn === undefined) return;
  try {
    await writePng(png, drawn.bytes);
  } catch (error) {
    await rm(output, { force: true });
    throw error;
  }
}

async function projectFile(
  path: string,
  axis: Axis,
  options: Arguments['options'],
  engine: Engine,
  engineNotes: Readonly<Record<string, string>>,
): Promise<Frame> {
  const image = await openStack(path);
  try {
    const { width, height, data } = await engine.project(shapeOf(image), axis, planesRead(image));
    return {
      path,
      width,
      height,
      data,
      edges: projectedEdges(image, axis),
      type: outputType(options, image.pixelType),
      notes: notesFor(image, `project(axis=${axis}, maximum)`, engineNotes),
    };
  } finally {
    await image.close();
  }
}

async function* planesRead(image: TiffImage): AsyncGenerator<ArrayLike<number>> {
  for (let z = 0; z < image.sizes.z; z++) yield await image.readPlane({ z, c: 0, t: 0 });
}

/** Edges of a projected pixel: what was z may stand upright in the picture. */
function projectedEdges({ voxel }: TiffImage, axis: Axis): Partial<VoxelSize> {
  const across = axis === 'x' ? voxel.y : voxel.x;
  const down = axis === 'z' ? voxel.y : voxel.z;
  return { ...(across !== undefined && { x: across }), ...(down !== undefined && { y: down }) };
}

function sameSize(frames: readonly Frame[]): Frame {
  const [first, ...others] = frames;
  if (first === undefined) throw new UsageError('an INPUT is wanted');
  for (const { path, width, height } of others) {
    if (width !== first.width || height !== first.height)
      throw new ImagingError(
        `${shownPath(path)} projects to ${width} x ${height} and ${shownPath(first.path)} to ${first.width} x ${first.height}; a series needs one size`,
      );
  }
  return first;
}
