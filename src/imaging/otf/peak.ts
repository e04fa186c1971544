import type { Volume } from '../volume.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** The brightest voxel, the first one where several are equal. */
export function brightestVoxel(volume: Volume): Point {
  let best = 0;
  for (let i = 1; i < volume.data.length; i++) {
    if ((volume.data[i] ?? 0) > (volume.data[best] ?? 0)) best = i;
  }
  const plane = volume.nx * volume.ny;
  const z = Math.floor(best / plane);
  const y = Math.floor((best - z * plane) / volume.nx);
  return { x: best - z * plane - y * volume.nx, y, z };
}

/** The peak to a fraction of a voxel: a parabola through the brightest voxel and its neighbours along each axis. */
export function findPeak(volume: Volume): Point {
  const at = brightestVoxel(volume);
  const { nx, ny, nz, data } = volume;
  const i = (at.z * ny + at.y) * nx + at.x;
  const shift = (position: number, count: number, stride: number): number =>
    position === 0 || position === count - 1
      ? 0
      : vertex(data[i - stride] ?? 0, data[i] ?? 0, data[i + stride] ?? 0);
  return {
    x: at.x + shift(at.x, nx, 1),
    y: at.y + shift(at.y, ny, nx),
    z: at.z + shift(at.z, nz, nx * ny),
  };
}

/** Where the parabola through (−1, a), (0, b), (1, c) has its vertex; more than 1.5 away it is no peak of this bead. */
function vertex(a: number, b: number, c: number): number {
  const curvature = a - 2 * b + c;
  const shift = curvature === 0 ? 0 : (a - c) / (2 * curvature);
  return Math.abs(shift) > 1.5 ? 0 : shift;
}
