// Breaks one promise after another in a scratch copy and shows that the named test turns red. A test that stays green, and a
// patch that no longer fits, fail the command. `npm run mutants [WORD]…` takes only those whose promise or file holds a word.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { mutants as all } from '../test/mutants/list.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const mutants = all.filter(
  ({ promise, file }) =>
    words.length === 0 || words.some((word) => promise.includes(word) || file.includes(word)),
);
const scratch = mkdtempSync(join(tmpdir(), 'espalier-mutants-'));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

copyCheckout();
process.exitCode = report(judgeAll());

function copyCheckout() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const files = listed
    .toString()
    .split('\0')
    .filter((name) => name !== '' && existsSync(join(root, name)));
  for (const file of files) cpSync(join(root, file), join(scratch, file));
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'));
  copyKernels();
  if (mutants.some(({ built }) => built))
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: scratch, stdio: 'inherit' });
}

/** What `npm run build` has put beside the sources and no patch touches. */
function copyKernels() {
  const folder = 'src/imaging/kernels';
  for (const name of readdirSync(join(root, folder)).filter((file) => file.endsWith('.wasm')))
    cpSync(join(root, folder, name), join(scratch, folder, name));
}

/** First every named test as it is, in one go; then each patch with its own. */
function judgeAll() {
  const before = runTests(mutants);
  return mutants.map((mutant) => {
    const { file, find, put } = mutant;
    const green = before(mutant);
    if (green !== 'passed') return { mutant, verdict: `its test is ${green} without the patch` };
    const text = readFileSync(join(scratch, file), 'utf8');
    const found = text.split(find).length - 1;
    if (found !== 1) return { mutant, verdict: `the text to find is there ${found} times` };
    write(
      mutant,
      text.replace(find, () => put),
    );
    const after = runTests([mutant])(mutant);
    write(mutant, text);
    process.stderr.write(`${after === 'failed' ? 'red' : after.toUpperCase()}: ${mutant.promise}\n`);
    return { mutant, verdict: after === 'failed' ? 'red' : `NOT red: ${after}` };
  });
}

function write({ file, built }, text) {
  writeFileSync(join(scratch, file), text);
  if (!built) return;
  if (!file.endsWith('.ts')) return cpSync(join(scratch, file), join(scratch, 'dist', file));
  const { compilerOptions } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root);
  const { outputText } = ts.transpileModule(text, {
    // One file alone does not show that the package is made of ES modules.
    compilerOptions: { ...options, sourceMap: false, module: ts.ModuleKind.ESNext },
    fileName: file,
  });
  writeFileSync(join(scratch, 'dist', file.replace(/\.ts$/, '.js')), outputText);
  execFileSync(process.execPath, ['scripts/bundle.mjs', 'dist'], { cwd: scratch });
  // A program that does not start would turn any test red.
  execFileSync(process.execPath, ['dist/bin/espalier.js', 'runs'], {
    cwd: scratch,
    env: { ...process.env, ESPALIER_HOME: join(scratch, 'home') },
  });
}

/** Runs the named tests; tells of each whether it passed, failed, or was not found. */
function runTests(some) {
  const out = join(scratch, 'tests.json');
  rmSync(out, { force: true });
  const files = [...new Set(some.map(({ test }) => test))];
  const titles = [...new Set(some.map(({ title }) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))];
  const options = ['run', ...files, '-t', titles.join('|'), '--reporter=json', `--outputFile=${out}`];
  spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...options], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, ESPALIER_SHARED: process.env.ESPALIER_SHARED ?? join(root, '../shared') },
  });
  const results = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')).testResults : [];
  return ({ test, title }) => {
    const own = results
      .filter(({ name }) => name.endsWith(`/${test}`))
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(
        ({ fullName, status }) => fullName.endsWith(title) && status !== 'skipped' && status !== 'pending',
      );
    if (own.length === 0) return 'not found, or did not load';
    return own.some(({ status }) => status === 'failed') ? 'failed' : 'passed';
  };
}

function report(results) {
  const rows = results.map(({ mutant: { promise, file, test, title }, verdict }) => ({
    promise,
    patch: file,
    test: `${test}: ${title}`,
    verdict,
  }));
  for (const { promise, patch, test, verdict } of rows)
    console.log(
      `${verdict === 'red' ? 'red ' : 'NOT '} ${promise}\n       patch ${patch}\n       test  ${test}${verdict === 'red' ? '' : `\n       ${verdict}`}`,
    );
  const survived = rows.filter(({ verdict }) => verdict !== 'red').length;
  console.log(`\n${rows.length - survived} of ${rows.length} promises, when broken, turned their test red`);
  return survived === 0 && rows.length > 0 ? 0 : 1;
}
