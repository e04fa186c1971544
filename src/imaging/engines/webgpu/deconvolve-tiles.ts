import type { Blur, Grid, Iteration } from '../../deconvolve/index.ts';
import { createVolume, type Volume } from '../../volume.ts';
import type { Device } from './device.ts';
import { fetchFigures, type Run } from './iteration.ts';
import { lengthAlong, type Tiles, turned } from './plan-tiles.ts';
import { type Part, putPart, takePart } from './tile-samples.ts';

/** What lies in this process's memory from one iteration to the next, on the grid of the estimate. */
interface Estimates {
  now: Float32Array;
  next: Float32Array;
  /** Accelerated: the estimate before, and the last change. */
  readonly earlier: { before: Float32Array; readonly change: Float32Array } | undefined;
}

/** Volumes of `grid.estimate` that the tiles' deconvolution holds, the data and the result among them. */
export const volumesHeld = (accelerated: boolean): number => (accelerated ? 5 : 3);

/**
 * Richardson-Lucy on a volume that the device has no room for. Every iteration goes over all tiles, each with as much of its
 * neighbours as the correction of its own samples is made of, and the sums that the next weight follows from are those
 * of all: the mathematics is that of the volume in one piece, and there is no seam.
 * @returns the iterations and the last estimate
 */
export async function iterateTiles(
  device: Device,
  run: Run,
  work: {
    readonly grid: Grid;
    readonly tiles: Tiles;
    readonly data: Volume;
    readonly estimate: Volume;
    readonly iterations: number;
  },
): Promise<{ readonly iterations: Iteration[]; readonly estimate: Volume }> {
  const { nx, ny, nz } = work.estimate;
  const zeros = (): Float32Array => createVolume(nx, ny, nz).data;
  const estimates: Estimates = {
    now: work.estimate.data,
    next: zeros(),
    earlier: run.accelerated ? { before: zeros(), change: zeros() } : undefined,
  };
  const iterations: Iteration[] = [];
  let weight = 0;
  let square = 0;
  for (let k = 0; k < work.iterations; k++) {
    const sums = await passOver(device, run, work, estimates, weight);
    iterations.push({ weight, clamped: sums.clamped, sum: sums.sum });
    const { now, next, earlier } = estimates;
    estimates.now = next;
    estimates.next = earlier?.before ?? now;
    if (earlier !== undefined) earlier.before = now;
    weight = Math.min(1, Math.max(0, sums.cross / (square + 2 ** -23)));
    square = sums.square;
  }
  return { iterations, estimate: { nx, ny, nz, data: estimates.now } };
}

interface Sums {
  readonly clamped: number;
  readonly sum: number;
  readonly cross: number;
  readonly square: number;
}

/** One iteration, tile by tile; the sums are those over the tiles' own samples. */
async function passOver(
  device: Device,
  run: Run,
  work: { readonly grid: Grid; readonly tiles: Tiles; readonly data: Volume },
  estimates: Estimates,
  weight: number,
): Promise<Sums> {
  const { axis, core, layout } = work.tiles;
  const staged = new Float32Array(layout.estimate.nx * layout.estimate.ny * layout.estimate.nz);
  const depth = lengthAlong(work.grid.estimate, axis);
  const sums = { clamped: 0, sum: 0, cross: 0, square: 0 };
  for (let from = 0; from < depth; from += core) {
    const own: Part = { shape: work.grid.estimate, axis, from, planes: Math.min(core, depth - from) };
    sendTile(device, run, work, estimates, own, staged);
    device.upload(run.state, Float32Array.of(weight, 0, 0, 0));
    device.submit(run.steps[0]);
    for (const each of await fetchFigures(device, run, 1)) {
      sums.clamped += each.clamped;
      sums.sum += each.sum;
      sums.cross += each.cross;
      sums.square += each.square;
    }
    await fetchTile(device, run, work.tiles, estimates, own, staged);
  }
  return sums;
}

/** Sends what a tile sees: its own planes and those on either side; only its own are counted. */
function sendTile(
  device: Device,
  run: Run,
  { grid, tiles, data }: { readonly grid: Grid; readonly tiles: Tiles; readonly data: Volume },
  { now, earlier }: Estimates,
  own: Part,
  staged: Float32Array,
): void {
  const { axis, halo, layout } = tiles;
  const periodic = lengthAlong(grid.estimate, axis) === lengthAlong(grid.transform, axis);
  const seen = { ...own, from: own.from - halo, planes: layout.estimate.nz };
  const send = (volume: Float32Array, buffer: GPUBuffer): void => {
    takePart(volume, seen, periodic, staged);
    device.upload(buffer, staged);
  };
  send(data.data, run.data);
  send(now, run.estimates[0]);
  if (earlier !== undefined) {
    send(earlier.before, run.estimates[1]);
    send(earlier.change, run.change);
  }
  device.uploadWords(run.counted, Uint32Array.of(halo, halo + own.planes, 0, 0));
}

/** Fetches a tile's own planes. The change may be put in its place: no other tile's sums look at it. */
async function fetchTile(
  device: Device,
  run: Run,
  { halo, layout }: Tiles,
  { next, earlier }: Estimates,
  own: Part,
  staged: Float32Array,
): Promise<void> {
  const plane = layout.estimate.nx * layout.estimate.ny;
  const computed = staged.subarray(0, own.planes * plane);
  const fetch = async (buffer: GPUBuffer, volume: Float32Array): Promise<void> => {
    await device.download(buffer, computed, 'a tile', halo * plane);
    putPart(volume, own, computed);
  };
  await fetch(run.estimates[run.accelerated ? 1 : 0], next);
  if (earlier !== undefined) await fetch(run.change, earlier.change);
}

/** The blur with its axes exchanged as the tiles have them. */
export function turnBlur(blur: Extract<Blur, { kind: 'psf' }>, { axis }: Tiles): Blur {
  const { volume, centre } = blur.psf;
  const [x, y, z] = turned[axis];
  const tile = {
    nx: lengthAlong(volume, x),
    ny: lengthAlong(volume, y),
    nz: lengthAlong(volume, z),
    data: new Float32Array(volume.data.length),
  };
  takePart(volume.data, { shape: volume, axis, from: 0, planes: tile.nz }, false, tile.data);
  return { kind: 'psf', psf: { volume: tile, centre: { x: centre[x], y: centre[y], z: centre[z] } } };
}
