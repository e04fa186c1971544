import { shownPath, type TiffImage } from '../../formats/index.ts';
import { ImagingError } from './problem.ts';
import type { Streams } from './streams.ts';
import { numberOf, positiveOf } from './values.ts';
import type { Arguments } from './verb.ts';

/** Pixel edge and plane distance, µm. The distance keeps the sign of a `--dz` that was typed. */
export interface VoxelEdges {
  readonly dr: number;
  readonly dz: number;
}

/** How far an option may lie from the header before it is worth a word. */
const tolerance = 0.005;

/**
 * Voxel edges from the options named `prefix`dr and `prefix`dz, else from the file's header.
 * @throws ImagingError that names the missing option
 */
export function voxelEdges(
  image: TiffImage,
  options: Arguments['options'],
  streams: Streams,
  prefix: '' | 'psf-' = '',
): VoxelEdges {
  const typed = { dr: positiveOf(options, `${prefix}dr`), dz: numberOf(options, `${prefix}dz`) };
  const { x, y, z } = image.voxel;
  if (typed.dr === undefined && x !== undefined && y !== undefined && Math.abs(x / y - 1) > tolerance)
    throw new ImagingError(
      `${shownPath(image.path)} has pixels of ${x} x ${y} µm, and square ones are wanted; give --${prefix}dr`,
    );
  const found = { dr: typed.dr ?? x ?? y, dz: typed.dz ?? z };
  if (found.dr === undefined || found.dz === undefined)
    throw new ImagingError(`${shownPath(image.path)} does not record ${missing(found.dr, found.dz, prefix)}`);
  if (found.dz === 0) throw new ImagingError(`--${prefix}dz cannot be 0`);
  warnOfDifference(image, `--${prefix}dr`, typed.dr, x ?? y, streams);
  warnOfDifference(image, `--${prefix}dz`, typed.dz, z, streams);
  return { dr: found.dr, dz: found.dz };
}

function missing(dr: number | undefined, dz: number | undefined, prefix: string): string {
  const wanted = [
    ...(dr === undefined ? [`its pixel size; give it in µm with --${prefix}dr`] : []),
    ...(dz === undefined ? [`the distance between its planes; give it in µm with --${prefix}dz`] : []),
  ];
  return wanted.join(', nor ');
}

function warnOfDifference(
  image: TiffImage,
  option: string,
  typed: number | undefined,
  recorded: number | undefined,
  streams: Streams,
): void {
  if (typed === undefined || recorded === undefined) return;
  if (Math.abs(Math.abs(typed) / recorded - 1) <= tolerance) return;
  streams.err(
    `warning: ${option} says ${typed} µm and the header of ${shownPath(image.path)} ${recorded} µm; the option is used`,
  );
}
