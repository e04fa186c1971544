import type { PlannedBatch, Task, TaskId } from '../model/index.ts';
import { commandWords } from './command-words.ts';
import { render } from './render.ts';
import { resultPath } from './run-layout.ts';
import { shellQuote } from './shell-quote.ts';

/** One try of a task, ready to be written down for the wrapper. */
export interface Assignment {
  readonly task: Task;
  readonly attempt: number;
  readonly reuse?: Reuse;
}

/** An earlier attempt that serves if the inputs turn out to be the same (early cut-off). */
export interface Reuse {
  /** The content key at which it serves. */
  readonly key: string;
  /** `run/task/attempt`. */
  readonly ref: string;
  /** In the order of the task's outputs. mtime in whole seconds. */
  readonly files: readonly {
    readonly path: string;
    readonly size: number;
    readonly mtime: number;
    readonly sha256: string;
  }[];
}

export interface ElementContext {
  readonly runFolder: string;
  /** Any task of the plan, to find what makes an input. */
  readonly task: (id: TaskId) => Task;
  readonly environment: (step: string) => Readonly<Record<string, string>>;
  /** Texts that must not stand in the log of a step's task; absent: none. */
  readonly logWithout?: (step: string) => readonly string[];
  /** What a step runs in; undefined on the host. */
  readonly image?: (step: string) => ProvidedImage | undefined;
  /** How one process takes many tasks of a step; undefined where each has its own. */
  readonly batch?: (step: string) => PlannedBatch | undefined;
}

/** An image as it lies on the site. size in bytes, mtime in whole seconds. */
export interface ProvidedImage {
  /** The program that runs it, and its version. */
  readonly program: string;
  readonly runtime: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtime: number;
}

/** The shell text of one array element: its tasks in order, each value one word. */
export function renderElement(assignments: readonly Assignment[], context: ElementContext): string {
  const files = new FileNumbers();
  const tasks = assignments.map((assignment) => taskValues(assignment, context, files));
  return cutIntoBatches(tasks, context)
    .map(({ batch, tasks: together }) =>
      batch === undefined ? render('element.sh.njk', { tasks: together }) : renderBatch(together, batch),
    )
    .join('');
}

type TaskValues = ReturnType<typeof taskValues>;

interface Together {
  readonly batch?: PlannedBatch;
  readonly tasks: TaskValues[];
}

/** Tasks that follow each other and that one process can take; what is alone runs as ever. */
function cutIntoBatches(tasks: readonly TaskValues[], context: ElementContext): readonly Together[] {
  const pieces: Together[] = [];
  for (const task of tasks) {
    const last = pieces.at(-1);
    const batch = context.batch?.(task.step);
    if (last !== undefined && last.batch === batch && canJoin(task, last)) last.tasks.push(task);
    else pieces.push({ ...(batch && { batch }), tasks: [task] });
  }
  return pieces.map((piece) => (piece.tasks.length > 1 ? piece : { tasks: piece.tasks }));
}

/** One process has one environment, and sees the GPUs or does not. */
function canJoin(task: TaskValues, { batch, tasks }: Together): boolean {
  const [first] = tasks;
  if (batch === undefined || first === undefined) return true;
  const same = JSON.stringify(surroundings(first)) === JSON.stringify(surroundings(task));
  return same && first.step === task.step && tasks.length < batch.most;
}

function surroundings({ environment, container }: TaskValues) {
  return [environment, container ? container.gpu : ''];
}

function renderBatch(tasks: readonly TaskValues[], { words }: PlannedBatch): string {
  const [first] = tasks;
  const container = first?.container || false;
  const folders = [...new Set(tasks.flatMap((task) => (task.container ? task.container.folders : [])))];
  return render('batch.sh.njk', {
    items: tasks.map((task, item) => ({ ...task, item })),
    count: tasks.length,
    environment: first?.environment ?? [],
    container: container && { ...container, folders },
    command_json: JSON.stringify(words.map((word) => word.map((text) => text ?? '{{ batch }}').join(''))),
    raw_words: words.map((word) =>
      word.length === 0
        ? "''"
        : word.map((text) => (text === null ? '"$esp_items"' : shellQuote(text))).join(''),
    ),
  });
}

/** Files get numbers inside an element, so that a file used twice is hashed once. */
class FileNumbers {
  readonly #numbers = new Map<string, number>();

  of(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    this.#numbers.set(path, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

function taskValues({ task, attempt, reuse }: Assignment, context: ElementContext, files: FileNumbers) {
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
      final_json: JSON.stringify(final),
    };
  });
  const inputPaths = new Map(inputs.map((input) => [`${input.role} ${input.index}`, input.path]));
  const paths = {
    input: (role: string, index: number) => known(inputPaths.get(`${role} ${index}`)),
    output: (role: string) => find(outputs, (output) => output.role === role).name,
  };
  const words = commandWords(task.command, paths);
  const absent = context.logWithout?.(task.step) ?? [];
  const variables = { ...context.environment(task.step), ...task.environment };
  const environment = Object.entries(variables).map(([name, value]) => ({ name, value }));
  return {
    id: task.id,
    step: task.step,
    attempt,
    static_key: task.staticKey,
    // The shell counts in whole numbers.
    seconds: Math.ceil(task.resources.time),
    command_json: JSON.stringify(words),
    inputs,
    outputs,
    environment,
    words,
    absent: absent.map((text) => ({ text, json: JSON.stringify(text).slice(1, -1) })),
    checks: (task.checks ?? []).map((check) => commandWords(check, paths)),
    container: containerValues(task, inputs, context),
    reuse: reuse === undefined ? false : { ...reuse, files: reuse.files.map((file) => ({ ...file })) },
  };
}

/** Only the folders of its inputs are seen inside, besides its own working directory. */
function containerValues(task: Task, inputs: readonly { readonly path: string }[], context: ElementContext) {
  const image = context.image?.(task.step);
  if (image === undefined) return false as const;
  const folders = [...new Set(inputs.map(({ path }) => path.slice(0, path.lastIndexOf('/')) || '/'))];
  return { ...image, gpu: task.resources.gpus > 0 ? 'nv' : '', folders };
}

/** In the order of the content key: by role in byte order, then by index. */
function inputValues(task: Task, context: ElementContext, files: FileNumbers) {
  const sorted = [...task.inputs].sort((a, b) =>
    a.role < b.role ? -1 : a.role > b.role ? 1 : a.index - b.index,
  );
  return sorted.map(({ role, index, from }) => {
    const path = from.kind === 'file' ? from.file.path : producedPath(from, context);
    return {
      role,
      index,
      file: files.of(path),
      path,
      path_json: JSON.stringify(path),
      from: from.kind === 'file' ? '' : from.task,
    };
  });
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
