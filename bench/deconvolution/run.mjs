// Our deconvolution beside what users would take instead, on one volume, in one run; prints a table in Markdown.
//
//   npm run build && node bench/deconvolution/run.mjs [--rounds 3] [--cache FOLDER]
//
// It needs Python 3 with venv and, for the C program, gcc and FFTW (Debian: libfftw3-dev). Packages and volumes go to
// the cache folder, by default espalier-bench in the system's folder for temporary files. Every program runs in a
// process of its own; of all rounds the fastest counts, because other work on the machine can only slow one down.
// ESPALIER_BUILD names another build of ours than `dist`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { rounds: { type: 'string' }, cache: { type: 'string' } } });
const here = dirname(fileURLToPath(import.meta.url));
const cache = values.cache ?? join(tmpdir(), 'espalier-bench');
const rounds = Number(values.rounds ?? 3);
const image = [512, 256, 100];
const psf = [61, 63, 63];
const padded = [576, 320, 162];
const [iterations, threads] = [10, 2];

mkdirSync(cache, { recursive: true });
const files = writeInputs();
const python = preparePython();
const fftw = compileFftw();
const wisdom = join(cache, 'fftw-wisdom');
const rows = programs();
const loads = [];
for (let round = 0; round < rounds; round++) {
  for (const row of rows) {
    const answer = row.run();
    if (!row.best || answer.seconds < row.best.seconds) row.best = answer;
    console.error(`round ${round + 1}: ${row.name} ${answer.seconds.toFixed(2)} s`);
  }
  loads.push(loadavg()[0]);
}
printTable();

function programs() {
  const own = (name, padding, acceleration, file) => ({
    name,
    result: file,
    run: () => node('espalier.mjs', inputs(files.data, image, file), padding, acceleration),
  });
  return [
    own('espalier, circular', 'circular', 'off', 'own-circular.raw'),
    fftw && {
      name: 'C with FFTW, circular',
      result: 'fftw-circular.raw',
      compare: 'own-circular.raw',
      run: () => json(fftw, [...inputs(files.data, image, 'fftw-circular.raw'), wisdom]),
    },
    python && {
      name: 'scipy.fft, circular',
      result: 'scipy.raw',
      compare: 'own-circular.raw',
      run: () => json(python, [join(here, 'peers.py'), 'scipy', ...inputs(files.data, image, 'scipy.raw')]),
    },
    own('espalier, zero-padded', 'zero', 'off', 'own-zero.raw'),
    fftw && {
      name: 'C with FFTW, zero-padded',
      result: 'fftw-zero.raw',
      run: () => json(fftw, [...inputs(files.padded, padded, 'fftw-zero.raw'), wisdom]),
    },
    python && {
      name: 'skimage.restoration.richardson_lucy',
      result: 'skimage.raw',
      run: () =>
        json(python, [join(here, 'peers.py'), 'skimage', ...inputs(files.data, image, 'skimage.raw')]),
    },
    own('espalier, mirror-padded', 'mirror', 'off', 'own-mirror.raw'),
    own('espalier, circular, accelerated', 'circular', 'on', 'own-accelerated.raw'),
    own('espalier, zero-padded, accelerated', 'zero', 'on', 'own-zero-accelerated.raw'),
  ].filter(Boolean);
}

function inputs(data, shape, result) {
  return [data, files.psf, ...shape, ...psf, iterations, threads, join(cache, result)].map(String);
}

function node(script, args, ...more) {
  return json(process.execPath, [join(here, script), ...args, ...more]);
}

function json(program, args) {
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));
}

/** Specks on a ground, unblurred: the speed does not depend on what is seen. Faint, so that our limit of 10 for ratios never acts. */
function writeInputs() {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) / 2 ** 23;
  };
  const data = new Float32Array(image[0] * image[1] * image[2]);
  for (let i = 0; i < data.length; i++) data[i] = 100 + 20 * random() + (random() > 0.999 ? 600 : 0);
  const kernel = new Float32Array(psf[0] * psf[1] * psf[2]);
  let sum = 0;
  let i = 0;
  for (let z = 0; z < psf[2]; z++) {
    for (let y = 0; y < psf[1]; y++) {
      for (let x = 0; x < psf[0]; x++) {
        kernel[i] = Math.exp(-((x - 30) ** 2 + (y - 31) ** 2) / 8 - (z - 31) ** 2 / 40);
        sum += kernel[i++];
      }
    }
  }
  const large = new Float32Array(padded[0] * padded[1] * padded[2]);
  for (let row = 0; row < image[1] * image[2]; row++) {
    const [z, y] = [Math.floor(row / image[1]), row % image[1]];
    large.set(data.subarray(row * image[0], (row + 1) * image[0]), (z * padded[1] + y) * padded[0]);
  }
  const write = (name, samples) => {
    writeFileSync(join(cache, name), new Uint8Array(samples.buffer));
    return join(cache, name);
  };
  return {
    data: write('data.raw', data),
    padded: write('padded.raw', large),
    psf: write(
      'psf.raw',
      kernel.map((value) => value / sum),
    ),
  };
}

function preparePython() {
  const venv = join(cache, 'venv');
  const interpreter = join(venv, 'bin/python');
  try {
    if (!existsSync(interpreter)) {
      execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
      execFileSync(interpreter, ['-m', 'pip', 'install', '-q', 'numpy', 'scipy', 'scikit-image'], {
        stdio: 'inherit',
      });
    }
    return interpreter;
  } catch (error) {
    console.error(`without scipy and scikit-image: ${error.message}`);
    return undefined;
  }
}

function compileFftw() {
  const program = join(cache, 'fftw');
  const flags = [
    '-O3',
    '-march=native',
    '-ffast-math',
    '-fopenmp',
    '-lfftw3f_threads',
    '-lfftw3f',
    '-lm',
    '-lpthread',
  ];
  try {
    execFileSync('gcc', [join(here, 'fftw.c'), '-o', program, ...flags], { stdio: 'inherit' });
    return program;
  } catch (error) {
    console.error(`without FFTW (Debian: apt install gcc libfftw3-dev): ${error.message}`);
    return undefined;
  }
}

function printTable() {
  const load = Math.max(...loads).toFixed(1);
  console.log(
    `${image.join(' × ')} voxels, point spread function ${psf.join(' × ')}, ${iterations} iterations, ${threads} threads;`,
  );
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}, best of ${rounds}, load average up to ${load}.\n`,
  );
  console.log('| program | seconds | peak memory, MB | largest difference from ours |');
  console.log('|---|---|---|---|');
  for (const row of rows) {
    const difference = row.compare ? differenceOf(row.result, row.compare) : '';
    console.log(
      `| ${row.name} | ${row.best.seconds.toFixed(2)} | ${Math.round(row.best.peakBytes / 1e6)} | ${difference} |`,
    );
  }
}

/** Relative to the largest value. */
function differenceOf(name, reference) {
  const read = (file) => new Float32Array(new Uint8Array(readFileSync(join(cache, file))).buffer);
  const [a, b] = [read(name), read(reference)];
  let [largest, peak] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(a[i] - b[i]));
    peak = Math.max(peak, b[i]);
  }
  return (largest / peak).toExponential(1);
}
