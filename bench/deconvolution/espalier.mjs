// Our own engine, from the built package. usage: node espalier.mjs DATA PSF NX NY NZ MX MY MZ ITERATIONS THREADS RESULT PADDING on|off
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const build = process.env.ESPALIER_BUILD ?? fileURLToPath(new URL('../../dist', import.meta.url));
const load = async (path) => await import(pathToFileURL(`${build}/src/imaging/${path}.js`).href);
const { deconvolve } = await load('deconvolve/index');
const { preparePsf } = await load('otf/index');
const { openPool } = await load('threads/index');
const { createVolume } = await load('volume');

const [dataFile, psfFile, ...rest] = process.argv.slice(2);
const [nx, ny, nz, mx, my, mz, iterations, threads] = rest.slice(0, 8).map(Number);
const [resultFile, padding, acceleration] = rest.slice(8);

const image = readVolume(dataFile, nx, ny, nz);
const psf = preparePsf(readVolume(psfFile, mx, my, mz), { centre: 'middle', background: 0 });
const pool = openPool(threads);
// The workers compile the kernels when first used; FFTW's planning is not counted either.
await run(createVolume(16, 16, 16), 2);
const start = performance.now();
const { volume, report } = await run(image, iterations);
const seconds = (performance.now() - start) / 1000;
await pool.close();
const peakBytes = process.resourceUsage().maxRSS * 1024;
writeFileSync(resultFile, new Uint8Array(volume.data.slice().buffer));
console.log(
  JSON.stringify({ seconds, peakBytes, planned: report.plan.bytes, grid: report.plan.grid.transform }),
);

async function run(volume, count) {
  const options = {
    iterations: count,
    acceleration: acceleration === 'on',
    padding,
    background: 0,
    apodisedPixels: 0,
    start: 'data',
  };
  return await deconvolve(volume, { kind: 'psf', psf }, options, pool);
}

function readVolume(path, x, y, z) {
  const volume = createVolume(x, y, z);
  const bytes = new Uint8Array(volume.data.buffer);
  const chunk = Buffer.alloc(1 << 20);
  const file = openSync(path, 'r');
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(file, chunk, 0, Math.min(chunk.length, bytes.length - at), at);
    bytes.set(chunk.subarray(0, count), at);
    at += count;
  }
  closeSync(file);
  return volume;
}
