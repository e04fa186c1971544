import type { Shape, Volume } from '../volume.ts';

/** The axis that a projection looks along. */
export type Axis = 'x' | 'y' | 'z';

/** A maximum intensity projection that grows plane by plane. */
export interface Projection {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
  /** Takes in plane `z` of the stack, its samples in (y, x) order. */
  add(z: number, plane: ArrayLike<number>): void;
}

/** Along z: (y, x); along y: (z, x); along x: (z, y). The last one is the width. */
export function projectedShape(
  shape: Shape,
  axis: Axis,
): { readonly width: number; readonly height: number } {
  switch (axis) {
    case 'z':
      return { width: shape.nx, height: shape.ny };
    case 'y':
      return { width: shape.nx, height: shape.nz };
    case 'x':
      return { width: shape.ny, height: shape.nz };
  }
}

/** The plain maximum along one axis: no weights, no normalisation. One plane of the stack is needed at a time. */
export function createProjection(shape: Shape, axis: Axis): Projection {
  const { width, height } = projectedShape(shape, axis);
  const data = new Float32Array(width * height).fill(Number.NEGATIVE_INFINITY);
  return { width, height, data, add: adder(shape, axis, data) };
}

function adder(
  { nx, ny }: Shape,
  axis: Axis,
  data: Float32Array,
): (z: number, plane: ArrayLike<number>) => void {
  const keep = (at: number, value: number): void => {
    // NaN compares false with everything: it must not vanish in a projection.
    if (!(value <= (data[at] ?? 0))) data[at] = value;
  };
  return (z, plane) => {
    for (let y = 0, i = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        keep(axis === 'z' ? i : axis === 'y' ? z * nx + x : z * ny + y, plane[i] ?? 0);
      }
    }
  };
}

export function projectVolume(volume: Volume, axis: Axis): Projection {
  const projection = createProjection(volume, axis);
  const size = volume.nx * volume.ny;
  for (let z = 0; z < volume.nz; z++) projection.add(z, volume.data.subarray(z * size, (z + 1) * size));
  return projection;
}
