import type { RecordLine } from '../model/index.ts';

type Shape = Readonly<Record<string, 'string' | 'number' | 'array'>>;

const shapes: Readonly<Record<RecordLine['fact'], Shape>> = {
  'element-started': {
    array: 'string',
    index: 'number',
    host: 'string',
    pid: 'number',
    pidStart: 'string',
    job: 'string',
    restart: 'number',
    wrapper: 'string',
    gpus: 'string',
    kernel: 'string',
  },
  'task-started': { task: 'string', attempt: 'number', token: 'string', command: 'array' },
  input: {
    task: 'string',
    attempt: 'number',
    role: 'string',
    n: 'number',
    path: 'string',
    sha256: 'string',
    size: 'number',
    mtime: 'number',
    inode: 'string',
  },
  output: {
    task: 'string',
    attempt: 'number',
    role: 'string',
    path: 'string',
    sha256: 'string',
    size: 'number',
    mtime: 'number',
    inode: 'string',
  },
  'task-ended': {
    task: 'string',
    attempt: 'number',
    token: 'string',
    outcome: 'string',
    exit: 'number',
    signal: 'number',
    key: 'string',
    peakKb: 'number',
    note: 'string',
    reused: 'string',
  },
  'element-ended': { array: 'string', index: 'number' },
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
  if (!isObject(value) || value.v !== 1 || typeof value.at !== 'number' || typeof value.fact !== 'string')
    return false;
  if (!Object.hasOwn(shapes, value.fact)) return false;
  const shape: Shape = shapes[value.fact as RecordLine['fact']];
  return (
    Object.entries(shape).every(([name, type]) => isOfType(value[name], type)) && hashIsSound(value.sha256)
  );
}

function isOfType(value: unknown, type: Shape[string]): boolean {
  if (type === 'array') return Array.isArray(value) && value.every((word) => typeof word === 'string');
  return type === 'string' ? typeof value === 'string' : typeof value === 'number';
}

function hashIsSound(hash: unknown): boolean {
  return hash === undefined || (typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
