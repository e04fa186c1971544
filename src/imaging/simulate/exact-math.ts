/**
 * Functions built from +, −, × and ÷ alone, which IEEE 754 rounds the same everywhere. `Math.exp` and its kin may
 * differ in the last bit between versions of Node, and a simulation has to give the same bytes.
 * Each is good to about 1e-15 in the ranges used here.
 */

const ln2 = Math.LN2;
const halfPi = 1.5707963267948966;

export function exp(x: number): number {
  if (x < -700) return 0;
  const doublings = Math.round(x / ln2);
  const rest = x - doublings * ln2;
  let sum = 1;
  for (let k = 14; k > 0; k--) sum = 1 + (sum * rest) / k;
  return scale(sum, doublings);
}

/** Natural logarithm of a number above 0. */
export function ln(x: number): number {
  let doublings = 0;
  while (x > Math.SQRT2) {
    x /= 2;
    doublings++;
  }
  while (x < Math.SQRT1_2) {
    x *= 2;
    doublings--;
  }
  // ln x = 2 artanh((x − 1)/(x + 1))
  const s = (x - 1) / (x + 1);
  let sum = 0;
  for (let k = 21; k > 0; k -= 2) sum = sum * s * s + 1 / k;
  return 2 * s * sum + doublings * ln2;
}

export function cos(x: number): number {
  return sin(x + halfPi);
}

export function sin(x: number): number {
  const quarters = Math.round(x / halfPi);
  const rest = x - quarters * halfPi;
  switch (((quarters % 4) + 4) % 4) {
    case 0:
      return sinNearZero(rest);
    case 1:
      return cosNearZero(rest);
    case 2:
      return -sinNearZero(rest);
    default:
      return -cosNearZero(rest);
  }
}

function sinNearZero(x: number): number {
  let sum = 1;
  for (let k = 17; k > 1; k -= 2) sum = 1 - (sum * x * x) / (k * (k - 1));
  return x * sum;
}

function cosNearZero(x: number): number {
  let sum = 1;
  for (let k = 18; k > 0; k -= 2) sum = 1 - (sum * x * x) / (k * (k - 1));
  return sum;
}

function scale(x: number, doublings: number): number {
  for (; doublings > 0; doublings--) x *= 2;
  for (; doublings < 0; doublings++) x /= 2;
  return x;
}
