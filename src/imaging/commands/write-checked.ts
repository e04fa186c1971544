import {
  type PixelType,
  type PlaneData,
  shownPath,
  type TiffHeader,
  type TiffImage,
  writeTiff,
} from '../../formats/index.ts';
import { ImagingError } from './problem.ts';
import type { Planes } from './stack.ts';
import type { Streams } from './streams.ts';
import { choiceOf } from './values.ts';
import type { Arguments } from './verb.ts';

export type OutputType = 'uint16' | 'float32';

/** What was asked for, else what keeps the input's values. */
export function outputType(options: Arguments['options'], input: PixelType): OutputType {
  return (
    choiceOf(options, 'output-type', ['uint16', 'float32']) ?? (input === 'float32' ? 'float32' : 'uint16')
  );
}

/** The notes of an output: what happened to it so far, and now. */
export function notesFor(
  input: TiffImage | undefined,
  operation: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const before = input?.notes.operations;
  const kept = input?.notes['z-direction'];
  return {
    program: 'espalier-imaging',
    operations: before === undefined ? operation : `${before} > ${operation}`,
    ...(kept === undefined ? {} : { 'z-direction': kept }),
    scale: input?.notes.scale ?? 'counts of the input',
    ...more,
  };
}

/** What was seen of the samples while they were written. */
interface Seen {
  min: number;
  max: number;
  bad: number;
  clipped: number;
  count: number;
}

/**
 * Writes planes as uint16 (rounded half up, clipped) or float32. Nothing is left when what comes out cannot be a
 * result: all zero, all the same, or not a number anywhere.
 */
export async function writeChecked(
  path: string,
  header: Omit<TiffHeader, 'pixelType'> & { readonly pixelType: OutputType },
  planes: Planes,
  streams: Streams,
): Promise<void> {
  const seen: Seen = {
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    bad: 0,
    clipped: 0,
    count: 0,
  };
  await writeTiff(path, header, checked(path, header.pixelType, planes, seen));
  if (seen.clipped > 0) {
    const share = ((100 * seen.clipped) / seen.count).toPrecision(2);
    streams.err(
      `warning: ${share} % of the samples did not fit into uint16 and were clipped; --output-type float32 keeps them`,
    );
  }
}

async function* checked(
  path: string,
  type: OutputType,
  planes: Planes,
  seen: Seen,
): AsyncGenerator<PlaneData> {
  for await (const plane of planes) {
    look(plane, seen);
    yield type === 'uint16' ? toUint16(plane) : new Float32Array(plane);
  }
  const problem = problemOf(seen);
  if (problem !== undefined)
    throw new ImagingError(`${shownPath(path)} was not written: ${problem}; check the input and the options`);
}

function look(plane: Float32Array, seen: Seen): void {
  for (const value of plane) {
    if (value < seen.min) seen.min = value;
    if (value > seen.max) seen.max = value;
    if (value - value !== 0) seen.bad++;
    if (value < -0.5 || value >= 65535.5) seen.clipped++;
  }
  seen.count += plane.length;
}

function problemOf({ min, max, bad }: Seen): string | undefined {
  if (bad > 0) return `${bad} of its samples are not finite numbers`;
  if (min === max) return `all of its samples are ${min}`;
  return undefined;
}

/** Rounds half up and clips. */
function toUint16(plane: Float32Array): Uint16Array {
  const pixels = new Uint16Array(plane.length);
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i] ?? 0;
    pixels[i] = value <= 0 ? 0 : value >= 65535 ? 65535 : Math.floor(value + 0.5);
  }
  return pixels;
}
