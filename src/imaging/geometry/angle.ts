/** The angle between stage travel and light sheet, with its cosine and sine as every formula here wants them. */
export interface Angle {
  /** Degrees, more than 0 and less than 180: a negative angle stands for itself + 180. */
  readonly degrees: number;
  /** Signed; exactly 0 at 90 degrees, where `Math.cos` leaves 6e-17. */
  readonly cos: number;
  /** More than 0. */
  readonly sin: number;
}

/** Below this a cosine is rounding, not geometry. */
const rounding = 1e-12;

/**
 * Reads a signed angle. -32.45 and 147.55 are the same scan: the shift per plane changes its sign, the spacing does not.
 * @throws RangeError at 0 and outside -180…180, where no scan direction is left.
 */
export function parseAngle(degrees: number): Angle {
  const positive = degrees < 0 ? degrees + 180 : degrees;
  if (!(positive > 0 && positive < 180)) {
    throw new RangeError(
      `an angle of \`${degrees}\` degrees cannot be: it lies between -180 and 180 and is not 0`,
    );
  }
  const radians = (positive * Math.PI) / 180;
  const cos = Math.cos(radians);
  return { degrees: positive, cos: Math.abs(cos) < rounding ? 0 : cos, sin: Math.sin(radians) };
}
