import { type Acquisition, stackInterval } from './acquisition.ts';
import { type CellShape, createCellShape, type Place } from './cell-shape.ts';
import { type Filament, growFilaments } from './filaments.ts';
import { createRandom } from './random.ts';
import type { UprightGrid } from './upright-grid.ts';
import { scatterVesicles, type Vesicle } from './vesicles.ts';

/** The cell and everything in it, before any optics. */
export interface Specimen {
  readonly filaments: readonly Filament[];
  readonly vesicles: readonly Vesicle[];
  /** Share of freely floating dye in every voxel, 0 to 1. */
  readonly cytoplasm: Float32Array;
}

export function createSpecimen(acquisition: Acquisition, grid: UprightGrid): Specimen {
  const { seed, times } = acquisition;
  const halfField = {
    travel: (acquisition.raw.nz * acquisition.dz) / 2,
    y: (grid.shape.ny * grid.spacing.lateral) / 2,
  };
  const shape = createCellShape(createRandom(seed, 'shape'), halfField);
  const area = halfField.travel * halfField.y;
  const filaments = growFilaments(createRandom(seed, 'filaments'), shape, Math.round(20 + 0.42 * area));
  const vesicles = scatterVesicles(createRandom(seed, 'vesicles'), shape, filaments, {
    count: Math.round(60 + 0.9 * area),
    times,
    seconds: stackInterval / 1000,
  });
  return { filaments, vesicles, cytoplasm: fillCytoplasm(shape, grid) };
}

function fillCytoplasm(cell: CellShape, grid: UprightGrid): Float32Array {
  const { nx, ny, nz } = grid.shape;
  const dye = new Float32Array(nx * ny * nz);
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, i++) dye[i] = dyeAt(cell, grid.toPlace(x, y, z));
    }
  }
  return dye;
}

/** The nucleus keeps half of the dye out. */
function dyeAt(cell: CellShape, place: Place): number {
  if (place.height < 0 || place.height > 3.2) return 0;
  if (place.height > cell.thickness(place.travel, place.y)) return 0;
  return cell.nucleus(place) < 1 ? 0.45 : 1;
}
