import { radicesOf } from './factors.ts';

const headerInts = 2;
const intsPerStage = 5;

/**
 * What the compiled kernels need to transform lines of n samples, as bytes: the stages (radix, m, span, byte
 * offsets), then each stage's twiddles exp(-2πi·j·p/(r·m)) for p < m, 0 < j < r, then the roots exp(-2πi·k/r) of odd
 * radices. Angles are computed in double precision and rounded once.
 */
export function encodeLinePlan(n: number): Uint8Array {
  const radices = radicesOf(n);
  const stages: number[] = [n, radices.length];
  const factors: number[] = [];
  const factorsAt = 4 * (headerInts + intsPerStage * radices.length);
  let span = 1;
  for (const radix of radices) {
    const m = n / (span * radix);
    stages.push(radix, m, span, factorsAt + 4 * factors.length);
    pushTwiddles(factors, radix, m);
    stages.push(factorsAt + 4 * factors.length);
    if (radix % 2 === 1) for (let k = 0; k < radix; k++) pushRoot(factors, k, radix);
    span *= radix;
  }
  const bytes = new Uint8Array(factorsAt + 4 * factors.length);
  new Int32Array(bytes.buffer, 0, stages.length).set(stages);
  new Float32Array(bytes.buffer, factorsAt, factors.length).set(factors);
  return bytes;
}

function pushTwiddles(factors: number[], radix: number, m: number): void {
  for (let p = 0; p < m; p++) {
    for (let j = 1; j < radix; j++) pushRoot(factors, j * p, radix * m);
  }
}

function pushRoot(factors: number[], k: number, n: number): void {
  const angle = (-2 * Math.PI * (k % n)) / n;
  factors.push(Math.cos(angle), Math.sin(angle));
}
