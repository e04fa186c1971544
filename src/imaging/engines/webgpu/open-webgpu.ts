import { planDeconvolution } from '../../deconvolve/index.ts';
import type { Shape } from '../../volume.ts';
import type { ArrayWork, Engine, EngineOptions, MemoryNeed } from '../engine.ts';
import { findAdapter } from './dawn.ts';
import { deconvolveOnDevice, dropRun, type Kept } from './deconvolve.ts';
import { volumesHeld } from './deconvolve-tiles.ts';
import { Device } from './device.ts';
import { deskewOnDevice, geometryBytes, projectOnDevice, resampleOnDevice } from './geometry.ts';
import { runBytes } from './iteration.ts';
import { planTiles } from './plan-tiles.ts';
import { radialOtfBytes, radialOtfOnDevice } from './radial-otf.ts';
import { layoutOf, realBytes } from './spectrum.ts';

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
    memoryFor: (work) => memoryFor(device, work),
    deskew: (slab, plan, options, target) => deskewOnDevice(device, slab, plan, options, target),
    resample: (volume, plan, options) => resampleOnDevice(device, volume, plan, options),
    radialOtf: (psf, steps) => radialOtfOnDevice(device, psf, steps),
    deconvolve: (image, blur, options) => deconvolveOnDevice(device, kept, image, blur, options),
    project: (shape, axis, planes) => projectOnDevice(device, shape, axis, planes),
    close: async () => {
      await dropRun(device, kept);
      device.close();
    },
  };
}

const samples = ({ nx, ny, nz }: Shape): number => nx * ny * nz;

function memoryFor(device: Device, work: ArrayWork): MemoryNeed {
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
    case 'otf': {
      const device = radialOtfBytes(work.psf);
      // The samples twice, the half spectrum as it is fetched, and in double precision.
      return { host: 8 * samples(work.psf) + 3 * device, device };
    }
    case 'deconvolve':
      return deconvolutionNeed(device, work);
    case 'project':
      return { host: 128e6, device: 128e6 };
  }
}

function deconvolutionNeed(
  device: Device,
  { image, blur, options, tabulated }: Extract<ArrayWork, { kind: 'deconvolve' }>,
): MemoryNeed {
  const { grid } = planDeconvolution(image, blur, { ...options, threads: 1 });
  const tiles = tabulated === true ? undefined : planTiles(grid, blur, options.acceleration, device);
  const layout = layoutOf(grid.estimate, grid.transform);
  const imageAndResult = 2 * 4 * samples(image);
  if (tiles === undefined) return { host: imageAndResult, device: runBytes(layout, options.acceleration) };
  const { count, axis, bytes } = tiles;
  // On the grid the data and what the iterations keep, and a tile as it is sent.
  const held =
    volumesHeld(options.acceleration) * realBytes(grid.estimate) + realBytes(tiles.layout.estimate);
  return { host: imageAndResult + held, device: bytes, tiles: { count, axis } };
}
