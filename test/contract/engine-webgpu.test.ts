import { describe, it } from 'vitest';
import { EngineError, openEngine } from '../../src/imaging/engines/index.ts';
import { webgpuPackage } from '../webgpu-package.ts';
import { engineContract } from './engine-suite.ts';

webgpuPackage();

// Mesa's software device can be had everywhere, and is never chosen unless it is named; a GPU by (part of) its name.
const device = process.env.ESPALIER_WEBGPU_DEVICE ?? 'llvmpipe';
const open = () => openEngine('webgpu', { threads: 1, device });

const missing = await open().then(
  (engine) => engine.close().then(() => undefined),
  (error: unknown) => {
    if (error instanceof EngineError) return error.message;
    throw error;
  },
);

if (missing === undefined)
  engineContract('webgpu', open, {
    slow: device === 'llvmpipe',
    beyond: { open: () => openEngine('webgpu', { threads: 1, device, deviceMemory: 180e3 }), tiles: true },
  });
else {
  console.log(`the engine webgpu is not held to its contract here: ${missing}`);
  describe.skip(`an engine: webgpu (${missing})`, () => it('does as the cpu does', () => {}));
}
