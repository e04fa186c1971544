/**
 * What a node writes about attempts: one append-only file per array element, one JSON object per line. The shell
 * only ever appends; only complete, well-formed lines count. `docs/records.md` describes the format.
 */

export type RecordLine =
  | ElementStarted
  | TaskStarted
  | HashedInput
  | HashedOutput
  | TaskEnded
  | BatchStarted
  | BatchEnded
  | ElementEnded;

interface Common {
  readonly v: 1;
  /** Seconds since 1970 UTC by the node's clock, with a fraction where the node can tell. */
  readonly at: number;
}

export interface ElementStarted extends Common {
  readonly fact: 'element-started';
  readonly array: string;
  readonly index: number;
  readonly host: string;
  /** Process id on that host, and its start time in the system's own ticks where it can be told. */
  readonly pid: number;
  readonly pidStart: string;
  /** The batch system's id, or empty by hand. */
  readonly job: string;
  readonly restart: number;
  readonly wrapper: string;
  /** Opaque, as the batch system spelled them; empty when none. */
  readonly gpus: string;
  readonly kernel: string;
}

export interface TaskStarted extends Common {
  readonly fact: 'task-started';
  readonly task: string;
  readonly attempt: number;
  readonly token: string;
  /** The words that were started. */
  readonly command: readonly string[];
  /** sha256 of the image it ran in, and the version of what ran that; absent or empty on the host. */
  readonly container?: string;
  readonly runtime?: string;
}

export interface HashedInput extends Common {
  readonly fact: 'input';
  readonly task: string;
  readonly attempt: number;
  readonly role: string;
  readonly n: number;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtime: number;
  readonly inode: string;
}

export interface HashedOutput extends Common {
  readonly fact: 'output';
  readonly task: string;
  readonly attempt: number;
  readonly role: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly mtime: number;
  readonly inode: string;
}

export const taskOutcomes = [
  'ok',
  'exit', // the command ended with another code than 0
  'signal', // the command was ended by a signal
  'out-of-memory', // the kernel ended it, or a part of it, for its memory
  'no-output', // exit 0, but a declared output is missing, too small or of another kind
  'bad-output', // exit 0, but its log or a check of its outputs says that it did not work
  'no-input', // an input was not there
  'upstream', // what a task before it was to make is not there
  'reused', // an earlier attempt serves
  'container', // its image is not there, or is not the one that was planned
  'storage', // the wrapper could not write or move a result
  'stopped', // the element was told to end while it ran
] as const;

export type TaskOutcome = (typeof taskOutcomes)[number];

export interface TaskEnded extends Common {
  readonly fact: 'task-ended';
  readonly task: string;
  readonly attempt: number;
  readonly token: string;
  readonly outcome: TaskOutcome;
  readonly exit: number;
  readonly signal: number;
  /** Content key as the node computed it; empty when inputs could not be hashed. */
  readonly key: string;
  /** In kB, 0 when the node cannot tell. */
  readonly peakKb: number;
  /** What is wrong, in words; empty when nothing is. */
  readonly note: string;
  /** With `reused`: the attempt that serves, `run/task/attempt`. */
  readonly reused: string;
  /** The number of the process that ran it, where that ran others too. */
  readonly batch?: number;
}

/** One process for many tasks begins: those whose end names the same number. */
export interface BatchStarted extends Common {
  readonly fact: 'batch-started';
  readonly array: string;
  readonly index: number;
  /** In the element. */
  readonly batch: number;
  readonly items: number;
  /** The words that were started; `{{ batch }}` stands for the file that listed the items. */
  readonly command: readonly string[];
}

export interface BatchEnded extends Common {
  readonly fact: 'batch-ended';
  readonly array: string;
  readonly index: number;
  readonly batch: number;
  readonly exit: number;
  readonly signal: number;
  /** In kB, of the whole process; 0 when the node cannot tell. */
  readonly peakKb: number;
}

export interface ElementEnded extends Common {
  readonly fact: 'element-ended';
  readonly array: string;
  readonly index: number;
}
