import type { CellShape, Place } from './cell-shape.ts';
import { cos, sin } from './exact-math.ts';
import type { Random } from './random.ts';

/** A curve through the cell, one place every `stepLength`. */
export type Filament = readonly Place[];

/** µm; below a pixel, so that a filament has no beads on it. */
export const stepLength = 0.05;

/** Steps for which a filament follows the edge before it ends: else all of them would meet in one bright rim. */
const mostAlongEdge = 22;

const fullTurn = 2 * Math.PI;

/** Filaments that grow from one point beside the nucleus towards the edge, as microtubules do. */
export function growFilaments(random: Random, shape: CellShape, count: number): Filament[] {
  const origin = {
    travel: shape.nucleusCentre.travel + random.between(2.6, 3.2),
    y: shape.nucleusCentre.y + random.between(-1, 1),
  };
  return Array.from({ length: count }, (_, i) => {
    const heading = (fullTurn * (i + random.between(-0.4, 0.4))) / count;
    return growFilament(random, shape, origin, heading);
  });
}

function growFilament(
  random: Random,
  shape: CellShape,
  origin: { readonly travel: number; readonly y: number },
  heading: number,
): Filament {
  const places: Place[] = [];
  // They begin at different distances, or the point they come from would outshine the cell.
  const start = random.between(0.2, 3.2);
  let travel = origin.travel + start * cos(heading);
  let y = origin.y + start * sin(heading);
  let curvature = 0;
  let alongEdge = 0;
  let level = random.between(0.12, 0.9);
  const longest = random.between(120, 420);
  for (let i = 0; i < longest; i++) {
    const thickness = shape.thickness(travel, y);
    if (thickness < 0.2) break;
    const height = aroundNucleus(shape, { travel, y, height: 0.1 + level * (thickness - 0.2) }, level);
    places.push({ travel, y, height });
    curvature = 0.985 * curvature + 0.0028 * random.normal();
    const turn = steer(shape, travel, y, heading);
    if (turn !== 0 && ++alongEdge > mostAlongEdge) break;
    heading += curvature + turn;
    level = Math.min(0.95, Math.max(0.05, level + 0.006 * random.normal()));
    travel += stepLength * cos(heading);
    y += stepLength * sin(heading);
  }
  return places;
}

/** Near the edge of the cell a filament bends along it instead of ending at it. */
function steer(shape: CellShape, travel: number, y: number, heading: number): number {
  const ahead = (turn: number): number =>
    shape.thickness(travel + 1.2 * cos(heading + turn), y + 1.2 * sin(heading + turn));
  if (ahead(0) > 0.35) return 0;
  return ahead(0.6) > ahead(-0.6) ? 0.09 : -0.09;
}

/** A filament that would run through the nucleus passes over or below it. */
function aroundNucleus(shape: CellShape, place: Place, level: number): Place['height'] {
  const flat = shape.nucleus({ ...place, height: shape.nucleusCentre.height });
  if (flat >= 1.1) return place.height;
  const clearance = 1.2 * Math.sqrt(1.1 - flat);
  const side = level > 0.45 ? 1 : -1;
  const bent = shape.nucleusCentre.height + side * clearance;
  return side > 0 ? Math.max(place.height, bent) : Math.max(0.08, Math.min(place.height, bent));
}
