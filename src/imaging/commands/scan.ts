import type { TiffImage } from '../../formats/index.ts';
import { parseAngle, type ScanGeometry } from '../geometry/index.ts';
import { UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import { choiceOf, numberOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { voxelEdges } from './voxels.ts';

/** How INPUT was scanned. A negative step is the same as a negative angle: the stage went the other way. */
export function scanOf(image: TiffImage, options: Arguments['options'], streams: Streams): ScanGeometry {
  const typed = numberOf(options, 'angle');
  if (typed === undefined)
    throw new UsageError('--angle is wanted: degrees between stage travel and light sheet, such as 31.5');
  const { dr, dz } = voxelEdges(image, options, streams);
  const angle = parseAngleOption(dz < 0 ? -typed : typed);
  return { angle, dz: Math.abs(dz), dr, skew: choiceOf(options, 'skew', ['x', 'y']) ?? 'x' };
}

function parseAngleOption(degrees: number): ScanGeometry['angle'] {
  try {
    return parseAngle(degrees);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
