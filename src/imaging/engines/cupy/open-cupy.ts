import { planDeconvolution } from '../../deconvolve/index.ts';
import { type Axis, shearOrigin } from '../../geometry/index.ts';
import { locateBead, otfFromRings } from '../../otf/index.ts';
import { createVolume, type Shape } from '../../volume.ts';
import type { ArrayWork, Engine, EngineOptions, MemoryNeed } from '../engine.ts';
import { type Child, type SamplesFile, startChild } from './child.ts';
import { deconvolveRequest, reportOf } from './deconvolution.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { allTaps } from './taps.ts';

/**
 * Arrays of CuPy on an NVIDIA GPU, in a Python program that runs as long as the engine is open. The environment variable
 * ESPALIER_ARRAYS=numpy asks for the same program on NumPy's arrays, which the log and the notes of files then name;
 * ESPALIER_PYTHON for another Python than `python3`.
 * @throws EngineError that names what is missing: Python, a package, the driver, a GPU
 */
export async function openCupy({ device, deviceMemory }: EngineOptions): Promise<Engine> {
  const child = await startChild({
    python: process.env.ESPALIER_PYTHON ?? 'python3',
    arrays: process.env.ESPALIER_ARRAYS ?? 'cupy',
    ...(device !== undefined && { device }),
    ...(deviceMemory !== undefined && { deviceMemory }),
  });
  return engineOn(child);
}

function engineOn(child: Child): Engine {
  const onGpu = child.facts.arrays === 'cupy';
  return {
    description: { engine: 'cupy', ...described(child.facts) },
    memoryFor: (work) => memoryFor(work, onGpu),
    deskew: (slab, plan, options, target) => {
      const first = options.firstPlane ?? 0;
      const origins = Array.from({ length: slab.nz }, (_, z) => shearOrigin(plan, first + z));
      const width = plan.skew === 'x' ? plan.output.nx : plan.output.ny;
      const how = { origins, width, skew: plan.skew, fill: options.fill };
      const into = target ?? createVolume(plan.output.nx, plan.output.ny, slab.nz);
      return exchanging(samplesOf(slab) + samplesOf(into), async (exchange) => {
        const stack = await exchange.send('stack', slab.data, shapeOf(slab));
        await ask(child, exchange, 'shear', how, { stack });
        await exchange.receive('result', into.data);
        return into;
      });
    },
    resample: (volume, plan, { fill }) => {
      const { nx, ny, nz } = plan.output;
      const into = createVolume(nx, ny, nz);
      return exchanging(samplesOf(volume) + samplesOf(into), async (exchange) => {
        const stack = await exchange.send('stack', volume.data, shapeOf(volume));
        const taps = await sendTaps(exchange, allTaps(plan));
        await ask(child, exchange, 'resample', { skew: plan.skew, fill }, { stack, ...taps });
        await exchange.receive('result', into.data);
        return into;
      });
    },
    radialOtf: (psf, steps) =>
      exchanging(5 * samplesOf(psf), async (exchange) => {
        const bead = locateBead(psf, steps);
        const { x, y, z } = bead.centre;
        const how = { background: bead.background, centre: [z, y, x] };
        await ask(child, exchange, 'rings', how, { psf: await exchange.send('psf', psf.data, shapeOf(psf)) });
        const table = new Float64Array(2 * (Math.floor(psf.nx / 2) + 1) * psf.nz);
        await exchange.receive('result', table);
        const part = (first: 0 | 1): Float64Array =>
          Float64Array.from({ length: table.length / 2 }, (_, i) => table[2 * i + first] ?? 0);
        return otfFromRings(psf, steps, bead, { re: part(0), im: part(1) });
      }),
    deconvolve: (image, blur, options) =>
      exchanging(3 * samplesOf(image), async (exchange) => {
        const { plan, how, inputs } = await deconvolveRequest(exchange, image, blur, options);
        const answer = await ask(child, exchange, 'deconvolve', how, inputs);
        const volume = createVolume(image.nx, image.ny, image.nz);
        await exchange.receive('result', volume.data);
        return { volume, report: reportOf(answer.report, plan) };
      }),
    project: (shape, axis, planes) =>
      exchanging(samplesOf(shape), async (exchange) => {
        const stack = createVolume(shape.nx, shape.ny, shape.nz);
        let at = 0;
        for await (const plane of planes) {
          stack.data.set(plane, at);
          at += plane.length;
        }
        const sent = await exchange.send('stack', stack.data, shapeOf(stack));
        await ask(child, exchange, 'project', { axis }, { stack: sent });
        const { width, height } = projected(shape, axis);
        const data = new Float32Array(width * height);
        await exchange.receive('result', data);
        return { width, height, data };
      }),
    close: () => child.close(),
  };
}

/** Runs work with a folder for `samples` samples, which is taken away whatever happens. */
async function exchanging<T>(samples: number, work: (exchange: Exchange) => Promise<T>): Promise<T> {
  const exchange = await openExchange(4 * samples);
  try {
    return await work(exchange);
  } finally {
    await exchange.close();
  }
}

function ask(
  child: Child,
  exchange: Exchange,
  work: Parameters<Child['ask']>[0]['work'],
  how: object,
  inputs: Readonly<Record<string, SamplesFile>>,
): ReturnType<Child['ask']> {
  return child.ask({ work, how, inputs, result: exchange.place('result') });
}

async function sendTaps(
  exchange: Exchange,
  { plane, lower, upper, weights, shape }: ReturnType<typeof allTaps>,
): Promise<Readonly<Record<string, SamplesFile>>> {
  return {
    plane: await exchange.send('plane', plane, shape),
    lower: await exchange.send('lower', lower, shape),
    upper: await exchange.send('upper', upper, shape),
    weights: await exchange.send('weights', weights, [...shape, 4]),
  };
}

const samplesOf = ({ nx, ny, nz }: Shape): number => nx * ny * nz;

const shapeOf = ({ nx, ny, nz }: Shape): readonly number[] => [nz, ny, nx];

function projected(shape: Shape, axis: Axis): { readonly width: number; readonly height: number } {
  if (axis === 'z') return { width: shape.nx, height: shape.ny };
  return axis === 'y' ? { width: shape.nx, height: shape.nz } : { width: shape.ny, height: shape.nz };
}

function described(facts: Child['facts']): Omit<Engine['description'], 'engine'> {
  const word = (name: string): string => String(facts[name] ?? 'unknown');
  if (facts.arrays === 'numpy')
    return { device: `${word('device')}, NumPy's arrays and no GPU`, driver: `numpy ${word('numpy')}` };
  const driver = `cupy ${word('cupy')}, CUDA ${word('cuda')}, driver for CUDA ${word('driver')}`;
  return {
    device: word('device'),
    driver,
    ...(typeof facts.memory === 'number' && { memory: facts.memory }),
  };
}

/** Volumes of the transform's grid that a deconvolution holds at its fullest: on a GPU in CUDA kernels, as plain arrays. */
const held = { gpu: 10, arrays: 12 };

function memoryFor(work: ArrayWork, onGpu: boolean): MemoryNeed {
  const { host, arrays } = bytesOf(work, onGpu);
  // NumPy's arrays lie in this machine's memory too.
  return onGpu ? { host, device: arrays } : { host: host + arrays, device: 0 };
}

/** Everything goes through files in memory, so that the host holds it twice. */
function bytesOf(work: ArrayWork, onGpu: boolean): { readonly host: number; readonly arrays: number } {
  switch (work.kind) {
    case 'deskew': {
      const { input, output } = work.plan;
      const bytes = 4 * work.planes * (input.nx * input.ny + output.nx * output.ny);
      return { host: 2 * bytes, arrays: bytes };
    }
    case 'resample': {
      const bytes = 4 * (samplesOf(work.plan.input) + samplesOf(work.plan.output));
      return { host: 2 * bytes, arrays: bytes };
    }
    case 'otf':
      return { host: 8 * samplesOf(work.psf), arrays: 4 * 16 * samplesOf(work.psf) };
    case 'deconvolve': {
      const { transform } = planDeconvolution(work.image, work.blur, { ...work.options, threads: 1 }).grid;
      return {
        host: 4 * 4 * samplesOf(work.image),
        arrays: 4 * (onGpu ? held.gpu : held.arrays) * samplesOf(transform),
      };
    }
    case 'project':
      return { host: 2 * 4 * samplesOf(work.shape), arrays: 4 * samplesOf(work.shape) };
  }
}
