/**
 * A stack of planes: `data` holds nz·ny·nx samples in (z, y, x) order, x fastest.
 * The samples lie in shared memory when the volume was made by `createVolume`, so that threads work on it in place.
 */
export interface Volume {
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
  readonly data: Float32Array;
}

/** Edge lengths in samples. */
export interface Shape {
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
}

/** 16 GiB in one piece: Node 20's typed arrays hold 2^32 samples and no more (tried: one byte above is refused). */
const maximumSamples = 2 ** 32;

/**
 * A volume of zeros in shared memory.
 * @throws RangeError when a length is not a positive whole number or the volume would exceed 16 GiB.
 */
export function createVolume(nx: number, ny: number, nz: number): Volume {
  for (const length of [nx, ny, nz]) {
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(
        `a volume of \`${nx} x ${ny} x ${nz}\` (x, y, z) cannot be: every length must be 1 or more`,
      );
    }
  }
  return { nx, ny, nz, data: createSamples(nx * ny * nz, `${nx} x ${ny} x ${nz} (x, y, z)`) };
}

/** `count` zeros as float32 in shared memory. `what` names them in the error. */
export function createSamples(count: number, what: string): Float32Array<SharedArrayBuffer> {
  if (count > maximumSamples) {
    const gigabytes = (count / 2 ** 28).toFixed(1);
    throw new RangeError(
      `\`${what}\` needs ${gigabytes} GiB in one piece, and the limit is 16 GiB: crop the stack or split it into overlapping tiles`,
    );
  }
  return new Float32Array(new SharedArrayBuffer(count * Float32Array.BYTES_PER_ELEMENT));
}

/** A new shared volume with the samples of any array-like in (z, y, x) order. */
export function volumeFrom(shape: Shape, samples: ArrayLike<number>): Volume {
  const volume = createVolume(shape.nx, shape.ny, shape.nz);
  if (samples.length !== volume.data.length) {
    throw new RangeError(
      `\`${samples.length}\` samples do not fill ${shape.nx} x ${shape.ny} x ${shape.nz} = ${volume.data.length} voxels`,
    );
  }
  volume.data.set(samples);
  return volume;
}
