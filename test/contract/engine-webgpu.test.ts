import { describe, it } from 'vitest';
import { EngineError, openEngine } from '../../src/imaging/engines/index.ts';
import { webgpuPackage } from '../webgpu-package.ts';
import { engineContract } from './engine-suite.ts';

webgpuPackage();

// Mesa's software device: what can be had everywhere, and never chosen unless it is named.
const open = () => openEngine('webgpu', { threads: 1, device: 'llvmpipe' });

const missing = await open().then(
  (engine) => engine.close().then(() => undefined),
  (error: unknown) => {
    if (error instanceof EngineError) return error.message;
    throw error;
  },
);

if (missing === undefined) engineContract('webgpu', open, { slow: true });
else {
  console.log(`the engine webgpu is not held to its contract here: ${missing}`);
  describe.skip(`an engine: webgpu (${missing})`, () => it('does as the cpu does', () => {}));
}
