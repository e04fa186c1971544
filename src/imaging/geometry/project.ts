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
function projectedShape(shape: Shape, axis: Axis): { readonly width: number; readonly height: number } {
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
  const step = strides(shape, axis);
  const add = (z: number, plane: ArrayLike<number>): void => {
    for (let y = 0, i = 0; y < shape.ny; y++) {
      let at = z * step.z + y * step.y;
      for (let x = 0; x < shape.nx; x++, i++, at += step.x) {
        const value = plane[i] ?? 0;
        // NaN compares false with everything, and must not vanish in a projection.
        if (value > (data[at] ?? 0) || Number.isNaN(value)) data[at] = value;
      }
    }
  };
  return { width, height, data, add };
}

/** How far one step along each axis of the stack moves in the projection. */
function strides(shape: Shape, axis: Axis): { readonly x: number; readonly y: number; readonly z: number } {
  switch (axis) {
    case 'z':
      return { x: 1, y: shape.nx, z: 0 };
    case 'y':
      return { x: 1, y: 0, z: shape.nx };
    case 'x':
      return { x: 0, y: 1, z: shape.ny };
  }
}

export function projectVolume(volume: Volume, axis: Axis): Projection {
  const projection = createProjection(volume, axis);
  const size = volume.nx * volume.ny;
  for (let z = 0; z < volume.nz; z++) projection.add(z, volume.data.subarray(z * size, (z + 1) * size));
  return projection;
}
