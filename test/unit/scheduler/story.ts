import type { PlannedStep, RecordLine, Resources, Task, TaskEnded } from '../../../src/model/index.ts';
import { applyEvents, initialState, type JudgeOptions, type RunState } from '../../../src/scheduler/index.ts';

/** Plain tasks, steps and record lines, so that each test names only what matters to it. */

export const resources: Resources = { cpus: 1, gpus: 0, memory: 1000, time: 60, scratch: 0 };

export function step(name: string, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    name,
    tool: { name, version: '1', sha256: '0', cacheVersion: 1 },
    commandTemplate: '',
    environment: {},
    after: [],
    fuse: true,
    shape: 'item',
    ...more,
  };
}

/** A task with an output `out` that reads one file, or the outputs `out` of other tasks. */
export function task(id: string, needs: readonly string[] = [], more: Partial<Resources> = {}): Task {
  const file = { site: 'local', path: '/raw', size: 1, mtimeMs: 0, inode: '1' };
  const raw = { kind: 'file' as const, file, collection: 'raw', label: 'raw', calibration: false };
  const sources =
    needs.length === 0 ? [raw] : needs.map((need) => ({ kind: 'task' as const, task: need, output: 'out' }));
  return {
    id,
    step: id.split(':')[0] ?? '',
    label: id,
    dims: {},
    inputs: sources.map((from, index) => ({ role: 'in', index, from })),
    outputs: [{ role: 'out', type: 'file', name: id, check: { minSize: 1 } }],
    values: {},
    command: { kind: 'words', words: [] },
    resources: { ...resources, ...more },
    staticKey: 'static',
    planKey: 'plan',
  };
}

export function plainState(tasks: readonly Task[]): RunState {
  return initialState({
    format: 1,
    workflow: { name: 'w', file: 'w', sha256: '0' },
    steps: [],
    tasks,
    parameters: {},
  });
}

/** One array `a1` whose elements hold these tasks at attempt 1, arranged or already handed over at time 0. */
export function withArray(
  tasks: readonly Task[],
  elements: readonly (readonly string[])[],
  status: 'unsent' | 'doubtful' | 'sent' = 'sent',
  wants: Resources = resources,
): RunState {
  const indices = elements.map((_, index) => index);
  const lists = elements.map((list) => list.map((id) => ({ task: id, attempt: 1 })));
  const run = 'r1';
  const events = [
    { kind: 'array-packed' as const, run, array: 'a1', resources: wants, elements: lists },
    { kind: 'elements-submitting' as const, run, array: 'a1', indices },
    {
      kind: 'array-submitted' as const,
      run,
      array: 'a1',
      native: '',
      elements: indices.map((index) => ({ index, native: `n${index}` })),
    },
  ];
  const count = { unsent: 1, doubtful: 2, sent: 3 }[status];
  return applyEvents(
    plainState(tasks),
    events.slice(0, count).map((event) => ({ event, atMs: 0 })),
  );
}

export const sha = (digit: string): string => digit.repeat(64);

export function elementStarted(more: { readonly pid?: number } = {}): RecordLine {
  return {
    v: 1,
    at: 1,
    fact: 'element-started',
    array: 'a1',
    index: 0,
    host: 'cn1',
    pid: 7,
    pidStart: '70',
    job: '',
    restart: 0,
    wrapper: '1',
    gpus: '',
    kernel: 'Linux',
    ...more,
  };
}

export const elementEnded: RecordLine = { v: 1, at: 9, fact: 'element-ended', array: 'a1', index: 0 };

export function started(id: string, attempt = 1): RecordLine {
  return { v: 1, at: 2, fact: 'task-started', task: id, attempt, token: 'a1', command: ['true'] };
}

export function read(id: string, sha256 = sha('1'), n = 0, attempt = 1): RecordLine {
  return {
    v: 1,
    at: 2,
    fact: 'input',
    task: id,
    attempt,
    role: 'in',
    n,
    path: '/raw',
    sha256,
    size: 1,
    mtime: 1,
    inode: '1',
  };
}

export function made(id: string, path = `/out/${id}`, sha256 = sha('2'), attempt = 1): RecordLine {
  return {
    v: 1,
    at: 3,
    fact: 'output',
    task: id,
    attempt,
    role: 'out',
    path,
    sha256,
    size: 1,
    mtime: 1,
    inode: '2',
  };
}

export function ended(id: string, more: Partial<TaskEnded> = {}): RecordLine {
  return {
    v: 1,
    at: 4,
    fact: 'task-ended',
    task: id,
    attempt: 1,
    token: 'a1',
    outcome: 'ok',
    exit: 0,
    signal: 0,
    key: key([sha('1')]),
    peakKb: 0,
    note: '',
    reused: '',
    ...more,
  };
}

/** Stands in for the content key: what matters here is only that it follows from the inputs. */
export function key(hashes: readonly string[]): string {
  return `key of ${hashes.map((hash) => hash[0]).join()}`;
}

/** The lines of a task that succeeded. */
export function success(id: string): readonly RecordLine[] {
  return [started(id), read(id), made(id), ended(id)];
}

export function judgeOptions(tasks: readonly Task[], more: Partial<JudgeOptions> = {}): JudgeOptions {
  return {
    run: 'r1',
    task: (id) => tasks.find((each) => each.id === id),
    outputPath: (each) => `/out/${each.id}`,
    contentKey: (_, inputs) => key(inputs.map(({ sha256 }) => sha256)),
    producedHash: () => undefined,
    told: new Map(),
    ...more,
  };
}
