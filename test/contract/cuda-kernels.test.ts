import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const python = process.env.ESPALIER_PYTHON ?? 'python3';

/** Why the kernels cannot be tried here; undefined where they can. */
function lacking(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import numpy, scipy'], { stdio: 'pipe' });
    execFileSync('g++', ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return `it takes g++, and numpy and scipy for \`${python}\` (ESPALIER_PYTHON names another)`;
  }
}

interface Case {
  readonly way: string;
  readonly accelerated: boolean;
  readonly error: number;
  readonly weight: number;
}

describe('the CUDA kernels, thread after thread on the CPU', () => {
  const why = lacking();
  if (why !== undefined) {
    it.skip(`give what plain arrays give: ${why}`, () => {});
    return;
  }
  it('give what plain arrays give, in every way there is to run an iteration', () => {
    const script = fileURLToPath(new URL('../arrays/check_kernels.py', import.meta.url));
    const lines = execFileSync(python, [script], { encoding: 'utf8', timeout: 400_000 }).trim().split('\n');
    const cases = lines.map((line): Case => JSON.parse(line));
    expect(cases.filter(({ way }) => way === 'whole')).toHaveLength(4);
    expect(cases).toHaveLength(24);
    for (const { error, weight } of cases) {
      expect(error).toBeLessThan(5e-6);
      expect(weight).toBeLessThan(1e-4);
    }
  }, 420_000);
});
