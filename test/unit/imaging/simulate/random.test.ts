import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/imaging/simulate/random.ts';

function draws(count: number, draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count };
}

describe('random numbers', () => {
  it('are the same for the same seed and name, and others for another of either', () => {
    const first = (seed: number, name: string): number[] => {
      const random = createRandom(seed, name);
      return [random.uniform(), random.uniform(), random.normal()];
    };
    expect(first(7, 'a')).toEqual(first(7, 'a'));
    expect(first(8, 'a')).not.toEqual(first(7, 'a'));
    expect(first(7, 'b')).not.toEqual(first(7, 'a'));
  });

  it('spread evenly between 0 and 1', () => {
    const random = createRandom(1, 'uniform');
    const { mean, variance } = draws(40_000, () => random.uniform());
    expect(mean).toBeCloseTo(1 / 2, 1.7);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.003);
  });

  it('have mean 0 and deviation 1 when they are normal', () => {
    const random = createRandom(1, 'normal');
    const { mean, variance } = draws(40_000, () => random.normal());
    expect(Math.abs(mean)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });

  it.each([0.5, 6, 39, 41, 500])('have mean and variance %d when they are counts of it', (expected) => {
    const random = createRandom(3, 'poisson');
    const { mean, variance } = draws(20_000, () => random.poisson(expected));
    // Five standard errors.
    expect(Math.abs(mean - expected)).toBeLessThan(5 * Math.sqrt(expected / 20_000));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.1);
  });
});
