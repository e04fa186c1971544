/** Lengths with no other prime factor transform fast. */
const fastPrimes = [2, 3, 5, 7];

/**
 * The radices of a line of n samples, in the order of the stages: fours first, then one 2 where it is left over,
 * then odd primes upwards. Every n has them; primes above 7 cost p² per butterfly.
 */
export function radicesOf(n: number): number[] {
  const radices: number[] = [];
  let left = n;
  while (left % 4 === 0) {
    radices.push(4);
    left /= 4;
  }
  for (let prime = 2; prime * prime <= left; prime++) {
    while (left % prime === 0) {
      radices.push(prime);
      left /= prime;
    }
  }
  if (left > 1) radices.push(left);
  return radices;
}

/** The smallest n' ≥ n whose only prime factors are 2, 3, 5 and 7. */
export function fastSize(n: number): number {
  let size = n;
  while (!isFast(size)) size++;
  return size;
}

function isFast(n: number): boolean {
  let left = n;
  for (const prime of fastPrimes) while (left % prime === 0) left /= prime;
  return left === 1;
}
