import type { Shape } from '../../../src/imaging/volume.ts';

// Richardson-Lucy as its formula reads, in double precision, with convolutions summed term by term. It shares no
// code with the program, and is slow: for volumes of a few thousand voxels.

export interface Kernel {
  readonly shape: Shape;
  readonly samples: readonly number[];
  readonly centre: { readonly x: number; readonly y: number; readonly z: number };
}

export interface ReferenceOptions {
  readonly iterations: number;
  readonly acceleration: boolean;
  /** What a sample outside the volume is: that of the other side, or 0. */
  readonly edge: 'circular' | 'zero';
}

const epsilon = 2 ** -23;

export function referenceRichardsonLucy(
  data: Float64Array,
  shape: Shape,
  kernel: Kernel,
  options: ReferenceOptions,
): Float64Array {
  let x = data.slice();
  let before = x.slice();
  const changes: Float64Array[] = [];
  for (let k = 0; k < options.iterations; k++) {
    const weight = options.acceleration ? weightOf(changes) : 0;
    const y = x.map((value, i) => Math.max(0, value + weight * (value - at(before, i))));
    const blurred = convolve(y, shape, kernel, options.edge, 1).map((b) => (b === 0 ? epsilon : b));
    const ratio = data.map((value, i) => Math.min(10, Math.max(-10, value / at(blurred, i) + epsilon)));
    const correction = convolve(ratio, shape, kernel, options.edge, -1);
    before = x;
    x = y.map((value, i) => Math.max(0, value * at(correction, i)));
    changes.push(x.map((value, i) => value - at(y, i)));
  }
  return x;
}

function weightOf(changes: readonly Float64Array[]): number {
  const last = changes.at(-1);
  const previous = changes.at(-2);
  if (!last || !previous) return 0;
  return Math.min(1, Math.max(0, dot(last, previous) / (dot(previous, previous) + epsilon)));
}

/** Convolution (sign 1) or correlation (sign −1). */
export function convolve(
  volume: Float64Array,
  { nx, ny, nz }: Shape,
  kernel: Kernel,
  edge: 'circular' | 'zero',
  sign: 1 | -1,
): Float64Array {
  const out = new Float64Array(volume.length);
  const sample = (x: number, y: number, z: number): number => {
    if (edge === 'zero' && (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz)) return 0;
    const wrap = (i: number, n: number): number => ((i % n) + n) % n;
    return at(volume, (wrap(z, nz) * ny + wrap(y, ny)) * nx + wrap(x, nx));
  };
  forEachVoxel({ nx, ny, nz }, (x, y, z, i) => {
    let sum = 0;
    forEachVoxel(kernel.shape, (u, v, w, j) => {
      const { centre } = kernel;
      sum +=
        at(kernel.samples, j) *
        sample(x - sign * (u - centre.x), y - sign * (v - centre.y), z - sign * (w - centre.z));
    });
    out[i] = sum;
  });
  return out;
}

export function forEachVoxel(
  shape: Shape,
  visit: (x: number, y: number, z: number, i: number) => void,
): void {
  let i = 0;
  for (let z = 0; z < shape.nz; z++) {
    for (let y = 0; y < shape.ny; y++) {
      for (let x = 0; x < shape.nx; x++) visit(x, y, z, i++);
    }
  }
}

export function at(values: ArrayLike<number>, i: number): number {
  const value = values[i];
  if (value === undefined) throw new RangeError(`no sample ${i} among ${values.length}`);
  return value;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * at(b, i), 0);
}

/** The same numbers in every run, between 0 and 1. */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 2 ** 23;
  };
}

/** Pearson's correlation. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  let [sa, sb, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [p, q] = [at(a, i), at(b, i)];
    sa += p;
    sb += q;
    aa += p * p;
    bb += q * q;
    ab += p * q;
  }
  return (ab - (sa * sb) / n) / Math.sqrt((aa - (sa * sa) / n) * (bb - (sb * sb) / n));
}
