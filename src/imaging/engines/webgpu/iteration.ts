import type { Iteration } from '../../deconvolve/index.ts';
import { filterColumns, sweepRowsAway } from './column-kernels.ts';
import type { Device, Step } from './device.ts';
import { rootsOf } from './line-transform.ts';
import { type KernelText, predictRows, ratioRows, stateDeclared, updateRows } from './row-kernels.ts';
import { type Layout, realBytes, spectrumBytes } from './spectrum.ts';

/** Floats that the device writes of each iteration. */
const wordsPerIteration = 8;

/** The volumes of a run on the device, and the steps of its iterations. */
export interface Run {
  readonly layout: Layout;
  readonly accelerated: boolean;
  readonly transfer: GPUBuffer;
  /** Scratch memory before and after the iterations, large enough for an image. */
  readonly spectrum: GPUBuffer;
  readonly data: GPUBuffer;
  /** The estimate and, accelerated, the one before: they change places with every iteration. */
  readonly estimates: readonly [GPUBuffer, GPUBuffer];
  readonly change: GPUBuffer;
  readonly state: GPUBuffer;
  readonly stats: GPUBuffer;
  readonly counted: GPUBuffer;
  /** One iteration that begins with the first or the second of the estimates. */
  readonly steps: readonly [readonly Step[], readonly Step[]];
  readonly buffers: readonly GPUBuffer[];
}

/** Bytes that a run takes: the volumes, the spectrum, the transfer function; tables and sums are small beside them. */
export function runBytes(layout: Layout, accelerated: boolean): number {
  const reals = realBytes(layout.estimate) * (accelerated ? 4 : 2);
  const spectrum = spectrumBytes(layout, layout.estimate.nz);
  return reals + spectrum + spectrumBytes(layout, layout.transform.nz) + 32 * 2 ** 20;
}

/** Bytes of each buffer that `makeRun` makes. */
export function runSizes(layout: Layout, accelerated: boolean, sharedBytes: number): number[] {
  const { estimate, transform } = layout;
  const [columns, planes] = ratioRows(layout, sharedBytes).groups;
  const sums = [16, 4 * wordsPerIteration * iterationsKept, 4 * columns * planes, 16 * columns * planes];
  const spectra = [spectrumBytes(layout, estimate.nz), spectrumBytes(layout, transform.nz)];
  const reals = Array.from({ length: accelerated ? 4 : 2 }, () => realBytes(estimate));
  return [8 * transform.nx, 8 * transform.ny, 8 * transform.nz, ...spectra, ...reals, ...sums];
}

/** Iterations whose figures are kept on the device until they are fetched. */
export const iterationsKept = 64;

/** Compiles what a run needs and makes its volumes, all zero. */
export async function makeRun(
  device: Device,
  layout: Layout,
  accelerated: boolean,
  sharedBytes: number,
): Promise<Run> {
  const { estimate, transform } = layout;
  const texts = {
    predict: predictRows(layout, sharedBytes, accelerated),
    away: sweepRowsAway(layout, sharedBytes, -1, estimate.nz),
    blur: filterColumns(layout, sharedBytes, 1),
    correlate: filterColumns(layout, sharedBytes, -1),
    back: sweepRowsAway(layout, sharedBytes, 1, estimate.nz),
    ratio: ratioRows(layout, sharedBytes),
    update: updateRows(layout, sharedBytes, accelerated),
  };
  const groups = texts.ratio.groups[0] * texts.ratio.groups[1];
  const sum = sumKernel(groups);
  const compile = (text: KernelText) => device.kernel(text.label, text.code, text.bindings);
  const kernels = {
    predict: await compile(texts.predict),
    away: await compile(texts.away),
    blur: await compile(texts.blur),
    correlate: await compile(texts.correlate),
    back: await compile(texts.back),
    ratio: await compile(texts.ratio),
    update: await compile(texts.update),
    sum: await compile(sum),
  };
  const buffers: GPUBuffer[] = [];
  const buffer = async (bytes: number, what: string): Promise<GPUBuffer> => {
    const made = await device.buffer(bytes, what);
    buffers.push(made);
    return made;
  };
  const table = async (n: number): Promise<GPUBuffer> => {
    const values = rootsOf(n);
    const made = await buffer(values.byteLength, 'tables');
    device.upload(made, values);
    return made;
  };
  const volume = (what: string): Promise<GPUBuffer> => buffer(realBytes(estimate), what);
  try {
    const [x, y, z] = [await table(transform.nx), await table(transform.ny), await table(transform.nz)];
    const spectrum = await buffer(spectrumBytes(layout, estimate.nz), 'the spectrum');
    const transfer = await buffer(spectrumBytes(layout, transform.nz), 'the transfer function');
    const data = await volume('the data');
    const first = await volume('the estimate');
    const second = accelerated ? await volume('the estimate before') : first;
    const change = accelerated ? await volume('the last change') : first;
    const state = await buffer(16, 'sums');
    const stats = await buffer(4 * wordsPerIteration * iterationsKept, 'sums');
    const cuts = await buffer(4 * groups, 'sums');
    const partials = await buffer(16 * groups, 'sums');
    const counted = device.uniform(Uint32Array.of(0, estimate.nz, 0, 0).buffer);
    const steps = (now: GPUBuffer, before: GPUBuffer): Step[] => {
      const more = (extra: readonly GPUBuffer[]): readonly GPUBuffer[] => (accelerated ? extra : []);
      const away = device.step(kernels.away, [y, spectrum], texts.away.groups);
      const back = device.step(kernels.back, [y, spectrum], texts.back.groups);
      return [
        device.step(kernels.predict, [x, spectrum, now, ...more([before, state])], texts.predict.groups),
        away,
        device.step(kernels.blur, [z, spectrum, transfer], texts.blur.groups),
        back,
        device.step(kernels.ratio, [x, spectrum, data, cuts, counted], texts.ratio.groups),
        away,
        device.step(kernels.correlate, [z, spectrum, transfer], texts.correlate.groups),
        back,
        device.step(
          kernels.update,
          [x, spectrum, partials, counted, now, ...more([before, change, state])],
          texts.update.groups,
        ),
        device.step(kernels.sum, [partials, cuts, state, stats], sum.groups),
      ];
    };
    const both = await device.scoped(
      'the steps of an iteration',
      () => [steps(first, second), steps(second, first)] as const,
    );
    return {
      layout,
      accelerated,
      transfer,
      spectrum,
      data,
      estimates: [first, second],
      change,
      state,
      stats,
      counted,
      steps: both,
      buffers,
    };
  } catch (error) {
    await device.free(buffers).catch(() => {});
    throw error;
  }
}

/** Sums the workgroups' parts, in one order, into what the next iteration's weight and the report are made of. */
function sumKernel(groups: number): KernelText {
  const rounds = [0, 1, 2, 3, 4, 5, 6, 7];
  return {
    label: 'sum',
    code: `${stateDeclared}
const threads = 256u;
var<workgroup> parts: array<vec3f, 256>;
var<workgroup> counts: array<u32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) t: u32) {
  var sums = vec3f(); var count = 0u;
  // Loads of several rounds do not wait for one another.
  for (var i = t; i < ${groups}u; i += ${rounds.length}u * threads) {
${rounds.map((k) => `    let i${k} = i + ${k}u * threads; let p${k} = partials[min(i${k}, ${groups - 1}u)].xyz; let c${k} = cuts[min(i${k}, ${groups - 1}u)];\n`).join('')}${rounds.map((k) => `    if (i${k} < ${groups}u) { sums += p${k}; count += c${k}; }\n`).join('')}  }
  parts[t] = sums; counts[t] = count;
  for (var step = threads / 2u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (t < step) { parts[t] += parts[t + step]; counts[t] += counts[t + step]; }
  }
  workgroupBarrier();
  if (t == 0u) {
    let at = state.iteration * ${wordsPerIteration}u;
    stats[at] = bitcast<u32>(state.weight);
    stats[at + 1u] = counts[0];
    stats[at + 2u] = bitcast<u32>(parts[0].z);
    stats[at + 3u] = bitcast<u32>(parts[0].x);
    stats[at + 4u] = bitcast<u32>(parts[0].y);
    state.weight = clamp(parts[0].x / (state.square + 1.1920928955078125e-7), 0.0, 1.0);
    state.square = parts[0].y;
    state.iteration += 1u;
  }
}
`,
    bindings: [
      { name: 'partials', type: 'array<vec4f>', access: 'read' },
      { name: 'cuts', type: 'array<u32>', access: 'read' },
      { name: 'state', type: 'State', access: 'read_write' },
      { name: 'stats', type: 'array<u32>', access: 'read_write' },
    ],
    groups: [1, 1],
  };
}

/** An iteration's figures, with the sums that the weight of the next is made of. */
export interface Figures extends Iteration {
  readonly cross: number;
  readonly square: number;
}

/** What the device wrote of the last `count` iterations since the state was reset. */
export async function fetchFigures(device: Device, run: Run, count: number): Promise<Figures[]> {
  const floats = new Float32Array(wordsPerIteration * count);
  await device.download(run.stats, floats, 'the sums');
  const words = new Uint32Array(floats.buffer);
  return Array.from({ length: count }, (_, k) => {
    const at = k * wordsPerIteration;
    return {
      weight: floats[at] ?? 0,
      clamped: words[at + 1] ?? 0,
      sum: floats[at + 2] ?? 0,
      cross: floats[at + 3] ?? 0,
      square: floats[at + 4] ?? 0,
    };
  });
}
