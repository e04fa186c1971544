// Makes docs/pictures/demo.png: raw, deskewed and deconvolved maximum projections of a simulated cell, side by side.
// After `npm run build`:  node docs/pictures/make-demo.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = process.env.ESPALIER_DIST ?? join(root, 'dist');
const { openTiff, encodePng } = await import(join(dist, 'src/formats/index.js'));
const { contrastFromPercentiles, paintMerged } = await import(join(dist, 'src/imaging/geometry/index.js'));

const folder = mkdtempSync(join(tmpdir(), 'espalier-picture-'));
const at = (name) => join(folder, name);
const imaging = (...argv) =>
  execFileSync(process.execPath, [join(dist, 'bin/espalier-imaging.js'), ...argv], { stdio: 'inherit' });

try {
  imaging('simulate', at('raw'), '--seed', '1', '--times', '1', '--size', '112x240x84');
  for (const channel of [0, 1]) {
    const raw = join(
      at('raw'),
      readdirSync(at('raw')).find((name) => name.includes(`_ch${channel}_`)),
    );
    const steps = ['--angle', '31.5', '--dz', '0.4', '--dr', '0.104', '--fill', '104'];
    imaging('deskew', raw, at(`deskewed${channel}.tif`), ...steps);
    const psf = join(at('raw'), `psf_ch${channel}.tif`);
    const how = ['--psf', psf, '--background', '104', '--iterations', '10'];
    imaging('deconvolve', at(`deskewed${channel}.tif`), at(`deconvolved${channel}.tif`), ...how);
    imaging('project', raw, at(`raw${channel}-mip.tif`));
    for (const step of ['deskewed', 'deconvolved'])
      imaging('project', at(`${step}${channel}.tif`), at(`${step}${channel}-mip.tif`));
  }
  const parts = [];
  for (const step of ['raw', 'deskewed', 'deconvolved']) parts.push(await paint(step));
  writeFileSync(new URL('demo.png', import.meta.url), encodePng(sideBySide(parts)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Both channels merged, black where the camera sees nothing. */
async function paint(step) {
  const planes = [];
  let size = {};
  for (const channel of [0, 1]) {
    const image = await openTiff(at(`${step}${channel}-mip.tif`));
    planes.push(Float32Array.from(await image.readPlane({ z: 0, c: 0, t: 0 })));
    size = { width: image.width, height: image.height };
    await image.close();
  }
  const limits = planes.map((plane) => contrastFromPercentiles([plane], 5, 99.7));
  return { ...trim({ ...size, data: paintMerged(planes, limits) }, step) };
}

/** The deskewed field is wider than the cell. */
function trim({ width, height, data }, step) {
  if (step === 'raw') return { width, height, data };
  const [from, to] = [Math.round(width * 0.22), Math.round(width * 0.84)];
  const part = new Uint8Array(3 * (to - from) * height);
  for (let y = 0; y < height; y++)
    part.set(data.subarray(3 * (y * width + from), 3 * (y * width + to)), 3 * y * (to - from));
  return { width: to - from, height, data: part };
}

function sideBySide(parts) {
  const [gap, scale] = [4, 2];
  const height = parts[0].height;
  const width = parts.reduce((sum, part) => sum + part.width + gap, -gap);
  const data = new Uint8Array(3 * width * height * scale * scale).fill(255);
  let left = 0;
  for (const part of parts) {
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < part.width * scale; x++) {
        const from = 3 * (Math.floor(y / scale) * part.width + Math.floor(x / scale));
        data.set(part.data.subarray(from, from + 3), 3 * (y * width * scale + left * scale + x));
      }
    }
    left += part.width + gap;
  }
  return { width: width * scale, height: height * scale, channels: 3, data };
}
