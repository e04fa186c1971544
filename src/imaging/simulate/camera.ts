import { shearOrigin } from '../geometry/index.ts';
import { cameraOffset } from './acquisition.ts';
import type { Random } from './random.ts';
import type { UprightGrid } from './upright-grid.ts';

/** A scientific CMOS camera: counts per electron, read noise in electrons, stray light in photons per pixel. */
const camera = { gain: 2.2, readNoise: 1.4, stray: 2 };

/** Counts that a camera shows for an expected number of photons. */
export function expose(random: Random, photons: number): number {
  const electrons = random.poisson(photons + camera.stray) + camera.readNoise * random.normal();
  return Math.min(65535, Math.max(0, Math.round(cameraOffset + camera.gain * electrons)));
}

/**
 * The raw frame at one step of the stage: what a deskew puts at `x` was seen at `x + origin` (its formula turned
 * round), linearly interpolated between the voxels of the blurred specimen.
 */
export function takeFrame(
  random: Random,
  light: Float32Array,
  grid: UprightGrid,
  plane: number,
): Uint16Array {
  const { input, output } = grid.plan;
  const origin = shearOrigin(grid.plan, plane);
  const frame = new Uint16Array(input.nx * input.ny);
  for (let y = 0, i = 0; y < input.ny; y++) {
    const row = (plane * output.ny + y) * output.nx;
    for (let x = 0; x < input.nx; x++, i++) {
      const at = Math.min(output.nx - 1, Math.max(0, x - origin));
      const left = Math.min(output.nx - 2, Math.floor(at));
      const right = at - left;
      const photons = (1 - right) * (light[row + left] ?? 0) + right * (light[row + left + 1] ?? 0);
      frame[i] = expose(random, photons);
    }
  }
  return frame;
}
