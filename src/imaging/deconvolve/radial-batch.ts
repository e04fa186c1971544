import { type RadialOtf, sampleRadialOtf } from '../otf/index.ts';
import { type Grid, halfWidth, spectrumStride } from './grid.ts';

/** A radially averaged transfer function, and the image's voxel size in µm. */
export interface RadialFill {
  readonly otf: RadialOtf;
  readonly xy: number;
  readonly z: number;
  /** What every value is multiplied by (the transforms are not scaled). */
  readonly scale: number;
}

/** Fills the transfer function of one batch of rows: layers along kz, then rows of ky, then kx. */
export function fillRadialBatch(
  batch: Float32Array,
  grid: Grid,
  fill: RadialFill,
  firstRow: number,
  rows: number,
): void {
  const { nx, ny, nz } = grid.transform;
  const stride = spectrumStride(grid);
  for (let layer = 0; layer < nz; layer++) {
    const kz = signed(layer, nz) / (nz * fill.z);
    for (let row = 0; row < rows; row++) {
      const ky = signed(firstRow + row, ny) / (ny * fill.xy);
      const at = (layer * rows + row) * 2 * stride;
      for (let column = 0; column < halfWidth(grid); column++) {
        const kx = column / (nx * fill.xy);
        const value = sampleRadialOtf(fill.otf, Math.sqrt(kx * kx + ky * ky), kz);
        // Four real parts, then their four imaginary parts.
        const real = at + 8 * Math.floor(column / 4) + (column % 4);
        batch[real] = value.re * fill.scale;
        batch[real + 4] = value.im * fill.scale;
      }
    }
  }
}

/** The frequency an index stands for: those past the middle are negative. */
function signed(index: number, count: number): number {
  return index > count / 2 ? index - count : index;
}
