import type { KeyParts, Plan, Task, TaskId } from '../model/index.ts';

/** A plan with the parts of its tasks' static keys. */
export interface PlanWithKeys {
  readonly plan: Plan;
  /** By static key. */
  readonly keyParts: ReadonlyMap<string, KeyParts>;
}

export interface KeyLine {
  readonly staticKey: string;
  readonly parts: KeyParts;
}

/**
 * A plan as UTF-8 JSON lines: the plan without its tasks, a task a line, then `{"staticKey", "parts"}` a line. Bytes,
 * since a plan of a million tasks is longer than any string may be.
 */
export function encodePlan(plan: Plan, keyParts: ReadonlyMap<string, KeyParts>): Uint8Array {
  const { tasks, ...header } = plan;
  const chunks: Buffer[] = [];
  let lines: string[] = [JSON.stringify(header)];
  const flush = (): void => {
    lines.push('');
    chunks.push(Buffer.from(lines.join('\n')));
    lines = [];
  };
  const add = (value: Task | KeyLine): void => {
    if (lines.push(JSON.stringify(value)) >= 4096) flush();
  };
  for (const task of tasks) add(idFirst(task));
  for (const [staticKey, parts] of keyParts) add({ staticKey, parts });
  flush();
  return Buffer.concat(chunks);
}

/** What `encodePlan` wrote. */
export function decodePlan(text: Uint8Array | string): PlanWithKeys {
  const lines = planLines(text);
  const first = lines.next();
  const header: Omit<Plan, 'tasks'> = JSON.parse(first.done ? '{}' : first.value);
  const tasks: Task[] = [];
  const keyParts = new Map<string, KeyParts>();
  for (const line of lines) {
    if (isKeyLine(line)) {
      const { staticKey, parts }: KeyLine = JSON.parse(line);
      keyParts.set(staticKey, parts);
    } else tasks.push(JSON.parse(line));
  }
  return { plan: { ...header, tasks }, keyParts };
}

/** One task of an encoded plan, found by its id without reading the others. */
export function findTask(text: Uint8Array, id: TaskId): Task | undefined {
  const bytes = asBuffer(text);
  const start = bytes.indexOf(`\n{"id":${JSON.stringify(id)},`);
  if (start < 0) return undefined;
  const end = bytes.indexOf('\n', start + 1);
  const task: Task = JSON.parse(bytes.toString('utf8', start + 1, end < 0 ? bytes.length : end));
  return task;
}

/** The lines of an encoded plan, one at a time. */
export function* planLines(text: Uint8Array | string): Generator<string, undefined> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : asBuffer(text);
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) yield bytes.toString('utf8', start, end);
    start = end + 1;
  }
}

/** The part of an encoded plan that holds its key lines, which stand last. */
export function keyLines(text: Uint8Array): Uint8Array {
  const start = asBuffer(text).indexOf('\n{"staticKey":');
  return start < 0 ? new Uint8Array() : text.subarray(start + 1);
}

/** Without parsing it: `encodePlan` writes the static key first. */
export function isKeyLine(line: string): boolean {
  return line.startsWith('{"staticKey":');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** So that one task's line can be found without parsing all of them. The compiler puts it there: no copy then. */
function idFirst(task: Task): Task {
  if (Object.keys(task)[0] === 'id') return task;
  const { id, ...rest } = task;
  return { id, ...rest };
}
