import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { Command, PlannedBatch, RecordLine, Task, TaskEnded, WordPart } from '../../src/model/index.ts';
import { parseRecordLine } from '../../src/scheduler/index.ts';
import {
  type Assignment,
  arrayFolder,
  type Reuse,
  renderElement,
  renderJobScript,
  resultPath,
  TaskFile,
} from '../../src/templates/index.ts';

/** What runs a job script, and where it finds its utilities. */
export interface Shell {
  readonly name: string;
  readonly words: readonly string[];
  readonly path?: string;
}

const busyboxFolder = join(tmpdir(), `espalier-busybox-${process.pid}`);

/** The shells that nodes have; those that are not on this machine are left out, and it is said. */
export function findShells(): readonly Shell[] {
  const shells: Shell[] = [
    { name: 'dash', words: ['dash'] },
    { name: 'bash as sh', words: ['bash', '--posix'] },
    { name: 'busybox sh', words: ['busybox', 'sh'] },
  ];
  const found = shells.flatMap((shell) => {
    const [program = '', ...words] = shell.words;
    const path = whereIs(program);
    return path === undefined ? [] : [{ ...shell, words: [path, ...words] }];
  });
  for (const { name } of shells.filter((shell) => !found.some((each) => each.name === shell.name)))
    console.warn(`skipped: the wrapper under ${name}, which is not on this machine`);
  const busybox = found.find(({ name }) => name === 'busybox sh');
  if (busybox === undefined) return found;
  mkdirSync(busyboxFolder, { recursive: true });
  execFileSync('busybox', ['--install', '-s', busyboxFolder]);
  afterAll(() => rmSync(busyboxFolder, { recursive: true, force: true }));
  return [
    ...found,
    { name: "busybox sh with busybox's utilities", words: busybox.words, path: busyboxFolder },
  ];
}

export function whereIs(name: string): string | undefined {
  const ran = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return ran.status === 0 ? ran.stdout.trim() : undefined;
}

/** A task in few words; what is left out is plain. */
export interface Spec {
  /** `step:ordinal`. */
  readonly id: string;
  /** Path of a file, or `{ task, output }`, by role; a list for a role with many. */
  readonly inputs?: Readonly<Record<string, Input | readonly Input[]>>;
  readonly outputs?: readonly {
    readonly role: string;
    readonly name: string;
    readonly type?: 'file' | 'directory';
    readonly minSize?: number;
  }[];
  readonly command: Command;
  readonly environment?: Readonly<Record<string, string>>;
  readonly time?: number;
  readonly attempt?: number;
  readonly reuse?: Reuse;
  readonly checks?: readonly Command[];
}

type Input = string | { readonly task: string; readonly output: string };

export const staticKey = 'a'.repeat(64);

/** `run\`cp ${input('image')} ${output('copy')}\`` */
export function run(text: TemplateStringsArray, ...values: readonly (WordPart | string)[]): Command {
  const parts = text.flatMap((literal, index) => {
    const value = values[index];
    if (value === undefined) return [{ literal }];
    return [{ literal }, { word: [typeof value === 'string' ? { text: value } : value] }];
  });
  return { kind: 'script', parts };
}

export const input = (role: string, index = 0): WordPart => ({ input: role, index });
export const output = (role: string): WordPart => ({ output: role });

/** A run's folder in a fresh place, with one array whose elements hold these tasks. */
export class Bench {
  readonly folder: string;
  readonly array = 'r1.a1';
  readonly shell: Shell;
  readonly #children: ChildProcess[] = [];
  #tasks: readonly Task[] = [];
  readonly #base: string;

  constructor(shell: Shell, folderName = 'run', base = tmpdir()) {
    this.shell = shell;
    this.#base = mkdtempSync(join(base, 'espalier-wrapper-'));
    this.folder = join(this.#base, folderName);
    mkdirSync(this.folder);
  }

  /** A file beside the run's folder. */
  file(name: string, content?: string | Uint8Array): string {
    const path = join(this.#base, name);
    if (content !== undefined) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return path;
  }

  /** Writes job.sh, tasks and index. `others`: tasks of the plan that are in no element. */
  write(
    elements: readonly (readonly Spec[])[],
    options: {
      readonly seconds?: number;
      readonly others?: readonly Spec[];
      readonly prelude?: readonly string[];
      readonly logWithout?: readonly string[];
      /** The one step that `logWithout` is of; all, unless stated. */
      readonly logWithoutOf?: string;
      /** How one process takes the tasks of a step together. */
      readonly batch?: PlannedBatch;
    } = {},
  ): void {
    const specs = [...elements.flat(), ...(options.others ?? [])];
    const tasks = new Map(specs.map((spec) => [spec.id, buildTask(spec)]));
    this.#tasks = [...tasks.values()];
    const texts = elements.map((list) =>
      renderElement(
        list.map((spec) => assign(spec, tasks)),
        {
          runFolder: this.folder,
          task: (id) => get(tasks, id),
          environment: () => ({ STEP: 'of the step' }),
          logWithout: (step) => ((options.logWithoutOf ?? step) === step ? (options.logWithout ?? []) : []),
          ...(options.batch && { batch: () => options.batch }),
        },
      ),
    );
    const script = renderJobScript({
      array: this.array,
      run: 'r1',
      elements: elements.length,
      runFolder: this.folder,
      seconds: options.seconds ?? 0,
      directives: [],
      prelude: options.prelude ?? ['esp_index=${1:-}', 'esp_job=${JOB:-}', 'esp_restart=${RESTART:-0}'],
    });
    const folder = arrayFolder(this.folder, this.array);
    mkdirSync(folder, { recursive: true });
    const file = new TaskFile();
    for (const text of texts) file.add(text);
    writeFileSync(join(folder, 'tasks'), file.tasks);
    writeFileSync(join(folder, 'index'), file.index);
    writeFileSync(join(folder, 'job.sh'), script);
  }

  get script(): string {
    return join(arrayFolder(this.folder, this.array), 'job.sh');
  }

  /** Runs an element to its end. */
  start(index: number | string = 0, environment: Readonly<Record<string, string>> = {}) {
    const [program = 'sh', ...words] = this.shell.words;
    const ran = spawnSync(program, [...words, this.script, String(index)], {
      env: this.#environment(environment),
      encoding: 'utf8',
    });
    return { code: ran.status, signal: ran.signal, stderr: ran.stderr };
  }

  /** Begins an element in a process group of its own. */
  begin(index = 0, environment: Readonly<Record<string, string>> = {}) {
    const [program = 'sh', ...words] = this.shell.words;
    const child = spawn(program, [...words, this.script, String(index)], {
      env: this.#environment(environment),
      detached: true,
      stdio: 'ignore',
    });
    this.#children.push(child);
    const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    return { child, pid: child.pid ?? 0, ended };
  }

  #environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const { PATH = '', HOME = '' } = process.env;
    return { PATH: this.shell.path ?? PATH, HOME, ...more };
  }

  result(task: string, role: string): string {
    const found = this.#tasks.find(({ id }) => id === task);
    const wanted = found?.outputs.find((each) => each.role === role);
    if (found === undefined || wanted === undefined) throw new Error(`no ${role} of ${task}`);
    return resultPath(this.folder, found, wanted);
  }

  /** Complete lines of an element's record; throws where one does not count, but for `torn` of them. */
  lines(index = 0, torn = 0): readonly RecordLine[] {
    const lines = this.recordText(index)
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== '');
    const parsed = lines.map((line) => parseRecordLine(line));
    const bad = parsed.flatMap((each, at) => (each.ok ? [] : [`${each.why}: ${lines[at]}`]));
    if (bad.length !== torn) throw new Error(`lines that do not count: ${bad.join('\n')}`);
    return parsed.flatMap((each) => (each.ok ? [each.line] : []));
  }

  recordText(index = 0): string {
    const path = join(this.folder, 'records', this.array, String(index));
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  log(stream: 'out' | 'err', index = 0): string {
    return readFileSync(join(this.folder, 'logs', this.array, `${index}.${stream}`), 'utf8');
  }

  /** The last end that is recorded of a task. */
  end(task: string, index = 0): TaskEnded {
    const found = this.ends(task, index).at(-1);
    if (found === undefined) throw new Error(`no end of ${task} in:\n${this.recordText(index)}`);
    return found;
  }

  ends(task: string, index = 0): readonly TaskEnded[] {
    return this.lines(index).filter(
      (line): line is TaskEnded => line.fact === 'task-ended' && line.task === task,
    );
  }

  /** What lies in the working folder: nothing after an end in order. */
  leftovers(): readonly string[] {
    const work = join(this.folder, 'work');
    return existsSync(work) ? readdirSync(work) : [];
  }

  clear(): void {
    for (const child of this.#children) {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // it has ended
      }
    }
    rmSync(this.#base, { recursive: true, force: true });
  }
}

function buildTask(spec: Spec): Task {
  const inputs = Object.entries(spec.inputs ?? {}).flatMap(([role, given]) =>
    (isMany(given) ? given : [given]).map((from, index) => ({ role, index, from: toSource(from) })),
  );
  return {
    id: spec.id,
    step: spec.id.split(':')[0] ?? '',
    label: spec.id,
    dims: {},
    inputs,
    outputs: (spec.outputs ?? []).map(({ role, name, type = 'file', minSize = 1 }) => ({
      role,
      name,
      type,
      check: { minSize },
    })),
    values: {},
    command: spec.command,
    ...(spec.environment && { environment: spec.environment }),
    ...(spec.checks && { checks: spec.checks }),
    resources: { cpus: 1, gpus: 0, memory: 1, time: spec.time ?? 60, scratch: 0 },
    staticKey,
    planKey: staticKey,
  };
}

function isMany(given: Input | readonly Input[]): given is readonly Input[] {
  return Array.isArray(given);
}

function toSource(from: Input): Task['inputs'][number]['from'] {
  if (typeof from !== 'string') return { kind: 'task', ...from };
  const file = { site: 'local', path: from, size: 0, mtimeMs: 0, inode: '0' };
  return { kind: 'file', file, collection: 'raw', label: from, calibration: false };
}

function assign(spec: Spec, tasks: ReadonlyMap<string, Task>): Assignment {
  const task = get(tasks, spec.id);
  return { task, attempt: spec.attempt ?? 1, ...(spec.reuse && { reuse: spec.reuse }) };
}

function get(tasks: ReadonlyMap<string, Task>, id: string): Task {
  const task = tasks.get(id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return task;
}

/** Waits for something another process does. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
