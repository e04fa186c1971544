import { createVolume, type Volume } from '../volume.ts';

/** Noise of the dark part of a bead image, counts. */
interface Dark {
  readonly mean: number;
  readonly deviation: number;
}

/** Samples kept beyond the last one that is surely light. */
const margin = 2;

/**
 * Makes a measured bead fit to be a point spread function. The background comes from the six faces, where no light
 * of a bead in the middle falls. What lies less than three deviations above it is set to it: clipped at 0, the
 * noise of a large dark volume would outweigh the bead. Then the dark rim is cut off, which saves padding: the box
 * that is kept reaches past everything six deviations bright, where noise does not come.
 * @returns the bead in counts, and the background in it
 */
export function cleanBead(measured: Volume): { readonly volume: Volume; readonly background: number } {
  const dark = measureFaces(measured);
  const cleared = measured.data.map((value) => (value < dark.mean + 3 * dark.deviation ? dark.mean : value));
  const box = litBox({ ...measured, data: cleared }, dark.mean + 6 * dark.deviation);
  return { volume: crop({ ...measured, data: cleared }, box), background: dark.mean };
}

function measureFaces({ nx, ny, nz, data }: Volume): Dark {
  let [count, sum, squares] = [0, 0, 0];
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) {
        const inside = x > 0 && y > 0 && z > 0 && x < nx - 1 && y < ny - 1 && z < nz - 1;
        if (inside) continue;
        const value = data[i] ?? 0;
        count++;
        sum += value;
        squares += value * value;
      }
    }
  }
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

type Range = readonly [first: number, behind: number];
interface Box {
  readonly x: Range;
  readonly y: Range;
  readonly z: Range;
}

/** The smallest box around all samples above `threshold`, and a margin; everything when there is none. */
function litBox({ nx, ny, nz, data }: Volume, threshold: number): Box {
  const low = [nx, ny, nz];
  const high = [-1, -1, -1];
  data.forEach((value, i) => {
    if (!(value > threshold)) return;
    for (const [axis, at] of [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))].entries()) {
      low[axis] = Math.min(low[axis] ?? at, at);
      high[axis] = Math.max(high[axis] ?? at, at);
    }
  });
  const range = (axis: 0 | 1 | 2, length: number): Range => {
    const [first = 0, last = -1] = [low[axis], high[axis]];
    return last < 0 ? [0, length] : [Math.max(0, first - margin), Math.min(length, last + margin + 1)];
  };
  return { x: range(0, nx), y: range(1, ny), z: range(2, nz) };
}

function crop({ nx, ny, data }: Volume, { x, y, z }: Box): Volume {
  const cropped = createVolume(x[1] - x[0], y[1] - y[0], z[1] - z[0]);
  for (let k = z[0]; k < z[1]; k++) {
    for (let j = y[0]; j < y[1]; j++) {
      const row = (k * ny + j) * nx;
      cropped.data.set(
        data.subarray(row + x[0], row + x[1]),
        ((k - z[0]) * cropped.ny + j - y[0]) * cropped.nx,
      );
    }
  }
  return cropped;
}
