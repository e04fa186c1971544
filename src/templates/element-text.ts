import type { PlannedBatch, Task, TaskId } from '../model/index.ts';
import { batchCalls, runCalls } from './element-calls.ts';
import { FileNumbers, type TaskValues, taskValues } from './task-values.ts';

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
      batch === undefined ? together.map(runCalls).join('') : batchCalls(together, batch),
    )
    .join('');
}

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
  return [environment, container?.gpu];
}
