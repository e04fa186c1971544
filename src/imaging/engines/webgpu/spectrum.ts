import type { Shape } from '../../volume.ts';

/**
 * How a volume and its half spectrum lie on the device. Volumes are dense, in (z, y, x) order; the spectrum holds
 * kx = 0 … nx/2 of every row of the grid, on the planes that the estimate has, rows padded to whole segments.
 */
export interface Layout {
  /** The part of the grid that is not zero for certain. */
  readonly estimate: Shape;
  readonly transform: Shape;
  readonly half: number;
  readonly stride: number;
}

export function layoutOf(estimate: Shape, transform: Shape): Layout {
  const half = Math.floor(transform.nx / 2) + 1;
  return { estimate, transform, half, stride: 16 * Math.ceil(half / 16) };
}

/** Bytes of the complex samples of `planes` planes. */
export function spectrumBytes({ transform, stride }: Layout, planes: number): number {
  return 8 * planes * transform.ny * stride;
}

export function realBytes({ nx, ny, nz }: Shape): number {
  return 4 * nx * ny * nz;
}
