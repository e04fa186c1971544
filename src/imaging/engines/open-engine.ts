import { type Engine, EngineError, type EngineName, type EngineOptions } from './engine.ts';

type Opener = (options: EngineOptions) => Promise<Engine>;

/** Each loads its own code, and nothing of the others. */
const openers: { readonly [name in EngineName]?: Opener } = {
  cpu: async (options) => (await import('./cpu.ts')).openCpu(options),
  cupy: async (options) => (await import('./cupy/open-cupy.ts')).openCupy(options),
  webgpu: async (options) => (await import('./webgpu/open-webgpu.ts')).openWebgpu(options),
};

/** The engines that this program has a part for; whether one can run here shows when it is opened. */
export const engineNames = Object.keys(openers);

/**
 * Opens the engine asked for, and no other in its place.
 * @throws EngineError that names what is missing and what to do
 */
export async function openEngine(name: string, options: EngineOptions): Promise<Engine> {
  const found = Object.entries(openers).find(([known]) => known === name);
  if (found === undefined)
    throw new EngineError(`there is no engine \`${name}\`; there are ${engineNames.join(', ')}`);
  return found[1](options);
}
