import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type {
  ArrayPacked,
  ArraySubmitted,
  Evidence,
  KeyParts,
  LedgerEvent,
  Plan,
  PlannedStep,
  RunPlanned,
  Task,
  TaskInput,
  TaskSucceeded,
} from '../../../src/model/index.ts';
import { encodePlan, Ledger } from '../../../src/provenance/index.ts';

/** A hash that can be told apart: sha256 of a word. */
export function sha(word: string): string {
  return createHash('sha256').update(word).digest('hex');
}

/** A new folder, removed when the test ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that starts at 1,000,000 ms and goes on by one at every look. */
export function tickingClock(): () => number {
  let now = 1_000_000;
  return () => now++;
}

export function newLedger(path = join(scratch(), 'ledger.sqlite')): Ledger {
  const ledger = Ledger.open(path, { clock: tickingClock() });
  onTestFinished(() => ledger.close());
  return ledger;
}

function step(name: string, after: readonly string[]): PlannedStep {
  return {
    name,
    tool: { name, version: '1.0', sha256: sha(`tool ${name}`), cacheVersion: 1 },
    commandTemplate: `${name} {input} {output}`,
    environment: {},
    after,
    fuse: true,
    shape: 'item',
  };
}

function inputFile(path: string, calibration = false): TaskInput {
  const file = { site: 'local', path, size: 10, mtimeMs: 1000, inode: '7' };
  return {
    role: calibration ? 'psf' : 'image',
    index: 0,
    from: { kind: 'file', file, collection: 'raw', label: path, calibration },
  };
}

function plannedTask(stepName: string, ordinal: number, label: string, inputs: readonly TaskInput[]): Task {
  return {
    id: `${stepName}:${ordinal}`,
    step: stepName,
    label,
    dims: { cell: label },
    inputs,
    outputs: [{ role: 'image', type: 'file', name: `${label}.tif`, check: { minSize: 1 } }],
    values: { angle: { value: 31.5, origin: 'acquisition', source: 'Settings.txt: Angle' } },
    command: { kind: 'words', words: [[{ text: stepName }], [{ input: 'image', index: 0 }]] },
    resources: { cpus: 1, gpus: 0, memory: 1024, time: 60, scratch: 0 },
    staticKey: sha(`static ${stepName} ${label}`),
    planKey: sha(`plan ${stepName} ${label}`),
  };
}

export function keyPartsOf(task: Task): KeyParts {
  return {
    command: `${task.step} {input} {output}`,
    values: { angle: 31.5 },
    tool: `${task.step}@1.0`,
    cacheVersion: 1,
    container: null,
    environment: {},
    outputs: { image: `${task.label}.tif` },
  };
}

/** Two steps over the labels: deskew reads `/data/LABEL.tif`, deconvolve reads its result and `/data/psf.tif`. */
export function smallPlan(labels: readonly string[]): Plan {
  const deskew = labels.map((label, i) =>
    plannedTask('deskew', i + 1, label, [inputFile(`/data/${label}.tif`)]),
  );
  const deconvolve = labels.map((label, i) =>
    plannedTask('deconvolve', i + 1, label, [
      { role: 'image', index: 0, from: { kind: 'task', task: `deskew:${i + 1}`, output: 'image' } },
      inputFile('/data/psf.tif', true),
    ]),
  );
  return {
    format: 1,
    workflow: { name: 'lattice', file: '/w/lattice.yaml', sha256: sha('workflow') },
    steps: [step('deskew', []), step('deconvolve', ['deskew'])],
    tasks: [...deskew, ...deconvolve],
    parameters: { iterations: { value: 10, origin: 'command line', source: '--set iterations=10' } },
  };
}

/** `run-planned` and the plan's text. */
export function planned(run: string, plan: Plan): { readonly event: RunPlanned; readonly blob: Uint8Array } {
  const blob = encodePlan(plan, new Map(plan.tasks.map((task) => [task.staticKey, keyPartsOf(task)])));
  const event: RunPlanned = {
    kind: 'run-planned',
    run,
    workflow: plan.workflow.name,
    workflowFile: plan.workflow.file,
    workflowSha256: plan.workflow.sha256,
    planSha256: createHash('sha256').update(blob).digest('hex'),
    site: 'local',
    folder: `/runs/${run}`,
    dataFolder: '/data',
    user: 'ada',
    host: 'laptop',
    version: '0.1.0',
    arguments: ['run', 'lattice.yaml'],
    parameters: plan.parameters,
    acknowledged: ['angle'],
  };
  return { event, blob };
}

export function startRun(ledger: Ledger, run: string, labels: readonly string[] = ['a', 'b']): Plan {
  const plan = smallPlan(labels);
  const { event, blob } = planned(run, plan);
  ledger.append([event], [blob]);
  return plan;
}

/** One element per task, in the given order. */
export function submitting(run: string, array: string, tasks: readonly string[], attempt = 1): ArrayPacked {
  return {
    kind: 'array-packed',
    run,
    array,
    resources: { cpus: 1, gpus: 0, memory: 1024, time: 60, scratch: 0 },
    elements: tasks.map((task) => [{ task, attempt }]),
  };
}

export function submitted(run: string, array: string, native = '42'): ArraySubmitted {
  return { kind: 'array-submitted', run, array, native, elements: [] };
}

interface FileWord {
  readonly role: string;
  readonly path: string;
  /** Stands for the content. */
  readonly content: string;
}

interface Ended {
  readonly attempt?: number;
  readonly array?: string;
  readonly key?: string;
  readonly inputs?: readonly FileWord[];
  readonly outputs?: readonly FileWord[];
}

export function evidence(task: string, ended: Ended = {}): Evidence {
  const attempt = ended.attempt ?? 1;
  const line = (file: FileWord) => ({
    v: 1 as const,
    task,
    attempt,
    role: file.role,
    path: file.path,
    sha256: sha(file.content),
    size: file.content.length,
    mtime: 100.25,
    inode: '11',
    at: 200,
  });
  return {
    started: { at: 190.5, host: 'node1', gpus: '', job: '42_0', command: `run ${task}` },
    ended: {
      v: 1,
      fact: 'task-ended',
      at: 201.75,
      task,
      attempt,
      token: 't',
      outcome: 'ok',
      exit: 0,
      signal: 0,
      key: ended.key ?? '',
      peakKb: 2048,
      note: '',
      reused: '',
    },
    inputs: (ended.inputs ?? []).map((file, n) => ({ ...line(file), fact: 'input' as const, n })),
    outputs: (ended.outputs ?? []).map((file) => ({ ...line(file), fact: 'output' as const })),
    array: ended.array ?? 'a1',
    index: 0,
  };
}

export function succeeded(run: string, task: string, ended: Ended = {}): TaskSucceeded {
  return { kind: 'task-succeeded', run, task, attempt: ended.attempt ?? 1, evidence: evidence(task, ended) };
}

/** `deskew:1` and `deconvolve:1` of a run, done: raw → deskewed → deconvolved with a PSF. */
export function chainOfTwo(run: string): readonly LedgerEvent[] {
  const folder = `/runs/${run}/results`;
  return [
    submitting(run, 'a1', ['deskew:1', 'deconvolve:1']),
    submitted(run, 'a1'),
    succeeded(run, 'deskew:1', {
      key: sha('key deskew a'),
      inputs: [{ role: 'image', path: '/data/a.tif', content: 'raw a' }],
      outputs: [{ role: 'image', path: `${folder}/deskew/a.tif`, content: 'deskewed a' }],
    }),
    succeeded(run, 'deconvolve:1', {
      key: sha('key deconvolve a'),
      inputs: [
        { role: 'image', path: `${folder}/deskew/a.tif`, content: 'deskewed a' },
        { role: 'psf', path: '/data/psf.tif', content: 'psf' },
      ],
      outputs: [{ role: 'image', path: `${folder}/deconvolve/a.tif`, content: 'deconvolved a' }],
    }),
  ];
}

/** `deskew:1` of a run, served by that of an earlier one; its result was linked. */
export function cachedIn(run: string, from: string, found: 'plan' | 'node' = 'plan'): LedgerEvent {
  const content = 'deskewed a';
  return {
    kind: 'task-cached',
    run,
    task: 'deskew:1',
    from: { run: from, task: 'deskew:1', attempt: 1 },
    contentKey: sha('key deskew a'),
    inputs: [{ role: 'image', n: 0, sha256: sha('raw a'), path: '/data/a.tif', size: 5 }],
    outputs: [
      {
        role: 'image',
        path: `/runs/${run}/results/deskew/a.tif`,
        sha256: sha(content),
        size: content.length,
        mtime: 100.25,
        inode: '11',
      },
    ],
    found,
  };
}

/** Every row of every table, in the order of the rows. */
export function dump(path: string): ReadonlyMap<string, string> {
  const raw = new Database(path, { readonly: true });
  const tables = raw
    .prepare<[], { name: string }>("select name from sqlite_schema where type = 'table' order by name")
    .all();
  const rows = tables.map(({ name }): [string, string] => [
    name,
    JSON.stringify(raw.prepare(`select * from ${name}`).all()),
  ]);
  raw.close();
  return new Map(rows);
}
