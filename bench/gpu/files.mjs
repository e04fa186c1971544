#!/usr/bin/env node
// The engines from file to file, as a workflow's tasks run them: `batch`, then every verb once per engine and the results
// compared with the cpu's. One JSON line per figure.
// usage: node bench/gpu/files.mjs [--engines cpu,webgpu,cupy] [--device NAME] [--stacks 16] [--small] [--program DIST]
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    engines: { type: 'string', default: 'cpu,webgpu,cupy' },
    device: { type: 'string' },
    stacks: { type: 'string', default: '16' },
    small: { type: 'boolean' },
    program: { type: 'string', default: fileURLToPath(new URL('../../dist', import.meta.url)) },
  },
});
const program = resolve(values.program);
const { openTiff, writeTiff } = await import(pathToFileURL(join(program, 'src/formats/index.js')).href);
const tell = (what, figures) => console.log(JSON.stringify({ what, ...figures }));
const folder = mkdtempSync(join(tmpdir(), 'espalier-files-'));
const at = (name) => join(folder, name);

/** Runs a command line of the imaging program; throws what it says when it fails. */
function imaging(...words) {
  const start = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(program, 'bin/espalier-imaging.js'), ...words],
    {
      encoding: 'utf8',
      maxBuffer: 1e8,
    },
  );
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
  return (performance.now() - start) / 1000;
}

const onEngine = (engine) => [
  `--engine=${engine}`,
  ...(engine === 'webgpu' && values.device !== undefined ? [`--device=${values.device}`] : []),
];

async function samplesOf(path) {
  const image = await openTiff(path);
  const plane = image.width * image.height;
  const samples = new Float32Array(plane * image.sizes.z);
  for (let z = 0; z < image.sizes.z; z++) samples.set(await image.readPlane({ z, c: 0, t: 0 }), z * plane);
  await image.close();
  return samples;
}

async function distance(one, other) {
  const [a, b] = [await samplesOf(one), await samplesOf(other)];
  if (a.length !== b.length) throw new Error(`${one} and ${other} differ in size`);
  let [largest, difference] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    largest = Math.max(largest, Math.abs(b[i]));
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
  }
  return Number((difference / largest).toExponential(2));
}

async function compareVerbs(engines) {
  imaging(
    'simulate',
    at('raw'),
    '--times=1',
    '--channels=1',
    `--size=${values.small ? '24x40x12' : '96x176x72'}`,
  );
  const names = readdirSync(at('raw'));
  const find = (word) => join(at('raw'), names.find((name) => name.includes(word)) ?? word);
  const [stack, psf] = [find('_stack'), find('psf')];
  const float = '--output-type=float32';
  const scan = ['--angle=31.8', '--dz=0.5', '--dr=0.104'];
  const sizes = ['--dr=0.104', '--dz=0.26'];
  imaging('deskew', stack, at('deskewed.tif'), ...scan, float);
  const bead = ['--psf-dr=0.104', '--psf-dz=0.26', `--psf=${psf}`, '--background=100', ...sizes, float];
  const verbs = {
    deskew: (out) => ['deskew', stack, out, ...scan, float],
    rotate: (out) => ['rotate', at('deskewed.tif'), out, ...scan, float],
    'deconvolve, accelerated': (out) => ['deconvolve', at('deskewed.tif'), out, ...bead],
    'deconvolve, plain': (out) => ['deconvolve', at('deskewed.tif'), out, '--acceleration=off', ...bead],
    'deconvolve, apodised, circular': (out) => [
      ...['deconvolve', at('deskewed.tif'), out, '--apodise=8', '--padding=circular', ...bead],
    ],
    otf: (out) => ['otf', psf, out],
    project: (out) => ['project', at('deskewed.tif'), out, float],
  };
  for (const [verb, words] of Object.entries(verbs)) {
    const file = (engine) => at(`${verb.replace(/[, ]+/g, '-')}-${engine}.tif`);
    const figures = {};
    for (const engine of ['cpu', ...engines.filter((each) => each !== 'cpu')])
      try {
        imaging(...words(file(engine)), ...onEngine(engine));
        if (engine !== 'cpu') figures[engine] = await distance(file(engine), file('cpu'));
      } catch (error) {
        figures[engine] = error.message;
      }
    tell('verb', { verb, ...figures });
  }
}

async function writeNoise(path, [nx, ny, nz], value) {
  const plane = (z) => Uint16Array.from({ length: nx * ny }, (_, i) => value(i % nx, Math.floor(i / nx), z));
  const planes = Array.from({ length: nz }, (_, z) => plane(z));
  const header = {
    width: nx,
    height: ny,
    sizes: { z: nz, c: 1, t: 1 },
    pixelType: 'uint16',
    voxel: { x: 0.1, y: 0.1, z: 0.2 },
  };
  await writeTiff(path, header, planes);
}

async function measureBatch(engines) {
  const size = values.small ? [64, 48, 32] : [512, 256, 100];
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 2 ** 23;
  };
  await writeNoise(at('0.tif'), size, () => 100 + 10 * random() + (random() < 0.01 ? 500 * random() : 0));
  const reach = values.small ? [9, 9, 9] : [63, 63, 61];
  const middle = reach.map((each) => each >> 1);
  await writeNoise(
    at('psf.tif'),
    reach,
    (x, y, z) =>
      1000 * Math.exp(-((x - middle[0]) ** 2) / 3 - (y - middle[1]) ** 2 / 5 - (z - middle[2]) ** 2 / 8),
  );
  for (const engine of engines) {
    const stacks = engine === 'cpu' ? Math.min(4, Number(values.stacks)) : Number(values.stacks);
    const items = Array.from({ length: stacks }, (_, item) => {
      if (item > 0) copyFileSync(at('0.tif'), at(`${item}.tif`));
      const command = [
        ...['espalier-imaging', 'deconvolve', `${item}.tif`, `out-${engine}-${item}.tif`, '--psf=psf.tif'],
        ...['--background=90', '--psf-background=0', '--padding=circular', ...onEngine(engine)],
      ];
      return JSON.stringify({ item, dir: folder, command });
    });
    writeFileSync(at(`items-${engine}`), items.join('\n'));
    try {
      const seconds = imaging('batch', at(`items-${engine}`));
      const done = readFileSync(at(`items-${engine}.done`), 'utf8').split('\n');
      const right = done.filter((line) => line.endsWith(' 0')).length;
      tell('batch', { engine, size: size.join('x'), stacks, right, seconds, perStack: seconds / stacks });
    } catch (error) {
      tell('batch', { engine, failed: error.message });
    }
  }
}

try {
  const engines = values.engines.split(',');
  await measureBatch(engines);
  await compareVerbs(engines);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
