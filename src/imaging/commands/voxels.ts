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
  return {
    dr: settle(image, `--${prefix}dr`, 'pixel size', typed.dr, x ?? y, streams),
    dz: settle(image, `--${prefix}dz`, 'distance between planes', typed.dz, z, streams),
  };
}

function settle(
  image: TiffImage,
  option: string,
  what: string,
  typed: number | undefined,
  recorded: number | undefined,
  streams: Streams,
): number {
  const value = typed ?? recorded;
  if (value === undefined)
    throw new ImagingError(
      `${shownPath(image.path)} does not record its ${what}; give it in µm with ${option}`,
    );
  if (value === 0) throw new ImagingError(`${option} cannot be 0`);
  if (typed !== undefined && recorded !== undefined && Math.abs(Math.abs(typed) / recorded - 1) > tolerance)
    streams.err(
      `warning: ${option} says ${typed} µm and the header of ${shownPath(image.path)} ${recorded} µm; the option is used`,
    );
  return value;
}
