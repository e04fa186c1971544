import {
  type Axis,
  createProjection,
  type DeskewOptions,
  type ResamplePlan,
  type ShearPlan,
  shearOrigin,
  tapsOf,
} from '../../geometry/index.ts';
import { createVolume, type Shape, type Volume } from '../../volume.ts';
import type { Projected } from '../engine.ts';
import type { Binding, Device } from './device.ts';

const bound = (name: string, type: string, access: Binding['access'] = 'read'): Binding => ({
  name,
  type,
  access,
});

/** Where a plane's samples come from is found in double precision, as on the cpu; the device blends. */
export async function deskewOnDevice(
  device: Device,
  slab: Volume,
  plan: ShearPlan,
  options: DeskewOptions,
  target: Volume = createVolume(plan.output.nx, plan.output.ny, slab.nz),
): Promise<Volume> {
  if (slab.nx !== plan.input.nx || slab.ny !== plan.input.ny)
    throw new RangeError(
      `planes of \`${slab.nx} x ${slab.ny}\` do not fit a deskew planned for ${plan.input.nx} x ${plan.input.ny}`,
    );
  const { input, output, skew } = plan;
  const along = skew === 'x' ? 'x' : 'y';
  const length = skew === 'x' ? input.nx : input.ny;
  const stride = skew === 'x' ? 1 : input.nx;
  const { kernel } = await compileOnce(
    device,
    `shear ${input.nx} ${input.ny} ${output.nx} ${output.ny} ${skew}`,
    `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let at = group.x * 64u + t; let z = group.y;
  if (at >= ${output.nx * output.ny}u) { return; }
  let x = i32(at % ${output.nx}u); let y = i32(at / ${output.nx}u);
  let step = bitcast<i32>(origins[2u * z]); let right = origins[2u * z + 1u];
  let begin = ${along} + step;
  var value = fill.x;
  if (begin >= 0 && begin < ${length - 1}) {
    let i = u32(i32(z) * ${input.nx * input.ny} + ${skew === 'x' ? `y * ${input.nx} + begin` : `begin * ${input.nx} + x`});
    value = (1.0 - right) * source[i] + right * source[i + ${stride}u];
  }
  target_[z * ${output.nx * output.ny}u + at] = value;
}
`,
    [
      bound('source', 'array<f32>'),
      bound('target_', 'array<f32>', 'read_write'),
      bound('origins', 'array<f32>'),
      bound('fill', 'vec4f', 'uniform'),
    ],
  );
  const inputPlane = input.nx * input.ny;
  const outputPlane = output.nx * output.ny;
  const depth = planesAtOnce(device, Math.max(inputPlane, outputPlane), slab.nz);
  const what = 'the deskew';
  const source = await device.buffer(4 * depth * inputPlane, what);
  const result = await device.buffer(4 * depth * outputPlane, what);
  const origins = await device.buffer(8 * depth, what);
  const fill = device.uniform(Float32Array.of(options.fill, 0, 0, 0).buffer);
  try {
    for (let from = 0; from < slab.nz; from += depth) {
      const count = Math.min(depth, slab.nz - from);
      const words = new Float32Array(2 * count);
      const steps = new Int32Array(words.buffer);
      for (let z = 0; z < count; z++) {
        const origin = shearOrigin(plan, (options.firstPlane ?? 0) + from + z);
        words[2 * z + 1] = origin - Math.floor(origin);
        steps[2 * z] = Math.floor(origin);
      }
      device.upload(source, slab.data.subarray(from * inputPlane, (from + count) * inputPlane));
      device.uploadWords(origins, steps);
      device.submit([
        device.step(kernel, [source, result, origins, fill], [Math.ceil(outputPlane / 64), count]),
      ]);
      await device.download(
        result,
        target.data.subarray(from * outputPlane, (from + count) * outputPlane),
        what,
      );
    }
  } finally {
    await device.free([source, result, origins]);
  }
  return target;
}

export async function resampleOnDevice(
  device: Device,
  volume: Volume,
  plan: ResamplePlan,
  { fill }: { readonly fill: number },
): Promise<Volume> {
  if (volume.nx !== plan.input.nx || volume.ny !== plan.input.ny || volume.nz !== plan.input.nz)
    throw new RangeError(
      `a stack of \`${volume.nx} x ${volume.ny} x ${volume.nz}\` is not the one that was planned for`,
    );
  const { input, output, skew } = plan;
  const length = skew === 'x' ? output.nx : output.ny;
  const v = skew === 'x' ? 'x' : 'y';
  const inPlane = input.nx * input.ny;
  const [row, stride] = skew === 'x' ? [`y * ${input.nx}u`, '1u'] : ['x', `${input.nx}u`];
  const scale = skew === 'x' ? '1u' : `${input.nx}u`;
  const { kernel } = await compileOnce(
    device,
    `resample ${JSON.stringify([input, output, skew])}`,
    `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let at = group.x * 64u + t; let z = group.y;
  if (at >= ${output.nx * output.ny}u) { return; }
  let x = at % ${output.nx}u; let y = at / ${output.nx}u;
  let tap = taps[z * ${length}u + ${v}];
  var value = fill.x;
  if (tap.x >= 0) {
    let w = weights[z * ${length}u + ${v}];
    let lower = u32(tap.x) * ${inPlane}u + ${row} + u32(tap.y) * ${scale};
    let upper = (u32(tap.x) + 1u) * ${inPlane}u + ${row} + u32(tap.z) * ${scale};
    value = w.x * source[lower] + w.y * source[lower + ${stride}] + w.z * source[upper] + w.w * source[upper + ${stride}];
  }
  target_[z * ${output.nx * output.ny}u + at] = value;
}
`,
    [
      bound('source', 'array<f32>'),
      bound('target_', 'array<f32>', 'read_write'),
      bound('taps', 'array<vec4i>'),
      bound('weights', 'array<vec4f>'),
      bound('fill', 'vec4f', 'uniform'),
    ],
  );
  const outputPlane = output.nx * output.ny;
  const result = createVolume(output.nx, output.ny, output.nz);
  const depth = planesAtOnce(device, outputPlane, output.nz);
  const what = 'the rotation';
  const source = await device.buffer(4 * volume.data.length, what);
  const planes = await device.buffer(4 * depth * outputPlane, what);
  const taps = await device.buffer(16 * depth * length, what);
  const weights = await device.buffer(16 * depth * length, what);
  const filled = device.uniform(Float32Array.of(fill, 0, 0, 0).buffer);
  try {
    device.upload(source, volume.data);
    for (let from = 0; from < output.nz; from += depth) {
      const count = Math.min(depth, output.nz - from);
      const places = new Int32Array(4 * count * length);
      const shares = new Float32Array(4 * count * length);
      for (let z = 0; z < count; z++) {
        const line = tapsOf(plan, from + z);
        for (let i = 0; i < length; i++)
          places.set([line.plane[i] ?? -1, line.lower[i] ?? 0, line.upper[i] ?? 0, 0], 4 * (z * length + i));
        shares.set(line.weights, 4 * z * length);
      }
      device.uploadWords(taps, places);
      device.upload(weights, shares);
      device.submit([
        device.step(kernel, [source, planes, taps, weights, filled], [Math.ceil(outputPlane / 64), count]),
      ]);
      await device.download(
        planes,
        result.data.subarray(from * outputPlane, (from + count) * outputPlane),
        what,
      );
    }
  } finally {
    await device.free([source, planes, taps, weights]);
  }
  return result;
}

/** The maximum along an axis. Samples are compared as numbers, but what is no number is found by its bits. */
export async function projectOnDevice(
  device: Device,
  shape: Shape,
  axis: Axis,
  planes: AsyncIterable<ArrayLike<number>>,
): Promise<Projected> {
  const { width, height, data } = createProjection(shape, axis);
  const { nx, ny, nz } = shape;
  const plane = nx * ny;
  const depth = planesAtOnce(device, plane, nz);
  const lines = { z: plane, y: nx * depth, x: ny * depth };
  const [first, step, count] = {
    z: ['at', `${plane}u`, 'size.x'],
    y: [`(at / ${nx}u) * ${plane}u + at % ${nx}u`, `${nx}u`, `${ny}u`],
    x: [`at * ${nx}u`, '1u', `${nx}u`],
  }[axis];
  const to = axis === 'z' ? 'at' : `size.y * ${axis === 'y' ? nx : ny}u + at`;
  const { kernel } = await compileOnce(
    device,
    `project ${axis} ${nx} ${ny} ${depth}`,
    `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let at = (group.y * 32768u + group.x) * 64u + t;
  if (at >= size.z) { return; }
  var i = ${first};
  var best = best_[${to}];
  for (var k = 0u; k < ${count}; k++) {
    let value = source[i];
    let is_number = (value & 0x7fffffffu) <= 0x7f800000u;
    if (!is_number) { best = value; }
    else if ((best & 0x7fffffffu) <= 0x7f800000u && bitcast<f32>(value) > bitcast<f32>(best)) { best = value; }
    i += ${step};
  }
  best_[${to}] = best;
}
`,
    [
      bound('source', 'array<u32>'),
      bound('best_', 'array<u32>', 'read_write'),
      bound('size', 'vec4u', 'uniform'),
    ],
  );
  const what = 'the projection';
  const source = await device.buffer(4 * depth * plane, what);
  const best = await device.buffer(4 * data.length, what);
  const staged = new Float32Array(depth * plane);
  let [z, held] = [0, 0];
  const flush = (): void => {
    if (held === 0) return;
    const threads = axis === 'z' ? lines.z : (lines[axis] / depth) * held;
    const size = device.uniform(Uint32Array.of(held, z - held, threads, 0).buffer);
    const groups = Math.ceil(threads / 64);
    device.upload(source, staged.subarray(0, held * plane));
    device.submit([
      device.step(kernel, [source, best, size], [Math.min(groups, 32768), Math.ceil(groups / 32768)]),
    ]);
    held = 0;
  };
  try {
    device.upload(best, data);
    for await (const samples of planes) {
      staged.set(samples, held * plane);
      held++;
      z++;
      if (held === depth) flush();
    }
    flush();
    await device.download(best, data, what);
  } finally {
    await device.free([source, best]);
  }
  return { width, height, data };
}

/** Planes that go to the device together: enough to keep it busy, little memory. */
function planesAtOnce(device: Device, planeSamples: number, planes: number): number {
  const room = Math.min(device.largestBuffer, chunkBytes);
  return Math.min(planes, 65535, Math.max(1, Math.floor(room / (4 * planeSamples))));
}

const chunkBytes = 128e6;

/** Bytes on the device: a chunk of planes in and out, or a whole stack where every plane may be needed. */
export function geometryBytes(work: {
  readonly whole: number;
  readonly planeSamples: number;
  readonly planes: number;
}): number {
  return 4 * work.whole + 2 * Math.min(chunkBytes, 4 * work.planeSamples * work.planes);
}

async function compileOnce(device: Device, label: string, code: string, bindings: readonly Binding[]) {
  return { kernel: await device.kernelOnce(label, code, bindings) };
}
