import { type RecordLine, taskOutcomes } from '../model/index.ts';

type Shape = Readonly<Record<string, keyof typeof kinds>>;

const shapes: Readonly<Record<RecordLine['fact'], Shape>> = {
  'element-started': {
    array: 'string',
    index: 'count',
    host: 'string',
    pid: 'count',
    pidStart: 'string',
    job: 'string',
    restart: 'count',
    wrapper: 'string',
    gpus: 'string',
    kernel: 'string',
  },
  'task-started': { task: 'string', attempt: 'count', token: 'string', command: 'words' },
  input: {
    task: 'string',
    attempt: 'count',
    role: 'string',
    n: 'count',
    path: 'string',
    sha256: 'hash',
    size: 'count',
    mtime: 'number',
    inode: 'string',
  },
  output: {
    task: 'string',
    attempt: 'count',
    role: 'string',
    path: 'string',
    sha256: 'hash',
    size: 'count',
    mtime: 'number',
    inode: 'string',
  },
  'task-ended': {
    task: 'string',
    attempt: 'count',
    token: 'string',
    outcome: 'outcome',
    exit: 'count',
    signal: 'count',
    key: 'hashOrNone',
    peakKb: 'count',
    note: 'string',
    reused: 'string',
    batch: 'countOrNone',
  },
  'batch-started': { array: 'string', index: 'count', batch: 'count', items: 'count', command: 'words' },
  'batch-ended': {
    array: 'string',
    index: 'count',
    batch: 'count',
    exit: 'count',
    signal: 'count',
    peakKb: 'count',
  },
  'element-ended': { array: 'string', index: 'count' },
};

/** One line of a record file, or why it does not count. Lines come from nodes and are not trusted. */
export function parseRecordLine(
  line: string,
): { readonly ok: true; readonly line: RecordLine } | { readonly ok: false; readonly why: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, why: 'it is not JSON' };
  }
  return isRecordLine(value)
    ? { ok: true, line: value }
    : { ok: false, why: 'it is not a fact of this format' };
}

function isRecordLine(value: unknown): value is RecordLine {
  if (!isObject(value) || value.v !== 1 || !kinds.number(value.at) || typeof value.fact !== 'string')
    return false;
  const shape: Shape | undefined = Object.entries(shapes).find(([fact]) => fact === value.fact)?.[1];
  return shape !== undefined && Object.entries(shape).every(([name, kind]) => kinds[kind](value[name]));
}

const hash = /^[0-9a-f]{64}$/;
const outcomes: ReadonlySet<unknown> = new Set(taskOutcomes);

/** A time before 1970 is a number too; `1e999` is none. */
const kinds = {
  string: (value: unknown): boolean => typeof value === 'string',
  number: (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value),
  count: (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0,
  countOrNone: (value: unknown): boolean => value === undefined || kinds.count(value),
  words: (value: unknown): boolean => Array.isArray(value) && value.every((word) => typeof word === 'string'),
  hash: (value: unknown): boolean => typeof value === 'string' && hash.test(value),
  hashOrNone: (value: unknown): boolean => value === '' || kinds.hash(value),
  outcome: (value: unknown): boolean => outcomes.has(value),
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
