// Builds everything a checkout needs to run: the WebAssembly kernels, the compiled TypeScript, the files that are
// read beside it at run time (job-script templates, SQL migrations, kernels), and the command line in few files. Nothing is done when nothing changed, and
// a build is made beside the old one and swapped in whole, so that no program runs from half of one.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`);
const kernels = 'src/imaging/kernels';
const runTimeFile = /\.(njk|sql|wasm|py|cu)$/;

const stamp = hashSources();
if (readStamp() !== stamp) await build();

async function build() {
  try {
    compileKernels();
    run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', fresh);
    copyRunTimeFiles();
    await bundle(fresh);
    for (const file of readdirSync(join(fresh, 'bin')).filter((name) => name.endsWith('.js'))) {
      chmodSync(join(fresh, 'bin', file), 0o755);
    }
    writeFileSync(join(fresh, 'stamp'), stamp);
    swap();
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function swap() {
  const old = `${fresh}.old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

/** Each assembly/NAME.ts becomes kernels/NAME.wasm: SIMD, its memory given by the caller. */
function compileKernels() {
  const flags = [
    '--runtime',
    'stub',
    '--importMemory',
    '--enable',
    'simd',
    '--noAssert',
    '-O3',
    '--converge',
  ];
  for (const file of readdirSync(join(root, kernels, 'assembly')).filter((name) => name.endsWith('.ts'))) {
    const out = `${kernels}/${file.replace(/\.ts$/, '.wasm')}`;
    run('node_modules/assemblyscript/bin/asc.js', `${kernels}/assembly/${file}`, '-o', out, ...flags);
  }
}

function copyRunTimeFiles() {
  cpSync(join(root, 'src'), join(fresh, 'src'), {
    recursive: true,
    filter: (path) => !path.includes('/assembly') && (!/\.[a-z]+$/.test(path) || runTimeFile.test(path)),
  });
}

/** Of everything a build is made from. */
function hashSources() {
  const hash = createHash('sha256');
  for (const path of [
    'package.json',
    'tsconfig.json',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    'scripts/load-bundle.mjs',
    'scripts/warm-bundle.mjs',
    ...list('bin'),
    ...list('src'),
  ]) {
    hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function list(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.wasm'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort();
}

function readStamp() {
  return existsSync(join(dist, 'stamp')) ? readFileSync(join(dist, 'stamp'), 'utf8') : undefined;
}

function run(script, ...args) {
  execFileSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
}
