import { radicesOf } from './factors.ts';

/** Complex samples in double precision. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function createComplex(length: number): Complex {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}

/**
 * The Fourier transform of one axis of an array in (z, y, x) order, in place, in double precision and unscaled.
 * Plain JavaScript for small arrays (a PSF); volumes go through the compiled kernels.
 * `sign` is −1 for the forward transform, +1 for the inverse.
 */
export function transformAxis(array: Complex, count: number, stride: number, sign: -1 | 1): void {
  const transform = lineTransform(count, sign);
  const line = createComplex(count);
  const total = array.re.length;
  for (let block = 0; block < total; block += count * stride) {
    for (let first = block; first < block + stride; first++) {
      gather(array, first, stride, line);
      const out = transform(line);
      for (let i = 0; i < count; i++) {
        array.re[first + i * stride] = out.re[i] ?? 0;
        array.im[first + i * stride] = out.im[i] ?? 0;
      }
    }
  }
}

/** All three axes of an array of nz·ny·nx samples. */
export function transformVolume(
  array: Complex,
  shape: { nx: number; ny: number; nz: number },
  sign: -1 | 1,
): void {
  transformAxis(array, shape.nx, 1, sign);
  transformAxis(array, shape.ny, shape.nx, sign);
  transformAxis(array, shape.nz, shape.nx * shape.ny, sign);
}

function gather(array: Complex, first: number, stride: number, line: Complex): void {
  for (let i = 0; i < line.re.length; i++) {
    line.re[i] = array.re[first + i * stride] ?? 0;
    line.im[i] = array.im[first + i * stride] ?? 0;
  }
}

/** Stockham stages of any radix, by the definition of the butterfly; two buffers, swapped after each stage. */
function lineTransform(n: number, sign: -1 | 1): (line: Complex) => Complex {
  const radices = radicesOf(n);
  const roots = createComplex(n);
  for (let k = 0; k < n; k++) {
    roots.re[k] = Math.cos((2 * Math.PI * k) / n);
    roots.im[k] = sign * Math.sin((2 * Math.PI * k) / n);
  }
  const buffers = [createComplex(n), createComplex(n)] as const;
  return (line) => {
    let from = line;
    let span = 1;
    for (const [index, radix] of radices.entries()) {
      const to = buffers[index % 2 === 0 ? 0 : 1];
      stage(from, to, roots, n, radix, span);
      span *= radix;
      from = to;
    }
    return from;
  };
}

function stage(from: Complex, to: Complex, roots: Complex, n: number, radix: number, span: number): void {
  const m = n / (span * radix);
  for (let p = 0; p < m; p++) {
    for (let i = 0; i < span; i++) {
      for (let j = 0; j < radix; j++) {
        let re = 0;
        let im = 0;
        for (let k = 0; k < radix; k++) {
          // exp(±2πi·j·(k/r + p/(r·m))), as a root of order n = r·m·span.
          const turn = ((j * k * m + j * p) * span) % n;
          const at = i + span * (p + k * m);
          const cos = roots.re[turn] ?? 0;
          const sin = roots.im[turn] ?? 0;
          re += (from.re[at] ?? 0) * cos - (from.im[at] ?? 0) * sin;
          im += (from.re[at] ?? 0) * sin + (from.im[at] ?? 0) * cos;
        }
        to.re[i + span * (radix * p + j)] = re;
        to.im[i + span * (radix * p + j)] = im;
      }
    }
  }
}
