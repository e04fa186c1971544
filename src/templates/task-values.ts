import type { Task, TaskId, TaskInput } from '../model/index.ts';
import type { Assignment, ElementContext } from './assignment.ts';
import { commandWords } from './command-words.ts';
import { resultPath } from './run-layout.ts';

/** What the wrapper is told about a task, as plain values. */
export function taskValues(
  { task, attempt, reuse }: Assignment,
  context: ElementContext,
  files: FileNumbers,
) {
  const inputs = inputValues(task, context, files);
  const outputs = task.outputs.map((output) => {
    const final = resultPath(context.runFolder, task, output);
    return {
      role: output.role,
      type: output.type,
      name: `./${output.name}`,
      final,
      min: Math.ceil(output.check.minSize),
      file: files.of(final),
    };
  });
  const pathOf = inputPaths(inputs);
  const paths = {
    input: (role: string, index: number) => known(pathOf(role, index)),
    output: (role: string) => find(outputs, (output) => output.role === role).name,
  };
  const words = commandWords(task.command, paths);
  const absent = context.logWithout?.(task.step) ?? [];
  const fixed = context.environment(task.step);
  const variables = task.environment === undefined ? fixed : { ...fixed, ...task.environment };
  return {
    id: task.id,
    step: task.step,
    attempt,
    staticKey: task.staticKey,
    // The shell counts in whole numbers.
    seconds: Math.ceil(task.resources.time),
    inputs,
    outputs,
    environment: variables,
    words,
    absent: absent.map((text) => ({ text, json: JSON.stringify(text).slice(1, -1) })),
    checks: (task.checks ?? []).map((check) => commandWords(check, paths)),
    container: containerValues(task, inputs, context),
    reuse,
  };
}

export type TaskValues = ReturnType<typeof taskValues>;

/** Files get numbers inside an element, so that a file used twice is hashed once. */
export class FileNumbers {
  readonly #paths: string[] = [];
  /** Made once there are more than a glance finds. */
  #numbers: Map<string, number> | undefined;

  of(path: string): number {
    const known = this.#numbers === undefined ? this.#paths.indexOf(path) : (this.#numbers.get(path) ?? -1);
    if (known >= 0) return known;
    const number = this.#paths.push(path) - 1;
    if (this.#numbers !== undefined) this.#numbers.set(path, number);
    else if (number >= 16) this.#numbers = new Map(this.#paths.map((each, at) => [each, at]));
    return number;
  }
}

interface InputPath {
  readonly role: string;
  readonly index: number;
  readonly path: string;
}

/** Looked up by a table only where there is more than one to look at. */
function inputPaths(inputs: readonly InputPath[]): (role: string, index: number) => string | undefined {
  const [only, second] = inputs;
  if (second === undefined) {
    return (role, index) => (only?.role === role && only.index === index ? only.path : undefined);
  }
  const paths = new Map(inputs.map(({ role, index, path }) => [`${role} ${index}`, path]));
  return (role, index) => paths.get(`${role} ${index}`);
}

/** Only the folders of its inputs are seen inside, besides its own working directory. */
function containerValues(task: Task, inputs: readonly { readonly path: string }[], context: ElementContext) {
  const image = context.image?.(task.step);
  if (image === undefined) return undefined;
  const folders = [...new Set(inputs.map(({ path }) => path.slice(0, path.lastIndexOf('/')) || '/'))];
  return { ...image, gpu: task.resources.gpus > 0 ? 'nv' : '', folders };
}

/** In the order of the content key: by role in byte order, then by index. */
function inputValues(task: Task, context: ElementContext, files: FileNumbers) {
  const sorted = task.inputs.length < 2 ? task.inputs : [...task.inputs].sort(byRoleThenIndex);
  return sorted.map(({ role, index, from }) => {
    const path = from.kind === 'file' ? from.file.path : producedPath(from, context);
    return {
      role,
      index,
      file: files.of(path),
      path,
      from: from.kind === 'file' ? '' : from.task,
    };
  });
}

function byRoleThenIndex(a: TaskInput, b: TaskInput): number {
  return a.role < b.role ? -1 : a.role > b.role ? 1 : a.index - b.index;
}

function producedPath(
  from: { readonly task: TaskId; readonly output: string },
  context: ElementContext,
): string {
  const producer = context.task(from.task);
  return resultPath(
    context.runFolder,
    producer,
    find(producer.outputs, (output) => output.role === from.output),
  );
}

function find<T>(list: readonly T[], wanted: (item: T) => boolean): T {
  return known(list.find(wanted));
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('a plan refers to an input or output that its task does not have');
  return found;
}
