import type { FileIdentity, SourcedValue } from './collection.ts';
import type { FailureClass, FailureWord } from './failure.ts';
import type { ArrayId, RunId, TaskId } from './ids.ts';
import type { ArrayAfter, PackedTask } from './plan.ts';
import type { HashedInput, HashedOutput, TaskEnded } from './record.ts';
import type { Resources } from './tool.ts';

/**
 * Past-tense facts. Each is stored once as JSON text, hash-chained, and never changed; everything else in the ledger
 * can be rebuilt from them and from the blobs they name by hash.
 */
export type LedgerEvent =
  | RunPlanned
  | DriverAttached
  | DriverDetached
  | ArrayPacked
  | ElementsSubmitting
  | ArraySubmitted
  | SubmissionFailed
  | TasksStarted
  | TaskSucceeded
  | TaskEndedBadly
  | TaskCached
  | TasksReset
  | SitePaused
  | OutputLost
  | FilesHashed
  | CancelAsked
  | RunFinished
  | Noted;

export type EventKind = LedgerEvent['kind'];

/** What stands between a person's command and the batch system. None of it makes a result, or undoes one. */
export type HandOverEvent = RunPlanned | DriverAttached | ArrayPacked | ElementsSubmitting | ArraySubmitted;

export interface RunPlanned {
  readonly kind: 'run-planned';
  readonly run: RunId;
  readonly workflow: string;
  readonly workflowFile: string;
  /** Blobs: the workflow's text, the plan (JSON lines: header, then a task a line), the key parts, the tools. */
  readonly workflowSha256: string;
  readonly planSha256: string;
  readonly site: string;
  /** The run's folder on the site. */
  readonly folder: string;
  readonly dataFolder: string;
  readonly user: string;
  readonly host: string;
  readonly version: string;
  readonly arguments: readonly string[];
  readonly parameters: Readonly<Record<string, SourcedValue>>;
  readonly acknowledged: readonly string[];
}

/** A driver took the run; the epoch fences any earlier one. */
export interface DriverAttached {
  readonly kind: 'driver-attached';
  readonly run: RunId;
  readonly epoch: number;
  readonly host: string;
  readonly pid: number;
}

export interface DriverDetached {
  readonly kind: 'driver-detached';
  readonly run: RunId;
  readonly epoch: number;
  readonly why: 'finished' | 'interrupted' | 'failed';
}

/** Tasks were packed into an array: what each element is to run. They wait on; nothing is handed over yet. */
export interface ArrayPacked {
  readonly kind: 'array-packed';
  readonly run: RunId;
  readonly array: ArrayId;
  readonly resources: Resources;
  /** One entry per index from 0; empty where the array has no such element. */
  readonly elements: readonly (readonly PackedTask[])[];
  /** Arrays that it waits for, where the site takes whole arrays. */
  readonly after?: readonly ArrayAfter[];
}

/** The intent, written before elements are handed over: all of an array, or one by one as on the local site. */
export interface ElementsSubmitting {
  readonly kind: 'elements-submitting';
  readonly run: RunId;
  readonly array: ArrayId;
  readonly indices: readonly number[];
}

/**
 * The batch system's answer. `elements` where each has an id of its own, as on the local site; else `pattern`, which gives the
 * id of each element of the array with its index in place of `{}`.
 */
export interface ArraySubmitted {
  readonly kind: 'array-submitted';
  readonly run: RunId;
  readonly array: ArrayId;
  readonly native: string;
  readonly elements: readonly { readonly index: number; readonly native: string }[];
  readonly pattern?: string;
}

export interface SubmissionFailed {
  readonly kind: 'submission-failed';
  readonly run: RunId;
  readonly array: ArrayId;
  /** The elements concerned; all of the array when absent. They may be submitted again. */
  readonly indices?: readonly number[];
  readonly reason: string;
}

export interface TasksStarted {
  readonly kind: 'tasks-started';
  readonly run: RunId;
  readonly tasks: readonly {
    readonly task: TaskId;
    readonly attempt: number;
    readonly at: number;
    readonly host: string;
  }[];
}

/** What is known of an attempt that ended: its record's lines as they were read. */
export interface Evidence {
  readonly started?: {
    readonly at: number;
    readonly host: string;
    readonly gpus: string;
    readonly job: string;
    /** sha256 of the image it ran in, and what ran that; absent on the host. */
    readonly container?: string;
    readonly runtime?: string;
    /** The command as it was run, where the record tells it. */
    readonly command?: string;
  };
  readonly ended?: TaskEnded;
  readonly inputs: readonly HashedInput[];
  readonly outputs: readonly HashedOutput[];
  readonly array: ArrayId;
  readonly index: number;
}

export interface TaskSucceeded {
  readonly kind: 'task-succeeded';
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
  readonly evidence: Evidence;
  readonly batch?: SchedulerWord;
}

export interface TaskEndedBadly {
  readonly kind: 'task-failed' | 'task-skipped' | 'task-cancelled' | 'task-lost';
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
  readonly why: FailureWord;
  /** One sentence for people. */
  readonly message: string;
  readonly evidence?: Evidence;
  readonly batch?: SchedulerWord;
}

/** What the batch system said of an attempt's element, beside the verdict. */
export interface SchedulerWord {
  /** Its row as it was read. */
  readonly row?: string;
  /** The node, by the batch system's own name for it. */
  readonly node?: string;
}

/** An earlier attempt serves. Its outputs were linked or copied to this run's folder as listed. */
export interface TaskCached {
  readonly kind: 'task-cached';
  readonly run: RunId;
  readonly task: TaskId;
  readonly from: { readonly run: RunId; readonly task: TaskId; readonly attempt: number };
  readonly contentKey: string;
  readonly inputs: readonly {
    readonly role: string;
    readonly n: number;
    readonly sha256: string;
    readonly path: string;
    readonly size: number;
  }[];
  readonly outputs: readonly {
    readonly role: string;
    readonly path: string;
    readonly sha256: string;
    readonly size: number;
    readonly mtime: number;
    readonly inode: string;
  }[];
  /** `plan`: known when planned; `node`: the early cut-off, found by the wrapper. */
  readonly found: 'plan' | 'node';
}

/** Back to waiting, for another attempt. */
export interface TasksReset {
  readonly kind: 'tasks-reset';
  readonly run: RunId;
  readonly tasks: readonly TaskId[];
  readonly why: string;
  /** A retry by the rules of the step: for what, and which one of how many. Absent: a person's wish, or no failure at all. */
  readonly retry?: { readonly class: FailureClass; readonly number: number; readonly of: number | null };
  /** Asked for from now on, over what the plan says. */
  readonly ask?: Partial<Resources>;
  /** It stood, and a person wants it made again: no earlier result serves. */
  readonly anew?: true;
  /** From now on without the outputs of these tasks, which did not succeed. */
  readonly without?: readonly TaskId[];
  /** A person asked for it, and has seen what failed until then: it stops nothing any more. Also where no task is named. */
  readonly byPerson?: true;
}

/** So much failed on a site that nothing more is submitted there until a person says so, by `run` or `resume`. */
export interface SitePaused {
  readonly kind: 'site-paused';
  readonly run: RunId;
  readonly site: string;
  readonly why: string;
}

/** A result that was there is gone or changed. */
export interface OutputLost {
  readonly kind: 'output-lost';
  readonly run: RunId;
  readonly task: TaskId;
  readonly role: string;
  readonly path: string;
  readonly why: 'missing' | 'size' | 'content';
}

/** Content hashes taken outside a task. Times in ms UTC. */
export interface FilesHashed {
  readonly kind: 'files-hashed';
  readonly files: readonly (FileIdentity & { readonly sha256: string; readonly hashedMs: number })[];
}

/** A person wants the run to end; whoever drives it ends what goes on and begins nothing more. */
export interface CancelAsked {
  readonly kind: 'cancel-asked';
  readonly run: RunId;
  readonly user: string;
  readonly host: string;
}

export interface RunFinished {
  readonly kind: 'run-finished';
  readonly run: RunId;
}

/** Something seen that changes no state: an unreadable record line, an unknown batch state. */
export interface Noted {
  readonly kind: 'noted';
  readonly run?: RunId;
  readonly about: string;
  readonly note: string;
}
