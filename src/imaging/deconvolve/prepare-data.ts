import { createVolume, type Volume } from '../volume.ts';
import { apodise } from './apodise.ts';
import type { Grid } from './grid.ts';

/**
 * The data on the estimate's grid: apodised, the background subtracted, negative counts set to 0, mirrored beyond the
 * image's faces where the grid is larger; and the sum over the image alone.
 * @throws RangeError when a sample is not a finite number: it would spread over the whole result.
 */
export function prepareData(
  image: Volume,
  grid: Grid,
  background: number,
  apodisedPixels: number,
): { data: Volume; light: number } {
  const { nx, ny, nz } = grid.estimate;
  const data = createVolume(nx, ny, nz);
  const columns = sources(nx, image.nx, grid.origin.x);
  const rows = sources(ny, image.ny, grid.origin.y);
  const planes = sources(nz, image.nz, grid.origin.z);
  const plane = new Float32Array(image.nx * image.ny);
  let light = 0;
  for (let z = 0; z < nz; z++) {
    const from = (planes[z] ?? 0) * plane.length;
    plane.set(image.data.subarray(from, from + plane.length));
    if (apodisedPixels > 0) apodise(plane, image.nx, image.ny, apodisedPixels);
    const planeLight = subtract(plane, background, planes[z] ?? 0);
    if (z >= grid.origin.z && z < grid.origin.z + image.nz) light += planeLight;
    spread(plane, image.nx, columns, rows, data.data.subarray(z * nx * ny, (z + 1) * nx * ny));
  }
  return { data, light };
}

/** Which of the image's samples each of the grid's shows: reflected at the first and the last, which are not repeated. */
function sources(count: number, imageCount: number, origin: number): Int32Array {
  const period = Math.max(1, 2 * (imageCount - 1));
  return Int32Array.from({ length: count }, (_, i) => {
    const folded = Math.abs(i - origin) % period;
    return folded < imageCount ? folded : period - folded;
  });
}

/** Takes the background off, in place, and returns the sum of what is left. */
function subtract(plane: Float32Array, background: number, z: number): number {
  let sum = 0;
  let finite = true;
  for (let i = 0; i < plane.length; i++) {
    const light = (plane[i] ?? 0) - background;
    finite &&= light - light === 0;
    plane[i] = light > 0 ? light : 0;
    sum += light > 0 ? light : 0;
  }
  if (!finite) throw new RangeError(`plane \`${z}\` of the image holds values that are not finite numbers`);
  return sum;
}

function spread(
  plane: Float32Array,
  width: number,
  columns: Int32Array,
  rows: Int32Array,
  to: Float32Array,
): void {
  if (columns.length === width && rows.length * width === plane.length) {
    to.set(plane);
    return;
  }
  let i = 0;
  for (const row of rows) for (const column of columns) to[i++] = plane[row * width + column] ?? 0;
}
