/** Edge lengths of one voxel in micrometres. */
export interface VoxelSize {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export type PixelType = 'uint8' | 'uint16' | 'float32';

/** One image plane, row by row, in the byte order of this machine. */
export type PlaneData = Uint8Array | Uint16Array | Float32Array;

/** How many planes lie along each axis that a plane is addressed by. */
export interface PlaneSizes {
  readonly z: number;
  readonly c: number;
  readonly t: number;
}

/** Zero-based position of one plane. */
export type PlanePosition = PlaneSizes;

export const bytesPerPixel: Readonly<Record<PixelType, number>> = { uint8: 1, uint16: 2, float32: 4 };

/** A view of the bytes as pixels; copies only where they do not start on a pixel boundary. */
export function bytesToPlane(bytes: Uint8Array, pixelType: PixelType): PlaneData {
  const aligned = bytes.byteOffset % bytesPerPixel[pixelType] === 0 ? bytes : Uint8Array.from(bytes);
  const { buffer, byteOffset, byteLength } = aligned;
  switch (pixelType) {
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, byteLength);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 'float32':
      return new Float32Array(buffer, byteOffset, byteLength / 4);
  }
}

/** What a typed array holds, by its class. */
export function planeType(plane: PlaneData): PixelType {
  if (plane instanceof Uint8Array) return 'uint8';
  return plane instanceof Uint16Array ? 'uint16' : 'float32';
}

export function planeCount(sizes: PlaneSizes): number {
  return sizes.z * sizes.c * sizes.t;
}
