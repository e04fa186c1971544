// Breaks one promise after another in a scratch copy and shows that the named test turns red. A test that stays green, and a
// patch that no longer fits, fail the command. `npm run mutants [WORD]…` takes only those so named (docs/reliability.md), or
// whose promise, file or test holds a word. Those whose test runs on the test cluster come last; where there is none, it says so.
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
import { openTestbed } from './mutants-testbed.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const chosen = all.filter(
  ({ name, promise, file, test }) =>
    words.length === 0 ||
    words.some((word) => name === word || [promise, file, test].some((text) => text.includes(word))),
);
const onCluster = chosen.filter(({ test }) => test.startsWith('test/cluster/'));
const onMachine = chosen.filter((mutant) => !onCluster.includes(mutant));
const scratch = mkdtempSync(join(tmpdir(), 'espalier-mutants-'));
const testbed = onCluster.length === 0 ? undefined : openTestbed(root);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
process.on('exit', () => {
  testbed?.close();
  rmSync(scratch, { recursive: true, force: true });
});

copyCheckout();
const results = [...judgeAll(onMachine), ...judgeOnCluster()];
process.exitCode = report(results);

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
  if (chosen.some(({ built }) => built))
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: scratch, stdio: 'inherit' });
}

/** What `npm run build` has put beside the sources and no patch touches. */
function copyKernels() {
  const folder = 'src/imaging/kernels';
  for (const name of readdirSync(join(root, folder)).filter((file) => file.endsWith('.wasm')))
    cpSync(join(root, folder, name), join(scratch, folder, name));
}

function judgeOnCluster() {
  if (testbed === undefined || testbed.unavailable === '') return judgeAll(onCluster);
  return onCluster.map((mutant) => ({ mutant, verdict: `not run: ${testbed.unavailable}` }));
}

/** First every named test as it is, in one go; then each patch with its own. */
function judgeAll(mutants) {
  if (mutants.length === 0) return [];
  const before = runTests(mutants);
  return mutants.map((mutant) => {
    const green = before(mutant);
    const { verdict, said } =
      green.status === 'passed'
        ? judgeOne(mutant)
        : { verdict: `its test is ${green.status} without the patch` };
    process.stderr.write(`${verdict}: ${mutant.promise}${said === undefined ? '' : `\n     ${said}`}\n`);
    return { mutant, verdict };
  });
}

function judgeOne(mutant) {
  const patches = [mutant, ...(mutant.also ?? [])];
  const texts = new Map(patches.map(({ file }) => [file, readFileSync(join(scratch, file), 'utf8')]));
  const patched = new Map(texts);
  for (const { file, find, put } of patches) {
    const text = patched.get(file);
    const found = text.split(find).length - 1;
    if (found !== 1) return { verdict: `the text to find is there ${found} times` };
    patched.set(
      file,
      text.replace(find, () => put),
    );
  }
  writeAll(mutant, patched);
  const { status, said } = runTests([mutant])(mutant);
  writeAll(mutant, texts);
  // Whatever a broken program has left there must not break the next.
  if (onCluster.includes(mutant)) testbed?.renew();
  return status === 'failed' ? { verdict: 'red', said } : { verdict: `NOT red: ${status}` };
}

function writeAll({ built }, texts) {
  for (const [file, text] of texts) {
    writeFileSync(join(scratch, file), text);
    if (built) writeBuilt(file, text);
  }
  if (!built) return;
  execFileSync(process.execPath, ['scripts/bundle.mjs', 'dist'], { cwd: scratch });
  // A program that does not start would turn any test red.
  execFileSync(process.execPath, ['dist/bin/espalier.js', 'runs'], {
    cwd: scratch,
    env: { ...process.env, ESPALIER_HOME: join(scratch, 'home') },
  });
}

function writeBuilt(file, text) {
  if (!file.endsWith('.ts')) return cpSync(join(scratch, file), join(scratch, 'dist', file));
  const { compilerOptions } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, root);
  const { outputText } = ts.transpileModule(text, {
    // One file alone does not show that the package is made of ES modules.
    compilerOptions: { ...options, sourceMap: false, module: ts.ModuleKind.ESNext },
    fileName: file,
  });
  writeFileSync(join(scratch, 'dist', file.replace(/\.ts$/, '.js')), outputText);
}

/** Runs the named tests of one project; tells of each whether it passed, failed, was skipped or not found. */
function runTests(some) {
  const out = join(scratch, 'tests.json');
  rmSync(out, { force: true });
  const files = [...new Set(some.map(({ test }) => test))];
  const titles = [...new Set(some.map(({ title }) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))];
  const project = onCluster.includes(some[0]) ? 'cluster' : 'machine';
  const options = ['run', '--project', project, ...files, '-t', titles.join('|')];
  spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', ...options, '--reporter=json', `--outputFile=${out}`],
    {
      cwd: scratch,
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, ESPALIER_SHARED: process.env.ESPALIER_SHARED ?? join(root, '../shared') },
    },
  );
  const results = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')).testResults : [];
  return (mutant) => statusOf(mutant, results);
}

function statusOf({ test, title }, results) {
  const own = results
    .filter(({ name }) => name.endsWith(`/${test}`))
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName }) => fullName.endsWith(title) || fullName.includes(`${title} (skipped`));
  const failed = own.find(({ status }) => status === 'failed');
  if (failed !== undefined) return { status: 'failed', said: failed.failureMessages[0]?.split('\n')[0] };
  if (own.some(({ status }) => status === 'passed')) return { status: 'passed' };
  return { status: own.length > 0 ? 'skipped' : 'not found, or did not load' };
}

function report(results) {
  for (const { mutant, verdict } of results) {
    const { name, promise, file, test, title } = mutant;
    const mark = verdict === 'red' ? 'red ' : 'NOT ';
    console.log(`${mark} ${promise}${name === undefined ? '' : ` [${name}]`}`);
    console.log(`       patch ${file}\n       test  ${test}: ${title}`);
    if (verdict !== 'red') console.log(`       ${verdict}`);
  }
  const red = results.filter(({ verdict }) => verdict === 'red').length;
  const notRun = results.filter(({ verdict }) => isNotRun(verdict)).length;
  console.log(`\n${red} of ${results.length - notRun} promises, when broken, turned their test red`);
  if (notRun > 0) console.log(`${notRun} could NOT be tried here; the lines above say why`);
  return red + notRun === results.length && red > 0 ? 0 : 1;
}

function isNotRun(verdict) {
  return verdict.startsWith('not run: ') || verdict === 'its test is skipped without the patch';
}
