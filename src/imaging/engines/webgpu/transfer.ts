import { type Blur, fillPsfPlane, planesReached } from '../../deconvolve/index.ts';
import { axialTap, radialTap } from '../../otf/index.ts';
import type { Shape } from '../../volume.ts';
import { finishTransfer, sweepRowsAway } from './column-kernels.ts';
import type { Binding, Device } from './device.ts';
import { rootsOf } from './line-transform.ts';
import { type KernelText, placeRows } from './row-kernels.ts';
import { type Layout, layoutOf, realBytes } from './spectrum.ts';

/** Bytes of a point spread function's planes that are sent at a time. */
const chunkBytes = 32e6;

/** The transfer function of a blur on a grid, scaled so that two unscaled transforms and it make one convolution. */
export async function fillTransfer(
  device: Device,
  blur: Blur,
  layout: Layout,
  transfer: GPUBuffer,
  sharedBytes: number,
): Promise<void> {
  if (blur.kind === 'psf') await transformPsf(device, blur, layout, transfer, sharedBytes);
  else await tabulate(device, blur, layout, transfer);
}

/** Bytes of each buffer that is made beside the transfer function while a PSF of `depth` planes is transformed. */
export function psfSizes({ nx, ny, nz }: Shape, depth: number): number[] {
  const planes = planesAtOnce(nx, ny, Math.min(depth, nz));
  return [4 * nx * ny * planes, 4 * planes, 8 * nx, 8 * ny, 8 * nz];
}

const planesAtOnce = (nx: number, ny: number, planes: number): number =>
  Math.min(planes, Math.max(1, Math.floor(chunkBytes / (4 * nx * ny))));

async function transformPsf(
  device: Device,
  { psf: { volume, centre } }: Extract<Blur, { kind: 'psf' }>,
  { transform }: Layout,
  transfer: GPUBuffer,
  sharedBytes: number,
): Promise<void> {
  const { nx, ny, nz } = transform;
  const planes = planesReached(volume, centre.z, nz);
  const depth = planesAtOnce(nx, ny, planes.length);
  const chunk = layoutOf({ nx, ny, nz: depth }, transform);
  const whole = layoutOf(transform, transform);
  const [place, alongY, alongZ] = await Promise.all([
    compile(device, placeRows(chunk, sharedBytes)),
    compile(device, sweepRowsAway(whole, sharedBytes, -1, nz)),
    compile(device, finishTransfer(whole, sharedBytes, 1 / (nx * ny * nz))),
  ]);
  const what = 'the transfer function';
  const samples = await device.buffer(realBytes(chunk.estimate), what);
  const places = await device.buffer(4 * depth, what);
  const roots = [
    await rootsBuffer(device, nx),
    await rootsBuffer(device, ny),
    await rootsBuffer(device, nz),
  ] as const;
  device.clear(transfer);
  const staged = new Float32Array(nx * ny * depth);
  const grid = { image: transform, origin: { x: 0, y: 0, z: 0 }, estimate: transform, transform };
  for (let from = 0; from < planes.length; from += depth) {
    const count = Math.min(depth, planes.length - from);
    for (let plane = 0; plane < count; plane++)
      fillPsfPlane(staged, plane * nx * ny, nx, grid, { volume, centre, planes }, from + plane);
    device.upload(samples, staged.subarray(0, count * nx * ny));
    device.uploadWords(places, Uint32Array.from(planes.slice(from, from + count)));
    const groups = [place.text.groups[0], count] as const;
    device.submit([device.step(place.kernel, [roots[0], transfer, samples, places], groups)]);
  }
  device.submit([
    device.step(alongY.kernel, [roots[1], transfer], alongY.text.groups),
    device.step(alongZ.kernel, [roots[2], transfer], alongZ.text.groups),
  ]);
  await device.done(what);
  await device.free([samples, places, ...roots]);
}

/** Positions in the table are found in double precision; the device only blends. */
async function tabulate(
  device: Device,
  { otf, voxel }: Extract<Blur, { kind: 'otf' }>,
  { transform, half, stride }: Layout,
  transfer: GPUBuffer,
): Promise<void> {
  const { nx, ny, nz } = transform;
  const scale = 1 / (nx * ny * nz);
  const rings = new Float32Array(2 * ny * stride).fill(-1);
  for (let y = 0; y < ny; y++) {
    const ky = signed(y, ny) / (ny * voxel.xy);
    for (let x = 0; x < half; x++) {
      const kx = x / (nx * voxel.xy);
      const tap = radialTap(otf, Math.sqrt(kx * kx + ky * ky));
      if (tap !== undefined) rings.set([tap.near, tap.share], 2 * (y * stride + x));
    }
  }
  const layers = new Float32Array(4 * nz).fill(-1);
  for (let z = 0; z < nz; z++) {
    const tap = axialTap(otf, signed(z, nz) / (nz * voxel.z));
    if (tap !== undefined) layers.set([tap.near, tap.far, tap.share, 0], 4 * z);
  }
  const table = new Float32Array(2 * otf.re.length);
  for (let i = 0; i < otf.re.length; i++)
    table.set([(otf.re[i] ?? 0) * scale, (otf.im[i] ?? 0) * scale], 2 * i);
  const { kernel, text } = await compile(device, tableKernel(transform, stride, otf.axialCount));
  const buffers: GPUBuffer[] = [];
  for (const values of [rings, layers, table]) {
    const buffer = await device.buffer(values.byteLength, 'the transfer function');
    device.upload(buffer, values);
    buffers.push(buffer);
  }
  device.submit([device.step(kernel, [transfer, ...buffers], text.groups)]);
  await device.done('the transfer function');
  await device.free(buffers);
}

function tableKernel(transform: Layout['transform'], stride: number, axialCount: number): KernelText {
  const table = (name: string, type: string): Binding => ({ name, type, access: 'read' });
  const at = (ring: string, layer: string): string => `table[${ring} * ${axialCount}u + ${layer}]`;
  return {
    label: 'tabulate',
    code: `
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let column = group.x * 64u + t;
  if (column >= ${stride}u) { return; }
  let ring = rings[group.y * ${stride}u + column];
  for (var z = 0u; z < ${transform.nz}u; z++) {
    let layer = layers[z];
    var value = vec2f();
    if (ring.x >= 0.0 && layer.x >= 0.0) {
      let r = u32(ring.x); let near = u32(layer.x); let far = u32(layer.y);
      let low = (1.0 - layer.z) * ${at('r', 'near')} + layer.z * ${at('r', 'far')};
      let high = (1.0 - layer.z) * ${at('(r + 1u)', 'near')} + layer.z * ${at('(r + 1u)', 'far')};
      value = (1.0 - ring.y) * low + ring.y * high;
    }
    transfer[(z * ${transform.ny}u + group.y) * ${stride}u + column] = value;
  }
}
`,
    bindings: [
      { name: 'transfer', type: 'array<vec2f>', access: 'read_write' },
      table('rings', 'array<vec2f>'),
      table('layers', 'array<vec4f>'),
      table('table', 'array<vec2f>'),
    ],
    groups: [Math.ceil(stride / 64), transform.ny],
  };
}

/** The frequency an index stands for: those past the middle are negative. */
const signed = (index: number, count: number): number => (index > count / 2 ? index - count : index);

async function rootsBuffer(device: Device, n: number): Promise<GPUBuffer> {
  const values = rootsOf(n);
  const buffer = await device.buffer(values.byteLength, 'tables');
  device.upload(buffer, values);
  return buffer;
}

async function compile(device: Device, text: KernelText) {
  return { text, kernel: await device.kernel(text.label, text.code, text.bindings) };
}
