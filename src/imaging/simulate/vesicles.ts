import type { CellShape, Place } from './cell-shape.ts';
import { type Filament, stepLength } from './filaments.ts';
import type { Random } from './random.ts';

/** A small bright body that moves from frame to frame. */
export interface Vesicle {
  readonly brightness: number;
  /** Radius, µm. */
  readonly radius: number;
  /** Where it is at each time point. */
  readonly path: readonly Place[];
}

/** Half of the vesicles ride filaments, the others diffuse; they crowd near the nucleus. */
export function scatterVesicles(
  random: Random,
  shape: CellShape,
  filaments: readonly Filament[],
  options: { readonly count: number; readonly times: number; readonly seconds: number },
): Vesicle[] {
  const tracks = filaments.filter(({ length }) => length > 40);
  return Array.from({ length: options.count }, (_, i) => {
    const bright = random.uniform();
    const brightness = 0.25 + 1.5 * bright * bright * bright;
    const radius = random.between(0.06, 0.2);
    const track = tracks[Math.floor(random.uniform() * tracks.length)];
    const path =
      i % 2 === 0 && track !== undefined ? ride(random, track, options) : diffuse(random, shape, options);
    return { brightness, radius, path };
  });
}

function ride(
  random: Random,
  track: Filament,
  { times, seconds }: { readonly times: number; readonly seconds: number },
): Place[] {
  const last = track.length - 1;
  const start = random.uniform();
  let at = start * Math.sqrt(start) * last;
  // µm per second, either way; kinesin and dynein manage about one.
  const speed = random.between(0.1, 0.5) * (random.uniform() < 0.5 ? -1 : 1);
  const offset = { y: 0.08 * random.normal(), height: 0.05 * random.normal() };
  return Array.from({ length: times }, () => {
    const place = track[Math.round(at)] ?? { travel: 0, y: 0, height: 1 };
    at = Math.min(last, Math.max(0, at + (speed * seconds) / stepLength + 4 * random.normal()));
    return { ...place, y: place.y + offset.y, height: Math.max(0.05, place.height + offset.height) };
  });
}

function diffuse(random: Random, shape: CellShape, { times }: { readonly times: number }): Place[] {
  let place = anywhere(random, shape);
  return Array.from({ length: times }, () => {
    const here = place;
    const next = {
      travel: place.travel + 0.12 * random.normal(),
      y: place.y + 0.12 * random.normal(),
      height: place.height + 0.06 * random.normal(),
    };
    if (isInside(shape, next)) place = next;
    return here;
  });
}

/** In the cytoplasm, denser near the nucleus. */
function anywhere(random: Random, shape: CellShape): Place {
  for (;;) {
    const place = {
      travel: shape.nucleusCentre.travel + 3.6 * random.normal(),
      y: shape.nucleusCentre.y + 2.9 * random.normal(),
      height: random.between(0.1, 3),
    };
    if (isInside(shape, place)) return place;
  }
}

function isInside(shape: CellShape, place: Place): boolean {
  const top = shape.thickness(place.travel, place.y);
  return place.height > 0.05 && place.height < top - 0.05 && shape.nucleus(place) > 1.1;
}
