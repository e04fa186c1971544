import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Desk } from '../cli/espalier.ts';
import { cluster, deskWithSite, elementsOf, isQueueEmpty, onCluster, until } from './cluster.ts';
import { events, successes } from './faults.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const times = 100;
/** 200 images, 200 deconvolutions, 2 movies. */
const tasks = 4 * times + 2;

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/** Node of this machine with what it links to, as the base that a real site takes from a registry. */
function makeBase(tree: string): void {
  rmSync(tree, { recursive: true, force: true });
  for (const name of ['bin', 'opt', 'tmp', 'proc', 'sys', 'dev', 'etc'])
    mkdirSync(join(tree, name), { recursive: true });
  const programs = [process.execPath, ...['sh', 'env', 'chmod'].map((name) => join('/bin', name))];
  for (const from of programs) {
    cpSync(from, join(tree, 'bin', basename(from)), { dereference: true });
    const libraries =
      execFileSync('sh', ['-c', 'ldd "$1"', 'sh', from], { encoding: 'utf8' }).match(/\/[^ ]+(?= \()/g) ?? [];
    for (const library of libraries) cpSync(library, join(tree, library), { dereference: true });
  }
}

/** The shipped definition file, built by the login host's Apptainer on that base. */
function buildImage(): void {
  makeBase(join(cluster.scratch, 'node'));
  execFileSync(process.execPath, [
    join(root, 'scripts/imaging-tree.mjs'),
    join(cluster.scratch, 'build/imaging'),
  ]);
  cpSync(join(root, 'containers/imaging.def'), join(cluster.scratch, 'imaging.def'));
  // Not compressed: built and opened sooner, hundreds of times.
  const build = "apptainer -s build --mksquashfs-args '-noI -noD -noF -noX'";
  const base = '--build-arg bootstrap=localimage --build-arg from=/scratch/node.sif';
  const made = cluster.login(
    `cd /scratch && rm -f node.sif imaging.sif && ${build} node.sif node && ${build} ${base} imaging.sif imaging.def && chmod 644 imaging.sif`,
    240,
  );
  expect(made.code, made.stderr).toBe(0);
}

/** The shipped example on images that lie in `at` on the cluster. */
function example(at: string): string {
  const text = readFileSync(join(root, 'workflows/lattice-light-sheet.yaml'), 'utf8');
  return text.replace(/\{ pattern:/g, `{ at: "bed:${at}", pattern:`);
}

/** Contents of all results by their paths. */
function hashes(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (each) => !each.isDirectory(),
  );
  return new Map(
    files
      .map((each) => join(each.parentPath, each.name))
      .map((path): [string, string] => [
        path.slice(folder.length),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const containers = 'containers: { runtime: apptainer, images: { imaging.sif: /scratch/imaging.sif } }\n';

/** Names of the arrays of which a part waits for other jobs, whatever else its row waits for. */
function waitingForOthers(): ReadonlySet<string> {
  const rows = cluster.login("squeue -h -t PD -o '%j|%r'").stdout.split('\n');
  const named = rows.map((row) => row.split('|'));
  return new Set(named.flatMap(([name = '', why = '']) => (/\bDependency\b/.test(why) ? [name] : [])));
}

/** Each element was one job, and each task was packed, begun, ended and told once. */
async function expectEachOnce(desk: Desk, { run, folder }: Status['run']): Promise<void> {
  const elements = events(desk).flatMap((event) => (event.kind === 'array-packed' ? event.elements : []));
  const packed = elements.flat().map(({ task }) => task);
  expect([packed.length, new Set(packed).size]).toEqual([tasks, tasks]);
  const jobs = await elementsOf(run, elements.length);
  expect([jobs.length, new Set(jobs).size]).toEqual([elements.length, elements.length]);
  const recorded = (fact: string): readonly string[] => {
    const found = cluster.root('login', `find ${folder}/records -type f ! -name '*.*' -exec cat {} +`);
    return [...found.stdout.matchAll(new RegExp(`"fact":"${fact}","task":"([^"]+)"`, 'g'))]
      .map(([, task = '']) => task)
      .sort();
  };
  const all = [...packed].sort();
  expect(recorded('task-started')).toEqual(all);
  expect(recorded('task-ended')).toEqual(all);
  expect([...successes(desk)].sort()).toEqual(all);
}

interface Status {
  readonly run: { readonly run: string; readonly folder: string; readonly counts: Record<string, number> };
}

onCluster(`the example on ${2 * times} stacks`, () => {
  beforeAll(buildImage, 300_000);

  it('gives the bytes of a run on this machine, though the laptop dies a second after submission', async () => {
    const desk = deskWithSite('example', 0, containers);
    desks.push(desk);
    const data = desk.data.replace('/scratch', cluster.scratch);
    const words = ['simulate', data, `--times=${times}`, '--size=24x40x12', '--channels=2'];
    execFileSync(process.execPath, [join(root, 'dist/bin/espalier-imaging.js'), ...words], { stdio: 'pipe' });
    execFileSync('chmod', ['-R', 'a+rX', data]);
    desk.write({ 'there.yaml': example(desk.data) });
    const child = desk.begin('run', 'there.yaml', '--site', 'bed', '--set', 'iterations=2');
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await until('word that all is there', () => said.includes(`bed has all ${tasks} task(s)`));
    const packed = events(desk).flatMap((event) => (event.kind === 'array-packed' ? [event] : []));
    const later = packed.slice(1).map(({ array }) => array);
    expect(later.length).toBeGreaterThanOrEqual(2);
    await until('the later arrays to wait', () => {
      const waiting = waitingForOthers();
      return later.every((array) => waiting.has(array));
    });
    child.kill('SIGKILL');
    await until('the queue to run empty', isQueueEmpty, 600);
    const there = await desk.espalier('attach');
    expect(there.code, there.stdout + there.stderr).toBe(0);
    const { run } = await desk.json<Status>('status');
    expect(run.counts).toEqual({ succeeded: tasks });
    await expectEachOnce(desk, run);
    const remote = hashes(join(run.folder.replace('/scratch', cluster.scratch), 'results'));
    const here = await desk.espalier(
      'run',
      join(root, 'workflows/lattice-light-sheet.yaml'),
      '--data',
      data,
      '--set',
      'iterations=2',
    );
    expect(here.code, here.stdout + here.stderr).toBe(0);
    const local = hashes(join((await desk.json<Status>('status')).run.folder, 'results'));
    expect(local.size).toBeGreaterThan(4 * times);
    expect([...remote]).toEqual([...local]);
  }, 600_000);
});
