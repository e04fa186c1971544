import type { Shape } from '../volume.ts';
import type { Angle } from './angle.ts';

/** The axis of a raw frame along which consecutive frames are displaced. */
export type SkewAxis = 'x' | 'y';

/** How a raw stack was scanned. */
export interface ScanGeometry {
  readonly angle: Angle;
  /** Stage step between frames, µm, more than 0. */
  readonly dz: number;
  /** Pixel edge in the sample, µm. */
  readonly dr: number;
  readonly skew: SkewAxis;
}

/** Length of a stack along its skew axis and across it. */
export function lengthsBySkew(
  shape: Shape,
  skew: SkewAxis,
): { readonly along: number; readonly across: number } {
  return skew === 'x' ? { along: shape.nx, across: shape.ny } : { along: shape.ny, across: shape.nx };
}

/** A shape from its lengths along and across the skew axis. */
export function shapeBySkew(along: number, across: number, nz: number, skew: SkewAxis): Shape {
  return skew === 'x' ? { nx: along, ny: across, nz } : { nx: across, ny: along, nz };
}

/**
 * Takes the last bits of a computed length away before it is cut to a whole number: 11 sin 30° is 5.4999…9 in
 * doubles and has to count as 5.5.
 */
export function tidy(length: number): number {
  return Math.round(length * 1e9) / 1e9;
}
