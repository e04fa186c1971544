import { type Complex, createComplex } from '../fft/index.ts';
import type { Shape } from '../volume.ts';

/**
 * Averages a centred spectrum over rings of whole radius, on the half plane kx = 0 … nx/2 with all ky. The half plane
 * matters: averaging over the full plane gives values that differ in the second digit. Rows kr, columns kz.
 * `rowLength`: how many of a row's samples the spectrum holds, nx/2 + 1 at least.
 */
export function averageRadially(spectrum: Complex, shape: Shape, rowLength: number): Complex {
  const { nx, ny, nz } = shape;
  const half = Math.floor(nx / 2);
  const sums = createComplex((half + 1) * nz);
  const counts = new Float64Array(half + 1);
  for (let y = 0; y < ny; y++) {
    const ky = y > ny / 2 ? y - ny : y;
    for (let kx = 0; kx <= half; kx++) {
      const radius = Math.sqrt(kx * kx + ky * ky);
      const ring = roundHalfEven(radius);
      if (ring > half || radius >= half + 1) continue;
      counts[ring] = (counts[ring] ?? 0) + 1;
      for (let z = 0; z < nz; z++) {
        const from = (z * ny + y) * rowLength + kx;
        const to = ring * nz + z;
        sums.re[to] = (sums.re[to] ?? 0) + (spectrum.re[from] ?? 0);
        sums.im[to] = (sums.im[to] ?? 0) + (spectrum.im[from] ?? 0);
      }
    }
  }
  for (let i = 0; i < sums.re.length; i++) {
    const count = counts[Math.floor(i / nz)] ?? 1;
    sums.re[i] = (sums.re[i] ?? 0) / count;
    sums.im[i] = (sums.im[i] ?? 0) / count;
  }
  return sums;
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
