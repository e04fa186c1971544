import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cos, exp, ln, sin } from '../../../../src/imaging/simulate/exact-math.ts';

const source = fileURLToPath(new URL('../../../../src/imaging/simulate', import.meta.url));

describe('the exactly rounded functions', () => {
  it.each([-600, -37.5, -1, -0.3, 0, 1e-9, 0.5, 1, 20])('give e to the power of %d', (x) => {
    expect(exp(x) / Math.exp(x)).toBeCloseTo(1, 12);
  });

  it.each([1e-12, 0.001, Math.SQRT1_2, 0.99, 1, 1.42, 3, 1e6])('give the natural logarithm of %d', (x) => {
    expect(ln(x)).toBeCloseTo(Math.log(x), 12);
  });

  it.each([-9, -3.2, -0.8, 0, 0.4, 1.6, 2.9, 4.5, 6.1, 12])('give sine and cosine of %d', (x) => {
    expect(sin(x)).toBeCloseTo(Math.sin(x), 13);
    expect(cos(x)).toBeCloseTo(Math.cos(x), 13);
  });

  it('are the only ones that the simulation uses: every other is rounded the same everywhere', () => {
    const exact = 'sqrt|round|floor|ceil|min|max|abs|imul|PI|LN2|SQRT2|SQRT1_2';
    for (const name of readdirSync(source)) {
      const text = readFileSync(join(source, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      expect([name, text.match(new RegExp(`Math\\.(?!(${exact})\\b)\\w+|[\\w)] \\*\\* `))?.[0]]).toEqual([
        name,
        undefined,
      ]);
    }
  });
});
