import type { Place } from './cell-shape.ts';
import type { Specimen } from './specimen.ts';
import type { UprightGrid } from './upright-grid.ts';

/** Photons that each part of the specimen gives to one stack before blurring. */
const photons = { filamentStep: 620, vesicle: 15000, filamentDye: 14, vesicleDye: 10, bleaching: 0.97 };

/** Light given off in every voxel of the upright grid. Even channels show filaments, odd ones vesicles. */
export function emit(specimen: Specimen, grid: UprightGrid, channel: number, time: number): Float32Array {
  let left = 1;
  for (let i = 0; i < time; i++) left *= photons.bleaching;
  const showsFilaments = channel % 2 === 0;
  const dye = left * (showsFilaments ? photons.filamentDye : photons.vesicleDye);
  const light = specimen.cytoplasm.map((share) => dye * share);
  if (showsFilaments) {
    for (const filament of specimen.filaments) {
      for (const place of filament) splat(light, grid, place, left * photons.filamentStep);
    }
    return light;
  }
  for (const { brightness, radius, path } of specimen.vesicles) {
    const centre = path[time];
    if (centre === undefined) continue;
    const share = (left * photons.vesicle * brightness) / ballPoints.length;
    for (const [a, b, c] of ballPoints) {
      const { travel, y, height } = centre;
      const place = { travel: travel + a * radius, y: y + b * radius, height: height + c * radius };
      splat(light, grid, place, share);
    }
  }
  return light;
}

/** A ball as seven points. */
const ballPoints = [
  [0, 0, 0],
  [1, 0, 0],
  [-1, 0, 0],
  [0, 1, 0],
  [0, -1, 0],
  [0, 0, 1],
  [0, 0, -1],
] as const;

/** Shares light among the eight voxels around a place, so that its centre of mass is the place. */
function splat(light: Float32Array, grid: UprightGrid, place: Place, amount: number): void {
  const { nx, ny, nz } = grid.shape;
  const at = grid.toVoxel(place);
  const [x, y, z] = [Math.floor(at.x), Math.floor(at.y), Math.floor(at.z)];
  if (x < 0 || y < 0 || z < 0 || x > nx - 2 || y > ny - 2 || z > nz - 2) return;
  for (let corner = 0; corner < 8; corner++) {
    const [right, back, up] = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const share = near(at.x - x, right) * near(at.y - y, back) * near(at.z - z, up);
    const voxel = ((z + up) * ny + y + back) * nx + x + right;
    light[voxel] = (light[voxel] ?? 0) + share * amount;
  }
}

function near(fraction: number, side: number): number {
  return side === 1 ? fraction : 1 - fraction;
}
