import { deconvolve, planDeconvolution } from '../deconvolve/index.ts';
import { createProjection, deskew, resample } from '../geometry/index.ts';
import { makeRadialOtf } from '../otf/index.ts';
import { openPool, type Pool } from '../threads/index.ts';
import type { Shape } from '../volume.ts';
import type { ArrayWork, Engine, EngineOptions } from './engine.ts';

/** The compiled kernels on threads of this process. */
export function openCpu({ threads }: EngineOptions): Engine {
  // Opened when it is first needed: reading a bead or projecting a stack needs no threads.
  let opened: Pool | undefined;
  const pool = (): Pool => {
    opened ??= openPool(threads);
    return opened;
  };
  return {
    description: { engine: 'cpu', device: threads === 1 ? '1 thread' : `${threads} threads` },
    memoryFor: (work) => ({ host: hostBytes(work, threads), device: 0 }),
    deskew: (slab, plan, options, target) => deskew(slab, plan, options, pool(), target),
    resample: (volume, plan, options) => resample(volume, plan, options, pool()),
    radialOtf: async (psf, steps) => makeRadialOtf(psf, steps),
    deconvolve: (image, blur, options) => deconvolve(image, blur, options, pool()),
    project: async (shape, axis, planes) => {
      const projection = createProjection(shape, axis);
      let z = 0;
      for await (const plane of planes) projection.add(z++, plane);
      return projection;
    },
    close: async () => opened?.close(),
  };
}

const samples = ({ nx, ny, nz }: Shape): number => nx * ny * nz;

function hostBytes(work: ArrayWork, threads: number): number {
  switch (work.kind) {
    case 'deskew': {
      const { input, output } = work.plan;
      return 4 * work.planes * (input.nx * input.ny + output.nx * output.ny);
    }
    case 'resample':
      return 4 * (samples(work.plan.input) + samples(work.plan.output));
    case 'otf':
      // The samples, and their complex transform in double precision.
      return (4 + 16) * samples(work.psf);
    case 'deconvolve': {
      const { bytes } = planDeconvolution(work.image, work.blur, { ...work.options, threads });
      return bytes + 4 * samples(work.image);
    }
    case 'project':
      // One plane, and at most a projection of the largest face.
      return (
        4 * (work.shape.nx * work.shape.ny + samples(work.shape) / Math.min(...Object.values(work.shape)))
      );
  }
}
