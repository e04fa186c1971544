// Builds everything a checkout needs to run: the WebAssembly kernels, the compiled TypeScript, and the files
// that are read beside it at run time (job-script templates, SQL migrations, kernels).
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const assemblies = join(root, 'src/imaging/kernels/assembly');
const runTimeFile = /\.(njk|sql|wasm)$/;

compileKernels();
rmSync(join(root, 'dist'), { recursive: true, force: true });
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
copyRunTimeFiles();
for (const file of readdirSync(join(root, 'dist/bin'))) {
  if (file.endsWith('.js')) chmodSync(join(root, 'dist/bin', file), 0o755);
}

/** Each assembly/NAME.ts becomes kernels/NAME.wasm: SIMD, its memory given by the caller. */
function compileKernels() {
  if (!existsSync(assemblies)) return;
  for (const file of readdirSync(assemblies).filter((name) => name.endsWith('.ts'))) {
    const out = `src/imaging/kernels/${file.replace(/\.ts$/, '.wasm')}`;
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
    run(
      'node_modules/assemblyscript/bin/asc.js',
      `src/imaging/kernels/assembly/${file}`,
      '-o',
      out,
      ...flags,
    );
  }
}

function copyRunTimeFiles() {
  cpSync(join(root, 'src'), join(root, 'dist/src'), {
    recursive: true,
    filter: (path) => !path.includes('/assembly') && (!/\.[a-z]+$/.test(path) || runTimeFile.test(path)),
  });
}

function run(script, ...args) {
  execFileSync(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' });
}
