import type { Grid } from '../../deconvolve/index.ts';
import { fastSize } from '../../fft/index.ts';
import type { Shape } from '../../volume.ts';
import { EngineError } from '../engine.ts';
import { bytesTaken, megabytes } from './device.ts';
import { runSizes } from './iteration.ts';
import { type Layout, layoutOf } from './spectrum.ts';
import { psfSizes } from './transfer.ts';

export type Axis = 'x' | 'y' | 'z';

/** How a volume is cut into tiles along one axis, all of one size, so that one set of kernels does them all. */
export interface Tiles {
  readonly axis: Axis;
  readonly count: number;
  /** Planes across the axis that a tile computes, and those on either side that it must see to do so. */
  readonly core: number;
  readonly halo: number;
  /** A tile on the device, where the axis is z. */
  readonly layout: Layout;
  /** Bytes on the device. */
  readonly bytes: number;
}

/** What a device takes, in bytes. */
export interface Room {
  readonly largestBuffer: number;
  /** All buffers together; undefined where nobody set a limit. */
  readonly memory: number | undefined;
  readonly sharedBytes: number;
}

/** Axes of the volume in the order x, y, z that they have in a tile: the axis of the tiles comes last. */
export const turned: Readonly<Record<Axis, readonly [Axis, Axis, Axis]>> = {
  z: ['x', 'y', 'z'],
  y: ['x', 'z', 'y'],
  x: ['z', 'y', 'x'],
};

export const lengthAlong = ({ nx, ny, nz }: Shape, axis: Axis): number =>
  axis === 'x' ? nx : axis === 'y' ? ny : nz;

/**
 * The tiles of a Richardson-Lucy deconvolution by a point spread function of `psf` samples that the device has no room
 * for in one piece; undefined where it has. Of the three axes the one is taken that makes the least work.
 * @throws EngineError with the figures when no tile fits either
 */
export function planTiles(grid: Grid, psf: Shape, accelerated: boolean, room: Room): Tiles | undefined {
  const sizesOf = (layout: Layout, depth: number): number[] =>
    [...runSizes(layout, accelerated, room.sharedBytes), ...psfSizes(layout.transform, depth)].map(
      bytesTaken,
    );
  const whole = sizesOf(layoutOf(grid.estimate, grid.transform), psf.nz);
  if (fits(whole, room)) return undefined;
  const best = (['z', 'y', 'x'] as const)
    .flatMap((axis) => tilesAlong(axis, grid, psf, room, sizesOf) ?? [])
    .reduce<Tiles | undefined>(
      (least, tiles) =>
        least === undefined || planesOf(tiles, grid) < planesOf(least, grid) ? tiles : least,
      undefined,
    );
  if (best !== undefined) return best;
  throw new EngineError(
    `${figures(whole)} of the device are needed, and ${limits(room)}; no tile fits either, since each holds ${psf.nx - 1}, ${psf.ny - 1} or ${psf.nz - 1} samples (the PSF's less one, along x, y, z) on both sides of what it computes; raise --device-memory, use a smaller image or PSF, or \`--engine cpu\``,
  );
}

/** What is computed, as a share of what is wanted. */
function planesOf({ axis, count, layout }: Tiles, grid: Grid): number {
  return (count * layout.transform.nz) / lengthAlong(grid.transform, axis);
}

function fits(sizes: readonly number[], { largestBuffer, memory = Number.POSITIVE_INFINITY }: Room): boolean {
  return Math.max(...sizes) <= largestBuffer && total(sizes) <= memory;
}

const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

function tilesAlong(
  axis: Axis,
  grid: Grid,
  psf: Shape,
  room: Room,
  sizesOf: (layout: Layout, depth: number) => number[],
): Tiles | undefined {
  const wanted = lengthAlong(grid.estimate, axis);
  const depth = lengthAlong(psf, axis);
  const halo = haloOf(depth);
  const layoutAt = (length: number): Layout =>
    layoutOf(
      { ...turnShape(grid.estimate, axis), nz: length },
      { ...turnShape(grid.transform, axis), nz: length },
    );
  const countAt = (length: number): number => Math.ceil(wanted / (length - 2 * halo));
  const sizesAt = (length: number): number[] => sizesOf(layoutAt(length), depth);
  const lengths = [...fastLengths(2 * halo + 1, lengthAlong(grid.transform, axis) - 1)];
  const largest = lengths.findLast((length) => fits(sizesAt(length), room));
  if (largest === undefined) return undefined;
  // As many tiles, none larger than need be.
  const length = lengths.find((each) => countAt(each) === countAt(largest)) ?? largest;
  const layout = layoutAt(length);
  const bytes = total(sizesAt(length));
  return { axis, count: countAt(length), core: length - 2 * halo, halo, layout, bytes };
}

/**
 * A sample of the correction is made of ratios as far away as the point spread function reaches to one side, and these
 * of an estimate that is as far from them as it reaches to the other: its length less one, on either side, wherever
 * its centre lies. What a circular transform brings round its ends stays outside that.
 */
function haloOf(psfLength: number): number {
  return psfLength - 1;
}

function turnShape(shape: Shape, axis: Axis): Shape {
  const [x, y, z] = turned[axis].map((each) => lengthAlong(shape, each));
  return { nx: x ?? 1, ny: y ?? 1, nz: z ?? 1 };
}

function* fastLengths(from: number, to: number): Generator<number> {
  for (let length = fastSize(from); length <= to; length = fastSize(length + 1)) yield length;
}

function figures(sizes: readonly number[]): string {
  return `${megabytes(total(sizes))} (${megabytes(Math.max(...sizes))} of them in one piece)`;
}

function limits({ largestBuffer, memory }: Room): string {
  const bound = `${megabytes(largestBuffer)} can be bound in one piece`;
  return memory === undefined ? bound : `${megabytes(memory)} may be used and ${bound}`;
}
