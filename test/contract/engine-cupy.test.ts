import { execFileSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { openEngine } from '../../src/imaging/engines/index.ts';
import { engineContract } from './engine-suite.ts';

// Its NumPy form, unless `ESPALIER_ARRAYS=cupy` says that there is a GPU.
process.env.ESPALIER_ARRAYS ??= 'numpy';
const onGpu = process.env.ESPALIER_ARRAYS === 'cupy';

/** Why the array program cannot run here; undefined where it can. */
function lacking(): string | undefined {
  const python = process.env.ESPALIER_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import numpy; assert int(numpy.__version__.split(".")[0]) >= 2'], {
      stdio: 'pipe',
    });
    return undefined;
  } catch {
    return `\`${python}\` has no numpy 2 (ESPALIER_PYTHON names another); the test cluster runs the same program`;
  }
}

const open = () => openEngine('cupy', { threads: 1 });
const why = onGpu ? undefined : lacking();
if (why !== undefined)
  describe('an engine: cupy (numpy)', () => {
    it.skip(`runs where Python has numpy: ${why}`, () => {});
  });
else if (onGpu)
  engineContract('cupy', open, {
    beyond: { open: () => openEngine('cupy', { threads: 1, deviceMemory: 30e3 }), tiles: false },
  });
else engineContract('cupy (numpy)', open);
