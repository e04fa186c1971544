import type { PlannedBatch, Task, TaskId } from '../model/index.ts';

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
