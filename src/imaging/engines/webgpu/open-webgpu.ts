import { planDeconvolution } from '../../deconvolve/index.ts';
import { makeRadialOtf } from '../../otf/index.ts';
import type { Shape } from '../../volume.ts';
import type { ArrayWork, Engine, EngineOptions, MemoryNeed } from '../engine.ts';
import { findAdapter } from './dawn.ts';
import { deconvolveOnDevice, dropRun, type Kept } from './deconvolve.ts';
import { Device } from './device.ts';
import { deskewOnDevice, geometryBytes, projectOnDevice, resampleOnDevice } from './geometry.ts';
import { runBytes } from './iteration.ts';
import { layoutOf } from './spectrum.ts';

/** Compute shaders on whatever GPU Dawn finds: Vulkan, Metal or Direct3D 12. */
export async function openWebgpu(options: EngineOptions): Promise<Engine> {
  const { adapter, name, driver } = await findAdapter(options.device);
  const device = await Device.open(adapter, options.deviceMemory);
  return engineOn(device, { device: name, driver });
}

/** The engine on a device that is open. */
export function engineOn(
  device: Device,
  described: { readonly device: string; readonly driver: string },
): Engine {
  const kept: Kept = {};
  return {
    description: { engine: 'webgpu', ...described },
    memoryFor: (work) => memoryFor(work),
    deskew: (slab, plan, options, target) => deskewOnDevice(device, slab, plan, options, target),
    resample: (volume, plan, options) => resampleOnDevice(device, volume, plan, options),
    radialOtf: async (psf, steps) => makeRadialOtf(psf, steps),
    deconvolve: (image, blur, options) => deconvolveOnDevice(device, kept, image, blur, options),
    project: (shape, axis, planes) => projectOnDevice(device, shape, axis, planes),
    close: async () => {
      await dropRun(device, kept);
      device.close();
    },
  };
}

const samples = ({ nx, ny, nz }: Shape): number => nx * ny * nz;

function memoryFor(work: ArrayWork): MemoryNeed {
  switch (work.kind) {
    case 'deskew': {
      const { input, output } = work.plan;
      const planeSamples = Math.max(input.nx * input.ny, output.nx * output.ny);
      return {
        host: 4 * work.planes * (input.nx * input.ny + output.nx * output.ny),
        device: geometryBytes({ whole: 0, planeSamples, planes: work.planes }),
      };
    }
    case 'resample': {
      const { input, output } = work.plan;
      const planeSamples = output.nx * output.ny;
      return {
        host: 4 * (samples(input) + samples(output)),
        device: geometryBytes({ whole: samples(input), planeSamples, planes: output.nz }),
      };
    }
    case 'otf':
      return { host: 20 * samples(work.psf), device: 0 };
    case 'deconvolve': {
      const { grid } = planDeconvolution(work.image, work.blur, { ...work.options, threads: 1 });
      const layout = layoutOf(grid.estimate, grid.transform);
      return {
        // The image, the data on the grid, and the estimate that comes back.
        host: 4 * (samples(work.image) + 2 * samples(grid.estimate) + samples(work.image)),
        device: runBytes(layout, work.options.acceleration),
      };
    }
    case 'project':
      return { host: 128e6, device: 128e6 };
  }
}
