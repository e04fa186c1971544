// Deskew beside scipy.ndimage.affine_transform(order=1), on the same volume in one run, and the largest difference
// between the results. Needs `npm run build` and Python 3; scipy goes into a scratch environment in the user's
// cache folder. Prints the table of docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = process.env.ESPALIER_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));
const { deskew, parseAngle, planShear } = await import(join(dist, 'src/imaging/geometry/index.js'));
const { openPool } = await import(join(dist, 'src/imaging/threads/index.js'));
const { createVolume } = await import(join(dist, 'src/imaging/volume.js'));

const runs = 7;
const fill = 0;
const raw = fillVolume(createVolume(512, 256, 100));
const scan = { angle: parseAngle(31.5), dz: 0.4, dr: 0.104, skew: 'x' };
const plan = planShear(raw, scan);
const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'));

try {
  const rows = [];
  let result;
  for (const threads of [1, 2]) {
    const ours = await timeOurs(threads);
    rows.push([`espalier, ${threads} thread${threads > 1 ? 's' : ''}, new output`, ours.seconds]);
    rows.push([`espalier, ${threads} thread${threads > 1 ? 's' : ''}, output reused`, ours.reused]);
    result = ours.result;
  }
  const peer = timeScipy();
  rows.push([`scipy ${peer.version} affine_transform(order=1), output reused`, peer.seconds]);
  print(rows, peer, largestDifference(result, peer.data));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function fillVolume(volume) {
  let state = 1;
  for (let i = 0; i < volume.data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    volume.data[i] = 100 + (state >>> 22);
  }
  return volume;
}

async function timeOurs(threads) {
  const pool = openPool(threads);
  let [seconds, reused] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let result;
  for (let run = 0; run < runs; run++) {
    let start = performance.now();
    result = await deskew(raw, plan, { fill }, pool);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
    start = performance.now();
    await deskew(raw, plan, { fill }, pool, result);
    reused = Math.min(reused, (performance.now() - start) / 1000);
  }
  await pool.close();
  return { seconds, reused, result };
}

function timeScipy() {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'espalier-bench', 'scipy');
  const python = join(cache, 'bin/python');
  if (!existsSync(python)) {
    mkdirSync(cache, { recursive: true });
    execFileSync('python3', ['-m', 'venv', cache], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'numpy', 'scipy'], { stdio: 'inherit' });
  }
  const [source, target] = [join(folder, 'raw'), join(folder, 'out')];
  writeFileSync(source, new Uint8Array(raw.data.buffer));
  const { input, output } = plan;
  const shapes = { input: [input.nz, input.ny, input.nx], output: [output.nz, output.ny, output.nx] };
  const work = JSON.stringify({ ...shapes, shift: plan.shiftPerPlane, fill, runs: 3 });
  const script = fileURLToPath(new URL('peer.py', import.meta.url));
  const answer = JSON.parse(execFileSync(python, [script, source, target, work], { encoding: 'utf8' }));
  const bytes = readFileSync(target);
  return { ...answer, data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) };
}

/** Where the position lies within rounding of the last sample, one program fills and the other does not. */
function largestDifference(ours, theirs) {
  let [largest, filledByOne, compared] = [0, 0, 0];
  ours.data.forEach((value, i) => {
    const other = theirs[i];
    if ((value === fill) !== (other === fill)) filledByOne++;
    else if (value !== fill) {
      compared++;
      largest = Math.max(largest, Math.abs(value - other));
    }
  });
  return { largest, filledByOne, compared };
}

function print(rows, peer, { largest, filledByOne, compared }) {
  const { input, output } = plan;
  console.log(
    `Deskew by shear, ${input.nx} x ${input.ny} x ${input.nz} float32 to ${output.nx} x ${output.ny} x ${output.nz}, compute only, best of ${runs}`,
  );
  console.log(`(${cpus().length} cores, ${cpus()[0].model.trim()}; Node ${process.versions.node})\n`);
  console.log('| program | seconds | times as fast as scipy |');
  console.log('|---|---|---|');
  for (const [name, seconds] of rows)
    console.log(`| ${name} | ${seconds.toFixed(4)} | ${(peer.seconds / seconds).toFixed(1)} |`);
  console.log(
    `\nLargest difference between the results: ${largest.toExponential(1)} of 1123 counts over ${compared} samples; ${filledByOne} more were filled by one program only.`,
  );
}
