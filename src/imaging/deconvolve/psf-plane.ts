import type { Volume } from '../volume.ts';
import type { Grid } from './grid.ts';

/** A point spread function whose sample `centre` goes to the origin of the grid, and the planes it reaches. */
export interface PsfPlanes {
  readonly volume: Volume;
  readonly centre: { readonly x: number; readonly y: number; readonly z: number };
  /** For each plane to be made, its place on the grid along z. */
  readonly planes: readonly number[];
}

/** The planes of the grid that a point spread function reaches, in the order of its own planes. */
export function planesReached(volume: Volume, centreZ: number, gridDepth: number): number[] {
  const planes = new Set<number>();
  for (let z = 0; z < volume.nz; z++) planes.add(wrap(z - centreZ, gridDepth));
  return [...planes];
}

/**
 * Writes one plane of the point spread function at `at` (in samples), its centre moved to the origin. What does not
 * fit on the grid is folded onto it: a circular convolution sees the sum of all periods.
 */
export function fillPsfPlane(
  floats: Float32Array,
  at: number,
  stride: number,
  grid: Grid,
  psf: PsfPlanes,
  plane: number,
): void {
  const { volume, centre } = psf;
  const { nx, ny, nz } = grid.transform;
  floats.fill(0, at, at + ny * stride);
  for (let z = 0; z < volume.nz; z++) {
    if (wrap(z - centre.z, nz) !== psf.planes[plane]) continue;
    for (let y = 0; y < volume.ny; y++) {
      const row = at + wrap(y - centre.y, ny) * stride;
      const from = (z * volume.ny + y) * volume.nx;
      for (let x = 0; x < volume.nx; x++) {
        const to = row + wrap(x - centre.x, nx);
        floats[to] = (floats[to] ?? 0) + (volume.data[from + x] ?? 0);
      }
    }
  }
}

function wrap(index: number, period: number): number {
  return ((index % period) + period) % period;
}
