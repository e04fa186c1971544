import type { Measured, Scalar } from '../../model/index.ts';
import { normalUnit } from '../../tools/index.ts';

/** Degrees by which an angle may be off before it contradicts the metadata. */
const angleTolerance = 0.1;
/** Fraction by which any other number may be off. */
const relativeTolerance = 0.005;

/**
 * A measured value for a parameter that is in the same unit, or says none. Undefined when the units differ: nothing is
 * converted, because a parameter in another unit than its metadata is a slip more often than not.
 */
export function measuredValue(measured: Measured, unit: string | undefined): Scalar | undefined {
  if (unit === undefined || measured.unit === undefined) return measured.value;
  return normalUnit(measured.unit) === normalUnit(unit) ? measured.value : undefined;
}

/**
 * Whether a value says something else than the acquisition's metadata, both in the same unit. Angles are the same
 * after half a turn (-32.45° is 147.55°); `dz` is compared as a size, because the metadata's sign is the stage's.
 */
export function contradicts(field: string, value: Scalar, measured: Scalar): boolean {
  if (typeof value !== 'number' || typeof measured !== 'number') return value !== measured;
  if (field === 'angle') return angleBetween(value, measured) > angleTolerance + 1e-9;
  const [given, known] = field === 'dz' ? [Math.abs(value), Math.abs(measured)] : [value, measured];
  return Math.abs(given - known) > Math.abs(known) * (relativeTolerance + 1e-9);
}

function angleBetween(a: number, b: number): number {
  const apart = Math.abs(a - b) % 180;
  return Math.min(apart, 180 - apart);
}
