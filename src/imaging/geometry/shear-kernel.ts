import type { Shape } from '../volume.ts';
import type { SkewAxis } from './scan-geometry.ts';

/** Deskews a run of planes; `source` and `target` begin at the same plane of the scan. */
export interface ShearWork {
  readonly source: Float32Array;
  readonly target: Float32Array;
  readonly input: Shape;
  readonly output: Shape;
  readonly skew: SkewAxis;
  /** First plane in `source` and `target`, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** For every plane of `source`: where output sample 0 lies in the raw plane, pixels. */
  readonly origins: readonly number[];
  readonly fill: number;
}

/** Part of an output line that has raw samples on both sides, and what it is made of. */
interface Span {
  readonly first: number;
  readonly last: number;
  /** `raw sample = output sample + step` on the left side of the span's samples. */
  readonly step: number;
  readonly right: number;
}

export function shearPlanes(work: ShearWork): void {
  const inputPlane = work.input.nx * work.input.ny;
  const outputPlane = work.output.nx * work.output.ny;
  for (let plane = work.from; plane < work.to; plane++) {
    const source = work.source.subarray(plane * inputPlane, (plane + 1) * inputPlane);
    const target = work.target.subarray(plane * outputPlane, (plane + 1) * outputPlane);
    if (work.skew === 'x') shearAlongRows(work, source, target, work.origins[plane] ?? 0);
    else shearAcrossRows(work, source, target, work.origins[plane] ?? 0);
  }
}

/** Every output sample `first` to before `last` has both its neighbours: 0 ≤ x_in < n − 1. */
function spanOf(origin: number, raw: number, upright: number): Span {
  const step = Math.floor(origin);
  const first = Math.min(Math.max(0, -step), upright);
  const last = Math.max(first, Math.min(upright, raw - 1 - step));
  return { first, last, step, right: origin - step };
}

function shearAlongRows(work: ShearWork, source: Float32Array, target: Float32Array, origin: number): void {
  const { input, output, fill } = work;
  const { first, last, step, right } = spanOf(origin, input.nx, output.nx);
  const left = 1 - right;
  for (let y = 0; y < input.ny; y++) {
    const out = y * output.nx;
    fillRange(target, out, out + first, fill);
    if (first < last) {
      const shift = y * input.nx + step - out;
      let before = source[out + first + shift] ?? 0;
      for (let i = out + first; i < out + last; i++) {
        const after = source[i + shift + 1] ?? 0;
        target[i] = left * before + right * after;
        before = after;
      }
    }
    fillRange(target, out + last, out + output.nx, fill);
  }
}

function shearAcrossRows(work: ShearWork, source: Float32Array, target: Float32Array, origin: number): void {
  const { input, output, fill } = work;
  const { first, last, step, right } = spanOf(origin, input.ny, output.ny);
  const left = 1 - right;
  const n = output.nx;
  fillRange(target, 0, first * n, fill);
  for (let i = first * n, from = (first + step) * n; i < last * n; i++, from++) {
    target[i] = left * (source[from] ?? 0) + right * (source[from + n] ?? 0);
  }
  fillRange(target, last * n, output.ny * n, fill);
}

function fillRange(target: Float32Array, from: number, to: number, value: number): void {
  if (from < to) target.fill(value, from, to);
}
