#!/usr/bin/env node
// What the engine `webgpu` does on the GPU of this machine: that it agrees with `cpu`, in tiles too, and how fast it is beside what
// the device's memory allows. One JSON line per figure, as soon as it is known; a step that fails says so, and the next begins.
// usage: node bench/gpu/webgpu.mjs [--device NAME] [--small] [--program DIST]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    device: { type: 'string' },
    small: { type: 'boolean' },
    only: { type: 'string' },
    program: { type: 'string', default: fileURLToPath(new URL('../../dist', import.meta.url)) },
  },
});
const load = (path) => import(pathToFileURL(join(resolve(values.program), 'src', path)).href);
const tell = (what, figures) => console.log(JSON.stringify({ what, ...figures }));
const began = performance.now();

async function step(what, work) {
  if (values.only !== undefined && !values.only.split(',').includes(what)) return;
  try {
    await work();
  } catch (error) {
    tell(what, { failed: error.message });
  }
  tell('clock', { after: what, seconds: Number(((performance.now() - began) / 1000).toFixed(1)) });
}

const { openEngine } = await load('imaging/engines/index.js');
const { engineOn } = await load('imaging/engines/webgpu/open-webgpu.js');
const { findAdapter } = await load('imaging/engines/webgpu/dawn.js');
const { Device } = await load('imaging/engines/webgpu/device.js');
const { makeRun } = await load('imaging/engines/webgpu/iteration.js');
const { iterate } = await load('imaging/engines/webgpu/deconvolve.js');
const { layoutOf, realBytes, spectrumBytes } = await load('imaging/engines/webgpu/spectrum.js');
const { parseAngle, planOrthogonal, planRotation, planShear } = await load('imaging/geometry/index.js');
const { preparePsf } = await load('imaging/otf/index.js');
const { createVolume } = await load('imaging/volume.js');
const { main } = await load('imaging/index.js');
const { writeTiff } = await load('formats/index.js');

let state = 7;
const random = () => {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return (state >>> 8) / 2 ** 23;
};

function noise(nx, ny, nz) {
  const volume = createVolume(nx, ny, nz);
  for (let i = 0; i < volume.data.length; i++)
    volume.data[i] = Math.round(100 + 10 * random() + (random() < 0.01 ? 500 * random() : 0));
  return volume;
}

function bead(nx, ny, nz) {
  const volume = createVolume(nx, ny, nz);
  const [cx, cy, cz] = [nx >> 1, ny >> 1, nz >> 1];
  let i = 0;
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++)
        volume.data[i++] =
          1000 *
          Math.exp(-((x - cx - 0.3) ** 2) / 3 - (y - cy + 0.2) ** 2 / 5 - (z - cz) ** 2 / 8) *
          (1 + 0.4 * Math.tanh(x - cx));
  return volume;
}

const blurOf = (...size) => ({
  kind: 'psf',
  psf: preparePsf(bead(...size), { centre: 'middle', background: 0 }),
});

function distance(a, b) {
  let [largest, difference] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]));
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
  }
  return Number((difference / largest).toExponential(2));
}

const sizes = values.small
  ? [[64, 48, 32]]
  : [
      [512, 256, 100],
      [1024, 512, 200],
    ];

await step('adapter', async () => {
  const { adapter, name, driver, software } = await findAdapter(values.device);
  const { limits } = adapter;
  tell('adapter', {
    name,
    driver,
    software,
    vendor: adapter.info.vendor,
    architecture: adapter.info.architecture,
    node: process.version,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxBufferSize: limits.maxBufferSize,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    features: [...adapter.features].join(' '),
  });
});

await step('agreement', async () => {
  const options = values.device === undefined ? { threads: 4 } : { threads: 4, device: values.device };
  const [gpu, cpu] = [await openEngine('webgpu', options), await openEngine('cpu', { threads: 4 })];
  const cases = [
    ['even, mirrored', [64, 40, 24], [7, 9, 5], 'mirror'],
    ['odd, mirrored', [63, 41, 23], [8, 6, 4], 'mirror'],
    ['odd, zeros outside', [61, 47, 19], [7, 7, 5], 'zero'],
    ['primes, circular', [53, 47, 29], [7, 7, 5], 'circular'],
    ['one plane', [70, 55, 1], [7, 7, 1], 'mirror'],
    ['one column', [1, 1, 80], [3, 3, 9], 'zero'],
    ['larger', [160, 120, 60], [21, 21, 31], 'mirror'],
  ];
  for (const [title, size, psf, padding] of values.small ? cases.slice(0, 2) : cases) {
    for (const acceleration of [false, true]) {
      const [image, blur] = [noise(...size), blurOf(...psf)];
      const how = { iterations: 10, acceleration, padding, background: 90, apodisedPixels: 0, start: 'data' };
      const mine = await gpu.deconvolve(image, blur, how);
      const again = await gpu.deconvolve(image, blur, how);
      const theirs = await cpu.deconvolve(image, blur, how);
      const same =
        Buffer.compare(Buffer.from(mine.volume.data.buffer), Buffer.from(again.volume.data.buffer)) === 0;
      tell('agreement', {
        title,
        acceleration,
        distance: distance(mine.volume.data, theirs.volume.data),
        twiceTheSame: same,
        weight: [mine.report.iterations.at(-1).weight, theirs.report.iterations.at(-1).weight],
      });
    }
  }
  for (const skew of ['x', 'y']) {
    const raw = noise(64, 50, 20);
    const scan = { angle: parseAngle(31.8), dz: 0.5, dr: 0.104, skew };
    const figures = {};
    const shear = planShear(raw, scan);
    figures.deskew = distance(
      (await gpu.deskew(raw, shear, { fill: 90 })).data,
      (await cpu.deskew(raw, shear, { fill: 90 })).data,
    );
    for (const [name, plan] of [
      ['rotate', planRotation(raw, scan)],
      ['orthogonal', planOrthogonal(raw, scan)],
    ])
      figures[name] = distance(
        (await gpu.resample(raw, plan, { fill: 7 })).data,
        (await cpu.resample(raw, plan, { fill: 7 })).data,
      );
    for (const axis of ['x', 'y', 'z']) {
      const planes = async function* () {
        for (let z = 0; z < raw.nz; z++) yield raw.data.subarray(z * 3200, (z + 1) * 3200);
      };
      figures[`project-${axis}`] = distance(
        (await gpu.project(raw, axis, planes())).data,
        (await cpu.project(raw, axis, planes())).data,
      );
    }
    tell('agreement', { skew, ...figures });
  }
  const psf = bead(32, 32, 24);
  const steps = { xy: 0.1, z: 0.2, fixOrigin: 10 };
  const [mine, theirs] = [await gpu.radialOtf(psf, steps), await cpu.radialOtf(psf, steps)];
  let otf = 0;
  for (let i = 0; i < theirs.otf.re.length; i++)
    otf = Math.max(otf, Math.hypot(mine.otf.re[i] - theirs.otf.re[i], mine.otf.im[i] - theirs.otf.im[i]));
  // The largest value of the table is 1. A difference of exactly 0 would mean that the device did nothing.
  tell('agreement', { otf });
  await gpu.close();
  await cpu.close();
});

await step('tiles', async () => {
  const options = values.device === undefined ? { threads: 4 } : { threads: 4, device: values.device };
  // Three tiles along z with zeros outside; along y, where the axes are exchanged, round the ends of the volume.
  const cases = [
    ['along z', [12, 12, 44], [5, 5, 5], 'zero', true, 180e3],
    ['along y', [16, 48, 16], [7, 5, 3], 'circular', false, 160e3],
  ];
  for (const [title, size, psf, padding, acceleration, deviceMemory] of cases) {
    const [image, blur] = [noise(...size), blurOf(...psf)];
    const how = { iterations: 10, acceleration, padding, background: 90, apodisedPixels: 0, start: 'data' };
    const work = { kind: 'deconvolve', image, blur: blur.psf.volume, options: how };
    const [whole, cut] = [
      await openEngine('webgpu', options),
      await openEngine('webgpu', { ...options, deviceMemory }),
    ];
    const once = await whole.deconvolve(image, blur, how);
    const inTiles = await cut.deconvolve(image, blur, how);
    tell('tiles', {
      title,
      acceleration,
      planned: [whole.memoryFor(work).tiles ?? null, cut.memoryFor(work).tiles ?? null],
      distance: distance(inTiles.volume.data, once.volume.data),
      weights: [once, inTiles].map(({ report }) => report.iterations.at(-1).weight),
      clamped: [once, inTiles].map(({ report }) => report.clamped),
      light: [once, inTiles].map(({ report }) => report.lightAfter),
    });
    await whole.close();
    await cut.close();
  }
});

await step('lost', async () => {
  const { adapter, name, driver } = await findAdapter(values.device);
  const own = await Device.open(adapter);
  const gpu = engineOn(own, { device: name, driver });
  const [image, blur] = [noise(...sizes[0]), blurOf(9, 9, 9)];
  const how = {
    iterations: 200,
    acceleration: true,
    padding: 'circular',
    background: 90,
    apodisedPixels: 0,
    start: 'data',
  };
  const first = await gpu.deconvolve(image, blur, { ...how, iterations: 1 });
  // What the graphics driver does to it when it is reset, in the middle of the work.
  setTimeout(() => own.device.destroy(), 20);
  const error = await gpu.deconvolve(image, blur, how).then(
    () => undefined,
    (each) => each,
  );
  await gpu.close();
  tell('lost', { computedBefore: first.report.lightAfter > 0, lost: error?.lost, said: error?.message });
});

await step('memory', async () => {
  const { adapter, software } = await findAdapter(values.device);
  // A software device grants what it does not have.
  if (software) return tell('memory', { leftOut: 'a software device' });
  const own = await Device.open(adapter);
  const held = [];
  const bytes = Math.min(2e9, own.largestBuffer);
  let said;
  for (let i = 0; i < 150 && said === undefined; i++)
    said = await own.buffer(bytes, 'the data').then(
      (buffer) => void held.push(buffer),
      (error) => ({ message: error.message, lost: error.lost }),
    );
  tell('memory', { granted: held.length * bytes, ...said });
  await own.free(held);
  const again = await own.buffer(bytes, 'the data').then(
    () => true,
    () => false,
  );
  tell('memory', { grantedAfterwards: again });
  own.close();
});

const { adapter } = await findAdapter(values.device);
const device = await Device.open(adapter);
let copyBandwidth = Number.NaN;

/** Milliseconds of work handed over `times` times, the best of `tries`. */
async function timed(work, times, tries = 3) {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i++) {
    await device.done('warm-up');
    const start = performance.now();
    for (let k = 0; k < times; k++) work(k);
    await device.done('timing');
    best = Math.min(best, (performance.now() - start) / times);
  }
  return best;
}

await step('bandwidth', async () => {
  const bytes = values.small ? 16e6 : Math.min(1024e6, device.largestBuffer);
  const [a, b] = [await device.buffer(bytes, 'a'), await device.buffer(bytes, 'b')];
  const copied = await timed(() => device.copy(a, b), 20);
  const label = 'copy';
  const kernel = await device.kernel(
    label,
    `@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
      for (var i = id.x; i < arrayLength(&a); i += groups.x * 256u) { b[i] = a[i]; } }`,
    [
      { name: 'a', type: 'array<vec4f>', access: 'read' },
      { name: 'b', type: 'array<vec4f>', access: 'read_write' },
    ],
  );
  const one = device.step(kernel, [a, b], [16384, 1]);
  const computed = await timed(() => device.submit([one]), 20);
  const rate = (ms) => (2 * bytes) / ms / 1e6;
  copyBandwidth = Math.max(rate(copied), rate(computed));
  tell('bandwidth', { bytes, copyGBs: rate(copied), kernelCopyGBs: rate(computed) });
  await device.free([a, b]);
});

for (const [nx, ny, nz] of sizes) {
  const size = { nx, ny, nz };
  for (const accelerated of [true, false]) {
    await step(`iterations ${nx}x${ny}x${nz} ${accelerated ? 'accelerated' : 'plain'}`, async () => {
      const layout = layoutOf(size, size);
      const start = performance.now();
      const run = await makeRun(device, layout, accelerated, device.sharedBytes);
      const compiled = performance.now() - start;
      const samples = noise(nx, ny, nz);
      device.upload(run.data, samples.data);
      device.copy(run.data, run.estimates[0]);
      const first = performance.now();
      await iterate(device, run, 10);
      const warm = performance.now() - first;
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 5; i++) {
        await device.done('before');
        const began = performance.now();
        await iterate(device, run, 10);
        best = Math.min(best, performance.now() - began);
      }
      const volume = realBytes(size);
      const bound = (10 * 26 * volume) / (copyBandwidth * 1e6);
      tell('iterations', {
        size: `${nx}x${ny}x${nz}`,
        accelerated,
        compileMs: compiled,
        firstMs: warm,
        ms: best,
        boundMs: bound,
        share: bound / best,
      });
      const spectrum = spectrumBytes(layout, nz);
      for (const [k, step] of run.steps[0].entries()) {
        const ms = await timed(() => device.submit([step]), 20);
        const names = [
          'predict',
          'away',
          'blur',
          'back',
          'ratio',
          'away',
          'correlate',
          'back',
          'update',
          'sum',
        ];
        const moved = [
          (accelerated ? 2 : 1) * volume + spectrum,
          2 * spectrum,
          3 * spectrum,
          2 * spectrum,
          volume + 2 * spectrum,
          2 * spectrum,
          3 * spectrum,
          2 * spectrum,
          spectrum + (accelerated ? 5 : 2) * volume,
          0,
        ][k];
        if (k !== 5 && k !== 7)
          tell('pass', {
            size: `${nx}x${ny}x${nz}`,
            accelerated,
            name: names[k],
            ms,
            GBs: moved / ms / 1e6,
            groups: step.groups,
          });
      }
      await device.free(run.buffers);
    });
  }
}

await step('whole calls', async () => {
  const options = values.device === undefined ? { threads: 4 } : { threads: 4, device: values.device };
  const gpu = await openEngine('webgpu', options);
  for (const size of sizes) {
    const [image, blur] = [noise(...size), blurOf(...(values.small ? [9, 9, 9] : [63, 63, 61]))];
    for (const padding of ['circular', 'mirror']) {
      const how = {
        iterations: 10,
        acceleration: true,
        padding,
        background: 90,
        apodisedPixels: 0,
        start: 'data',
      };
      const seconds = [];
      for (let i = 0; i < 3; i++) {
        const start = performance.now();
        await gpu.deconvolve(image, blur, how);
        seconds.push(Number(((performance.now() - start) / 1000).toFixed(3)));
      }
      tell('deconvolve in memory', { size: size.join('x'), padding, seconds });
    }
  }
  await gpu.close();
});

await step('files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-gpu-'));
  try {
    for (const [nx, ny, nz] of sizes) {
      const write = async (name, volume) => {
        const plane = volume.nx * volume.ny;
        const planes = Array.from({ length: volume.nz }, (_, z) =>
          Uint16Array.from(volume.data.subarray(z * plane, (z + 1) * plane)),
        );
        await writeTiff(
          join(folder, name),
          {
            width: volume.nx,
            height: volume.ny,
            sizes: { z: volume.nz, c: 1, t: 1 },
            pixelType: 'uint16',
            voxel: { x: 0.1, y: 0.1, z: 0.2 },
          },
          planes,
        );
      };
      await write('image.tif', noise(nx, ny, nz));
      await write('psf.tif', values.small ? bead(9, 9, 9) : bead(63, 63, 61));
      for (const engine of ['webgpu', 'cpu']) {
        const words = [
          'deconvolve',
          join(folder, 'image.tif'),
          join(folder, `${engine}.tif`),
          `--psf=${join(folder, 'psf.tif')}`,
          '--background=90',
          '--psf-background=0',
          '--padding=circular',
          `--engine=${engine}`,
        ];
        if (engine === 'webgpu' && values.device !== undefined) words.push(`--device=${values.device}`);
        const lines = [];
        const start = performance.now();
        const code = await main(words, { out: () => {}, err: (line) => lines.push(line) });
        tell('files', {
          size: `${nx}x${ny}x${nz}`,
          engine,
          code,
          seconds: (performance.now() - start) / 1000,
          lines,
        });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

process.exit(0);
