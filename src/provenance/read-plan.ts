import { EspalierError, type KeyParts, type Plan, type Task, type TaskId } from '../model/index.ts';

/** A plan with the parts of its tasks' static keys. */
export interface PlanWithKeys {
  readonly plan: Plan;
  /** By static key. */
  readonly keyParts: ReadonlyMap<string, KeyParts>;
}

/** The parts of a key that do not stand in the task itself: without the names of its outputs. */
export type SharedKey = Omit<KeyParts, 'outputs'>;

/** What tasks may have in common. */
interface Pooled extends Pick<Task, 'values' | 'command' | 'checks' | 'environment' | 'resources'> {
  readonly key?: SharedKey;
}

export type PoolName = keyof Pooled;

/** A key whose parts no task tells; in format 1, every key. */
export interface KeyLine {
  readonly staticKey: string;
  readonly parts: KeyParts;
}

export interface TaskLine {
  readonly task: Task;
  /** The very same object for tasks that share it; undefined where the parts are not known, or stand on a line of their own. */
  readonly key: SharedKey | undefined;
}

/** What `encodePlan` wrote, in this version of espalier or before. */
export function decodePlan(text: Uint8Array | string): PlanWithKeys {
  const tasks: Task[] = [];
  const keyParts = new Map<string, KeyParts>();
  const { header, tasks: lines, keys } = openPlan(text);
  for (const { task, key } of lines()) {
    tasks.push(task);
    if (key !== undefined) keyParts.set(task.staticKey, wholeKey(key, task));
  }
  for (const { staticKey, parts } of keys()) keyParts.set(staticKey, parts);
  return { plan: { ...header, tasks }, keyParts };
}

export interface OpenedPlan {
  readonly header: Omit<Plan, 'tasks'>;
  /** One at a time, in their order. */
  readonly tasks: () => Iterable<TaskLine>;
  readonly keys: () => Iterable<KeyLine>;
}

/** @throws EspalierError `ledger-plan` where a newer espalier wrote it */
export function openPlan(text: Uint8Array | string): OpenedPlan {
  const bytes = typeof text === 'string' ? Buffer.from(text) : asBuffer(text);
  const first = lineAt(bytes, 0);
  const { format, ...rest }: Omit<Plan, 'tasks' | 'format'> & { readonly format?: number } =
    JSON.parse(first);
  if ((format ?? 1) > 2)
    throw badPlan(`is of format ${format}, and this espalier reads 1 and 2`, 'update espalier');
  // Key lines stand last.
  const keysAt = bytes.indexOf('\n{"staticKey":');
  const end = keysAt < 0 ? bytes.length : keysAt + 1;
  return {
    header: { format: 1, ...rest },
    tasks: () => readTasks(bytes.subarray(Buffer.byteLength(first) + 1, end)),
    keys: () => readKeys(bytes.subarray(end)),
  };
}

function* readTasks(bytes: Buffer): Generator<TaskLine> {
  const pools = openPools();
  for (const line of linesOf(bytes)) {
    if (isShared(line)) pools.add(line);
    else yield pools.taskOf(line);
  }
}

function* readKeys(bytes: Buffer): Generator<KeyLine> {
  for (const line of linesOf(bytes)) yield JSON.parse(line);
}

/** One task of an encoded plan, found by its id without reading the others. */
export function findTask(text: Uint8Array, id: TaskId): Task | undefined {
  const bytes = asBuffer(text);
  const start = bytes.indexOf(`\n{"id":${JSON.stringify(id)},`);
  if (start < 0) return undefined;
  const pools = openPools();
  const before = bytes.subarray(0, start);
  for (let at = before.indexOf(sharedLine); at >= 0; at = before.indexOf(sharedLine, at + 1))
    pools.add(lineAt(bytes, at + 1));
  return pools.taskOf(lineAt(bytes, start + 1)).task;
}

const sharedLine = '\n{"shared":';

function isShared(line: string): boolean {
  return line.startsWith('{"shared":');
}

/** A task as it is written: a number stands for what it shares with others. */
type Referring = Omit<Task, PoolName> & { readonly [name in keyof Pooled]: Pooled[name] | number };

function openPools() {
  const pools: { readonly [name in PoolName]: Pooled[name][] } = {
    values: [],
    command: [],
    checks: [],
    environment: [],
    resources: [],
    key: [],
  };
  const add = (line: string): void => {
    const { shared, value }: { readonly shared: PoolName; readonly value: never } = JSON.parse(line);
    pools[shared].push(value);
  };
  const look = <Name extends PoolName>(name: Name, value: Pooled[Name] | number): Pooled[Name] => {
    if (typeof value !== 'number') return value;
    const found = pools[name][value];
    if (found === undefined)
      throw badPlan(`has no ${name} of the number ${value}`, 'it was cut short or changed');
    return found;
  };
  const taskOf = (line: string): TaskLine => {
    const read: Referring = JSON.parse(line);
    const { key, checks, environment } = read;
    const task: Task = {
      id: read.id,
      step: read.step,
      label: read.label,
      dims: read.dims,
      inputs: read.inputs,
      outputs: read.outputs,
      values: look('values', read.values),
      command: look('command', read.command),
      ...(checks !== undefined && { checks: look('checks', checks) }),
      ...(environment !== undefined && { environment: look('environment', environment) }),
      resources: look('resources', read.resources),
      staticKey: read.staticKey,
      planKey: read.planKey,
    };
    return { task, key: key === undefined ? undefined : look('key', key) };
  };
  return { add, taskOf };
}

/** The parts of a key, with what the task itself tells. */
export function wholeKey({ command, values, ...shared }: SharedKey, task: Pick<Task, 'outputs'>): KeyParts {
  return { command, values, ...shared, outputs: namesOfOutputs(task) };
}

export function namesOfOutputs({ outputs }: Pick<Task, 'outputs'>): KeyParts['outputs'] {
  return Object.fromEntries(outputs.map(({ role, name }) => [role, name]));
}

/** The lines of a text, one at a time. */
function* linesOf(bytes: Buffer): Generator<string, undefined> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
}

function lineAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(10, start);
  return bytes.toString('utf8', start, end < 0 ? bytes.length : end);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function badPlan(what: string, hint: string): EspalierError {
  return new EspalierError('ledger-plan', `the plan ${what}`, { fault: 'ledger', hint });
}
