import type { KeyParts, Plan, Task } from '../model/index.ts';
import type { KeyLine, PoolName, SharedKey } from './read-plan.ts';

/**
 * A plan as UTF-8 JSON lines: the plan without its tasks, then a task a line. What many tasks have in common (a command, a request,
 * values, their key but for the names of outputs) stands once, on a line `{"shared": NAME, "value": …}` before the first of them; in
 * each stands its number among those of its name, from 0. Bytes, since a plan of a million tasks is longer than any string may be.
 */
export function encodePlan(plan: Plan, keyParts: ReadonlyMap<string, KeyParts>): Uint8Array {
  const { tasks, format: _, ...header } = plan;
  const { add, bytes } = collectLines();
  add({ format: 2, ...header });
  const pool = (name: PoolName) => openPool((value) => add({ shared: name, value }));
  const [values, command, checks] = [pool('values'), pool('command'), pool('checks')];
  const [environment, resources, key] = [pool('environment'), pool('resources'), pool('key')];
  const sharedKey = sharedKeys();
  const told = new Set<string>();
  for (const task of tasks) {
    const shared = sharedKey(task, keyParts.get(task.staticKey));
    if (shared !== undefined) told.add(task.staticKey);
    // The id comes first, so that one task's line can be found without parsing all of them.
    add({
      id: task.id,
      step: task.step,
      label: task.label,
      dims: task.dims,
      inputs: task.inputs,
      outputs: task.outputs,
      values: values(task.values),
      command: command(task.command),
      checks: task.checks && checks(task.checks),
      environment: task.environment && environment(task.environment),
      resources: resources(task.resources),
      staticKey: task.staticKey,
      planKey: task.planKey,
      key: shared && key(shared),
    });
  }
  for (const [staticKey, parts] of keyParts) {
    const line: KeyLine = { staticKey, parts };
    if (!told.has(staticKey)) add(line);
  }
  return bytes();
}

function collectLines() {
  const chunks: Buffer[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    lines.push('');
    chunks.push(Buffer.from(lines.join('\n')));
    lines = [];
  };
  const add = (value: object): void => {
    if (lines.push(JSON.stringify(value)) >= 4096) flush();
  };
  const bytes = (): Uint8Array => {
    flush();
    return Buffer.concat(chunks);
  };
  return { add, bytes };
}

/** More different ones than this are hardly shared: the others stand in their tasks as they are. */
const most = 1024;

/** Gives the number of a value that stands on a line of its own, or the value itself. */
function openPool<T extends object>(add: (value: T) => void): (value: T) => number | T {
  const byText = new Map<string, number>();
  // The compiler lets tasks share one object: then no text is made to compare.
  const byObject = new Map<T, number>();
  return (value) => {
    const known = byObject.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    const equal = byText.get(text);
    if (equal !== undefined) return equal;
    if (byText.size >= most) return value;
    const number = byText.size;
    byText.set(text, number);
    byObject.set(value, number);
    add(value);
    return number;
  };
}

/** The parts of a task's key without its outputs, one object where they are the same as for the task before. */
function sharedKeys(): (task: Task, parts: KeyParts | undefined) => SharedKey | undefined {
  let last: { readonly parts: KeyParts; readonly shared: SharedKey } | undefined;
  return (task, parts) => {
    if (parts === undefined || !namesOutputs(parts, task)) return undefined;
    if (last === undefined || !isAlike(last.parts, parts)) {
      const { outputs: _, ...shared } = parts;
      last = { parts, shared };
    }
    return last.shared;
  };
}

function namesOutputs({ outputs }: KeyParts, task: Task): boolean {
  let count = 0;
  for (const _ in outputs) count++;
  return count === task.outputs.length && task.outputs.every(({ role, name }) => outputs[role] === name);
}

/** The very same in everything but the names of outputs. */
function isAlike(a: KeyParts, b: KeyParts): boolean {
  const isSameTool = a.tool === b.tool && a.cacheVersion === b.cacheVersion && a.container === b.container;
  return isSameTool && a.command === b.command && a.values === b.values && a.environment === b.environment;
}
