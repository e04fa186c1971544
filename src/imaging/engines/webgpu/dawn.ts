import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EngineError } from '../engine.ts';

/**
 * The package `webgpu` (Dawn for Node), which is no dependency of this program: 130 MB that only those install who
 * want the engine. It is looked for where any package of this program would lie, or in the folder that the environment
 * names as ESPALIER_WEBGPU.
 */
interface Dawn {
  create(flags: readonly string[]): GPU;
  readonly globals: object;
}

/** What Dawn's instance is kept by: collected while a device is in use, it takes the process with it. */
const kept: GPU[] = [];

export interface Adapter {
  readonly adapter: GPUAdapter;
  readonly name: string;
  readonly driver: string;
  readonly software: boolean;
}

/**
 * The adapter asked for, or else the best one, a discrete GPU before an integrated one.
 * @param device part of a name; a software adapter is returned only when it is named
 * @throws EngineError when the package, a driver or that adapter is missing
 */
export async function findAdapter(device: string | undefined): Promise<Adapter> {
  const dawn = await loadDawn();
  const gpu = dawn.create(device === undefined ? [] : [`adapter=${device}`]);
  kept.push(gpu);
  const found = await request(gpu, device);
  if (found === undefined)
    throw new EngineError(
      'the engine `webgpu` finds no graphics driver: it wants Vulkan 1.3 on Linux (the packages libvulkan1 and mesa-vulkan-drivers, or NVIDIA’s driver with its Vulkan part), Metal on macOS, Direct3D 12 on Windows; use `--engine cpu` where there is none',
      { missing: true },
    );
  if (found.software && device === undefined)
    throw new EngineError(
      `the engine \`webgpu\` finds only \`${found.name}\`, which computes in software and is slower than \`--engine cpu\`; to use it all the same, name it with --device`,
      { missing: true },
    );
  return found;
}

/** Every adapter. Dawn names them only when it is asked for one that is not there. */
export async function listAdapters(): Promise<readonly Adapter[]> {
  const dawn = await loadDawn();
  const refusal = await dawn
    .create(['adapter=\u0000'])
    .requestAdapter({ powerPreference: 'high-performance' })
    .then(
      () => '',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const names = [...refusal.matchAll(/backend: '(?!null)\w+', name: '([^']+)'/g)].map(
    ([, name]) => name ?? '',
  );
  const found: Adapter[] = [];
  for (const name of new Set(names)) found.push(await findAdapter(name));
  return found;
}

/** @throws EngineError when the package is not installed, or cannot be loaded on this system */
async function loadDawn(): Promise<Dawn> {
  // A name the compiler does not follow: the package is not there when the program is built.
  const folder = process.env.ESPALIER_WEBGPU;
  const name: string = folder === undefined ? 'webgpu' : pathToFileURL(join(folder, 'index.js')).href;
  const loaded: unknown = await import(name).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new EngineError(
      code === 'ERR_MODULE_NOT_FOUND'
        ? 'the engine `webgpu` needs the package of that name (130 MB), which is not installed: `npm install webgpu@0.6.2` beside this program, or elsewhere and its folder in ESPALIER_WEBGPU; or use `--engine cpu`'
        : `the package \`webgpu\` cannot be loaded: ${error instanceof Error ? error.message : String(error)}; on Linux it needs glibc 2.34 and libstdc++ of GCC 12`,
      { missing: true },
    );
  });
  if (!isDawn(loaded))
    throw new EngineError('the package `webgpu` is not the one that is wanted: `npm install webgpu@0.6.2`', {
      missing: true,
    });
  Object.assign(globalThis, loaded.globals);
  return loaded;
}

function isDawn(module: unknown): module is Dawn {
  return typeof module === 'object' && module !== null && 'create' in module && 'globals' in module;
}

async function request(gpu: GPU, device: string | undefined): Promise<Adapter | undefined> {
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    return adapter === null ? undefined : describeAdapter(adapter);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError(`there is no device \`${device ?? ''}\` for the engine \`webgpu\`: ${message}`, {
      missing: true,
    });
  }
}

function describeAdapter(adapter: GPUAdapter): Adapter {
  const { vendor, architecture, device, description } = adapter.info;
  const software =
    adapter.info.isFallbackAdapter ||
    architecture === 'software' ||
    /llvmpipe|swiftshader/i.test(`${device} ${description}`);
  return { adapter, name: device || vendor || 'unnamed', driver: description, software };
}

/** A device without a driver behind it: everything is checked, nothing computed. What the tests of the shaders use. */
export async function openNullAdapter(): Promise<GPUAdapter> {
  const gpu = (await loadDawn()).create(['backend=null']);
  kept.push(gpu);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new EngineError('the package `webgpu` has no null backend');
  return adapter;
}
