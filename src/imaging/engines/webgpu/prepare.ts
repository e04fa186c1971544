import { apodisation, type Grid } from '../../deconvolve/index.ts';
import { createVolume, type Shape, type Volume } from '../../volume.ts';
import type { Binding, Device } from './device.ts';
import type { Run } from './iteration.ts';

/** Workgroups that share a plane, at most; each leaves one sum. */
const groupsPerPlane = 64;

const what = 'the data';

/**
 * Sends an image and makes the run's data of it on the device: apodised, the background subtracted, mirrored beyond the
 * image's faces where the grid is larger. The spectrum, which nothing is in yet, holds what was sent.
 * @returns the sum over the image
 * @throws RangeError when a sample is not a finite number, or borders cannot be apodised
 */
export async function sendPrepared(
  device: Device,
  run: Run,
  image: Volume,
  grid: Grid,
  { background, apodisedPixels }: { readonly background: number; readonly apodisedPixels: number },
): Promise<number> {
  const weights = apodisation(image, apodisedPixels);
  device.upload(run.spectrum, image.data);
  if (apodisedPixels > 0) await apodiseOnDevice(device, run.spectrum, image, Float32Array.from(weights));
  const kernel = await device.kernelOnce('prepare', gridDeclared + prepareText, [
    { name: 'source', type: 'array<f32>', access: 'read' },
    { name: 'target_', type: 'array<f32>', access: 'read_write' },
    ...sumsBound,
  ]);
  const partials = await summed(device, [run.spectrum, run.data], kernel, grid, grid.estimate, background);
  const perPlane = partials.length / 2 / grid.estimate.nz;
  const own = partials.subarray(2 * grid.origin.z * perPlane, 2 * (grid.origin.z + grid.image.nz) * perPlane);
  const bad = own.findIndex((value, i) => i % 2 === 1 && value !== 0);
  if (bad >= 0)
    throw new RangeError(
      `plane \`${Math.floor(bad / 2 / perPlane)}\` of the image holds values that are not finite numbers`,
    );
  return sumOfFirsts(own);
}

/** Fetches the image's part of an estimate. @returns it and, where it was cut out, the sum over it */
export async function fetchCropped(
  device: Device,
  run: Run,
  estimate: GPUBuffer,
  grid: Grid,
): Promise<{ readonly volume: Volume; readonly sum: number | undefined }> {
  const { nx, ny, nz } = grid.image;
  const volume = createVolume(nx, ny, nz);
  const whole = 4 * nx * ny * nz === 4 * grid.estimate.nx * grid.estimate.ny * grid.estimate.nz;
  if (whole) {
    await device.download(estimate, volume.data, 'the result');
    return { volume, sum: undefined };
  }
  const kernel = await device.kernelOnce('crop', gridDeclared + cropText, [
    { name: 'source', type: 'array<f32>', access: 'read' },
    { name: 'target_', type: 'array<f32>', access: 'read_write' },
    ...sumsBound,
  ]);
  const partials = await summed(device, [estimate, run.spectrum], kernel, grid, grid.image, 0);
  await device.download(run.spectrum, volume.data, 'the result');
  return { volume, sum: sumOfFirsts(partials) };
}

/** Runs a kernel over all planes of `over`, and fetches what its workgroups leave: a sum and whether one is bad, in turn. */
async function summed(
  device: Device,
  [source, target]: readonly [GPUBuffer, GPUBuffer],
  kernel: Awaited<ReturnType<Device['kernel']>>,
  grid: Grid,
  over: Shape,
  background: number,
): Promise<Float32Array> {
  const groups = Math.min(groupsPerPlane, Math.ceil((over.nx * over.ny) / 256));
  const left = new Float32Array(2 * groups * over.nz);
  const partials = await device.buffer(left.byteLength, what);
  try {
    const bound = device.uniform(uniformOf(grid, background));
    device.submit([device.step(kernel, [source, target, partials, bound], [groups, over.nz])]);
    await device.download(partials, left, what);
  } finally {
    await device.free([partials]);
  }
  return left;
}

async function apodiseOnDevice(
  device: Device,
  image: GPUBuffer,
  { nx, ny, nz }: Shape,
  weights: Float32Array,
): Promise<void> {
  const kernel = await device.kernelOnce('apodise', apodiseText, [
    { name: 'image', type: 'array<f32>', access: 'read_write' },
    { name: 'weights', type: 'array<f32>', access: 'read' },
    { name: 'lines', type: 'Lines', access: 'uniform' },
  ]);
  const table = await device.buffer(weights.byteLength, what);
  try {
    device.upload(table, weights);
    const along = (lines: number, count: number, stride: number, next: number) => {
      const words = Uint32Array.of(lines, count, stride, next, nx * ny, weights.length, 0, 0);
      const groups = [Math.ceil(lines / 64), nz] as const;
      return device.step(kernel, [image, table, device.uniform(words.buffer)], groups);
    };
    device.submit([along(nx, ny, nx, 1), along(ny, nx, 1, nx)]);
    await device.done(what);
  } finally {
    await device.free([table]);
  }
}

function uniformOf({ image, origin, estimate }: Grid, background: number): ArrayBuffer {
  const words = new ArrayBuffer(64);
  const shape = ({ nx, ny, nz }: Shape): number[] => [nx, ny, nz, 0];
  new Uint32Array(words).set([...shape(image), ...[origin.x, origin.y, origin.z, 0], ...shape(estimate)]);
  new Float32Array(words)[12] = background;
  return words;
}

/** In double precision. */
function sumOfFirsts(pairs: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < pairs.length; i += 2) sum += pairs[i] ?? 0;
  return sum;
}

const sumsBound: readonly Binding[] = [
  { name: 'partials', type: 'array<vec2f>', access: 'read_write' },
  { name: 'grid', type: 'Grid', access: 'uniform' },
];

/** Thread 0 leaves the workgroup's sum, added up in an order that never changes. */
const gridDeclared = `
struct Grid { image: vec4u, origin: vec4u, estimate: vec4u, background: f32 }
var<workgroup> sums: array<vec2f, 256>;
fn leave(t: u32, at: u32, own: vec2f) {
  sums[t] = own;
  for (var step = 128u; step > 0u; step /= 2u) {
    workgroupBarrier();
    if (t < step) { sums[t] += sums[t + step]; }
  }
  if (t == 0u) { partials[at] = sums[0]; }
}
`;

/** Which of the image's samples a sample of the grid shows: see prepare-data.ts. What is no number is found by its bits. */
const prepareText = `
fn folded(i: u32, origin: u32, count: u32) -> u32 {
  let period = max(1u, 2u * (count - 1u));
  let away = u32(abs(i32(i) - i32(origin))) % period;
  return select(period - away, away, away < count);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let samples = grid.estimate.x * grid.estimate.y;
  let z = group.y;
  let plane = folded(z, grid.origin.z, grid.image.z) * grid.image.y;
  var own = vec2f();
  for (var i = group.x * 256u + t; i < samples; i += groups.x * 256u) {
    let at = vec2u(i % grid.estimate.x, i / grid.estimate.x);
    let row = plane + folded(at.y, grid.origin.y, grid.image.y);
    let value = source[row * grid.image.x + folded(at.x, grid.origin.x, grid.image.x)];
    let light = max(0.0, value - grid.background);
    target_[z * samples + i] = light;
    let inside = at - grid.origin.xy;
    if (inside.x < grid.image.x && inside.y < grid.image.y) { own.x += light; }
    if ((bitcast<u32>(value) & 0x7f800000u) == 0x7f800000u) { own.y = 1.0; }
  }
  leave(t, z * groups.x + group.x, own);
}
`;

const cropText = `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) t: u32) {
  let samples = grid.image.x * grid.image.y;
  let z = group.y;
  var own = vec2f();
  for (var i = group.x * 256u + t; i < samples; i += groups.x * 256u) {
    let row = (z + grid.origin.z) * grid.estimate.y + i / grid.image.x + grid.origin.y;
    let value = source[row * grid.estimate.x + i % grid.image.x + grid.origin.x];
    target_[z * samples + i] = value;
    own.x += value;
  }
  leave(t, z * groups.x + group.x, own);
}
`;

/** A thread closes one line of one plane: see apodise.ts. */
const apodiseText = `
struct Lines { lines: u32, count: u32, stride: u32, next: u32, plane: u32, pixels: u32 }
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) t: u32) {
  let line = group.x * 64u + t;
  if (line >= lines.lines) { return; }
  let first = group.y * lines.plane + line * lines.next;
  let last = first + (lines.count - 1u) * lines.stride;
  let half = (image[last] - image[first]) / 2.0;
  for (var l = 0u; l < lines.pixels; l++) {
    let change = half * weights[l];
    image[first + l * lines.stride] += change;
    image[last - l * lines.stride] -= change;
  }
}
`;
