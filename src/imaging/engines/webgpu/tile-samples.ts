import type { Shape } from '../../volume.ts';
import { type Axis, lengthAlong, turned } from './plan-tiles.ts';

/** Part of a volume as a tile has it: planes across `axis`, from one that may lie outside, with the axes exchanged. */
export interface Part {
  readonly shape: Shape;
  readonly axis: Axis;
  readonly from: number;
  readonly planes: number;
}

/** Takes a part out. Beyond the ends lies the other side where the volume is `periodic`, and nothing otherwise. */
export function takePart(volume: Float32Array, part: Part, periodic: boolean, tile: Float32Array): void {
  eachRow(part, periodic, (at, inside, step, length) => {
    if (at === undefined) tile.fill(0, inside, inside + length);
    else if (step === 1) tile.set(volume.subarray(at, at + length), inside);
    else for (let i = 0; i < length; i++) tile[inside + i] = volume[at + i * step] ?? 0;
  });
}

/** Puts a part that lies inside the volume back. */
export function putPart(volume: Float32Array, part: Part, tile: Float32Array): void {
  eachRow(part, false, (at, inside, step, length) => {
    if (at === undefined) return;
    if (step === 1) volume.set(tile.subarray(inside, inside + length), at);
    else for (let i = 0; i < length; i++) volume[at + i * step] = tile[inside + i] ?? 0;
  });
}

/** Calls `row` with where each row of the tile begins in the volume (nowhere when outside) and in the tile. */
function eachRow(
  { shape, axis, from, planes }: Part,
  periodic: boolean,
  row: (at: number | undefined, inside: number, step: number, length: number) => void,
): void {
  const [along, across, over] = turned[axis];
  const [length, rows, depth] = [along, across, over].map((each) => lengthAlong(shape, each));
  const steps = { x: 1, y: shape.nx, z: shape.nx * shape.ny };
  let inside = 0;
  for (let plane = from; plane < from + planes; plane++) {
    const source = periodic ? wrap(plane, depth ?? 1) : plane;
    const outside = source < 0 || source >= (depth ?? 1);
    for (let each = 0; each < (rows ?? 1); each++, inside += length ?? 1)
      row(
        outside ? undefined : source * steps[over] + each * steps[across],
        inside,
        steps[along],
        length ?? 1,
      );
  }
}

const wrap = (index: number, period: number): number => ((index % period) + period) % period;
