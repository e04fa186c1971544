import { cos, exp, sin } from './exact-math.ts';
import type { Random } from './random.ts';

/** A place in the sample, µm from the middle of the field: along the stage travel, along y, height above the glass. */
export interface Place {
  readonly travel: number;
  readonly y: number;
  readonly height: number;
}

/** An adherent cell on a cover glass: flat at its edge, thick over its nucleus. */
export interface CellShape {
  /** Distance from the cell's middle to its edge in a direction of the glass, µm. */
  reach(direction: number): number;
  /** Height of the cell's top above the glass, µm; 0 outside. */
  thickness(travel: number, y: number): number;
  /** Squared distance from the nucleus's middle in its own half axes: 1 on its surface. */
  nucleus(place: Place): number;
  readonly nucleusCentre: Place;
}

/** Half axes of the nucleus, µm. */
const half = { travel: 3.1, y: 2.5, height: 1.15 };

/** @param halfField half of the field of view along the stage travel and along y, µm */
export function createCellShape(
  random: Random,
  halfField: { readonly travel: number; readonly y: number },
): CellShape {
  const lobes = [2, 3, 5, 7].map((order) => ({
    order,
    phase: random.between(0, 2 * Math.PI),
    size: random.between(0.15, 0.35) / Math.sqrt(order),
  }));
  const reach = (direction: number): number => {
    const [c, s] = [cos(direction) / halfField.travel, sin(direction) / halfField.y];
    const ellipse = 1 / Math.sqrt(c * c + s * s);
    const swell = lobes.reduce(
      (sum, { order, phase, size }) => sum + size * sin(order * direction + phase),
      0,
    );
    return ellipse * Math.min(0.97, 0.84 + 0.5 * swell);
  };
  const edges = Float64Array.from({ length: 720 }, (_, i) => reach((i * 2 * Math.PI) / 720));
  const nucleusCentre = { travel: random.between(-1, 1), y: random.between(-0.8, 0.8), height: 1.45 };
  return {
    reach,
    nucleusCentre,
    thickness: (travel, y) => {
      const edge = edges[Math.floor(turnOf(travel, y) * 720) % 720] ?? 1;
      const distance = (travel * travel + y * y) / (edge * edge);
      if (distance >= 1) return 0;
      const [a, b] = [(travel - nucleusCentre.travel) / 4.6, (y - nucleusCentre.y) / 3.8];
      return Math.min(1, (1 - distance) * 6) * (0.55 + 2.5 * exp(-(a * a + b * b)));
    },
    nucleus: ({ travel, y, height }) => {
      const a = (travel - nucleusCentre.travel) / half.travel;
      const b = (y - nucleusCentre.y) / half.y;
      const c = (height - nucleusCentre.height) / half.height;
      return a * a + b * b + c * c;
    },
  };
}

/** Direction as a fraction of a turn, 0 to 1, to 0.3 degrees: a cubic through the octant is enough for an outline. */
function turnOf(x: number, y: number): number {
  const [across, up] = [Math.abs(x), Math.abs(y)];
  const ratio = across === 0 && up === 0 ? 0 : Math.min(across, up) / Math.max(across, up);
  const octant = (ratio * (Math.PI / 4 + 0.273 * (1 - ratio))) / (2 * Math.PI);
  const quadrant = up > across ? 0.25 - octant : octant;
  const half = x < 0 ? 0.5 - quadrant : quadrant;
  return y < 0 && half > 0 ? 1 - half : half;
}
