import type { PreparedPsf, RadialOtf } from '../otf/index.ts';
import type { Pool } from '../threads/index.ts';
import { createSamples, type Shape } from '../volume.ts';
import { batchCount, type ColumnWork } from './column-kernel.ts';
import { type Grid, transferSamples } from './grid.ts';
import { pieces } from './pieces.ts';
import { planesReached } from './psf-plane.ts';

/** What blurred the image: a point spread function on its voxels, or a radially averaged transfer function. */
export type Blur =
  | { readonly kind: 'psf'; readonly psf: PreparedPsf }
  | {
      readonly kind: 'otf';
      readonly otf: RadialOtf;
      readonly voxel: { readonly xy: number; readonly z: number };
    };

/** How many of the image's samples the blur spans. */
export function blurShape(blur: Blur): Shape {
  if (blur.kind === 'psf') return blur.psf.volume;
  const { otf, voxel } = blur;
  const span = Math.ceil(1 / (otf.radialStep * voxel.xy) - 1e-6);
  return { nx: span, ny: span, nz: Math.ceil(1 / (otf.axialStep * voxel.z) - 1e-6) };
}

/**
 * The blur's transfer function on a grid, scaled so that two unscaled transforms and it make one convolution.
 * `spectrum` is used as scratch memory.
 */
export async function makeTransfer(
  blur: Blur,
  grid: Grid,
  spectrum: Float32Array,
  pool: Pool,
): Promise<Float32Array> {
  const transfer = createSamples(transferSamples(grid), 'the transfer function');
  const { nx, ny, nz } = grid.transform;
  const scale = 1 / (nx * ny * nz);
  if (blur.kind === 'otf') {
    const radial = { otf: blur.otf, xy: blur.voxel.xy, z: blur.voxel.z, scale };
    await runColumns(pool, { grid, spectrum, planes: [], transfer, action: { kind: 'fill', radial } });
    return transfer;
  }
  const { volume, centre } = blur.psf;
  const planes = planesReached(volume, centre.z, nz);
  const work = {
    grid: { ...grid, estimate: grid.transform },
    spectrum,
    step: { kind: 'psf', psf: { volume, centre, planes } } as const,
  };
  await pool.map(
    'deconvolvePlanes',
    pieces(planes.length).map((piece) => ({ ...work, ...piece })),
  );
  await runColumns(pool, { grid, spectrum, planes, transfer, action: { kind: 'make', scale } });
  return transfer;
}

/** Runs all batches of columns. */
export async function runColumns(pool: Pool, work: Omit<ColumnWork, 'from' | 'to'>): Promise<void> {
  await pool.map(
    'deconvolveColumns',
    pieces(batchCount(work.grid)).map((piece) => ({ ...work, ...piece })),
  );
}
