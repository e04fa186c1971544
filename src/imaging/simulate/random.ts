import { exp, ln } from './exact-math.ts';

/** A stream of random numbers that depends on nothing but its seed and its name. */
export interface Random {
  /** At least 0, less than 1. */
  uniform(): number;
  between(low: number, high: number): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** A count with the given mean. */
  poisson(mean: number): number;
}

/**
 * xoshiro128** of Blackman and Vigna (2018), seeded through splitmix32. Streams of other names do not follow each
 * other, so that drawing more from one leaves the others as they were.
 */
export function createRandom(seed: number, stream: string): Random {
  const next = xoshiro(hash(seed, stream));
  const uniform = (): number => next() / 4294967296;
  const normal = normals(uniform);
  return {
    uniform,
    normal,
    between: (low, high) => low + (high - low) * uniform(),
    poisson: (mean) => (mean < 40 ? countSmall(uniform, mean) : countLarge(normal, mean)),
  };
}

/** FNV-1a over the seed's digits and the name. */
function hash(seed: number, stream: string): number {
  let state = 0x811c9dc5;
  for (const character of `${seed}/${stream}`) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return state >>> 0;
}

function xoshiro(seed: number): () => number {
  let mix = seed;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) | 0;
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** Marsaglia's polar method: two normals from two uniforms. */
function normals(uniform: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const radius = x * x + y * y;
      if (radius > 0 && radius < 1) {
        const stretch = Math.sqrt((-2 * ln(radius)) / radius);
        spare = y * stretch;
        return x * stretch;
      }
    }
  };
}

/** Knuth's product of uniforms: exact, and quick while the mean is small. */
function countSmall(uniform: () => number, mean: number): number {
  const limit = exp(-mean);
  let count = 0;
  for (let product = uniform(); product > limit; product *= uniform()) count++;
  return count;
}

/** Close enough to Poisson from here on: the skewness left out is below 1/6. */
function countLarge(normal: () => number, mean: number): number {
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
}
