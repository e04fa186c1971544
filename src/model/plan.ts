import type { FileIdentity, Scalar, SourcedValue } from './collection.ts';
import type { FailureClass } from './failure.ts';
import type { ArrayId, RunId, TaskId } from './ids.ts';
import type { ContainerImage, OutputCheck, Resources } from './tool.ts';

/** workflow × collections, expanded. What is the same for all tasks of a step stands once, in its PlannedStep. */
export interface Plan {
  readonly format: 1;
  readonly workflow: { readonly name: string; readonly file: string; readonly sha256: string };
  readonly steps: readonly PlannedStep[];
  readonly tasks: readonly Task[];
  /** Values of the workflow's own parameters as set for the whole run (not those that differ per item). */
  readonly parameters: Readonly<Record<string, SourcedValue>>;
  /** Results that whoever follows the run brings to their machine; absent: none. */
  readonly fetch?: readonly string[];
}

export interface PlannedStep {
  readonly name: string;
  readonly tool: {
    readonly name: string;
    readonly version: string;
    readonly sha256: string;
    readonly cacheVersion: number;
  };
  /** What computes it, where the tool has a choice of engines. */
  readonly engine?: string;
  /** Why that one, where it was left to the plan. No part of any key. */
  readonly engineReason?: string;
  /** With its digest: of the image, of the definition file, or of the .sif itself. */
  readonly container?: ContainerImage;
  /** Normalised: placeholders for inputs, outputs and values; no path, no run id. */
  readonly commandTemplate: string;
  /** Variables that are the same for every task; those made of a task's own values stand in the task. */
  readonly environment: Readonly<Record<string, string>>;
  readonly after: readonly string[];
  readonly fuse: boolean;
  readonly pack?: number;
  /** Texts that must not stand in the log of a task that succeeded. */
  readonly logWithout?: readonly string[];
  /** Where one process takes many of its tasks. No part of any key: a result is the same either way. */
  readonly batch?: PlannedBatch;
  readonly retry?: RetryRules;
  /** Absent: what depends on it is skipped. */
  readonly onFailure?: OnFailure;
  /** `one` task per item or one per `group`. */
  readonly shape: 'item' | 'group';
}

export interface PlannedBatch {
  readonly words: readonly BatchWord[];
  /** Tasks per process. */
  readonly most: number;
}

/** Texts that become one word; null stands for the path of the file that lists the items. */
export type BatchWord = readonly (string | null)[];

/** What becomes of a run when a task has failed for good: it stops; what needs the task is skipped; groups go on without it. */
export type OnFailure = 'stop' | 'skip' | 'continue';

export type RetryRules = Readonly<Partial<Record<FailureClass, RetryRule>>>;

/** How often a class of failure is tried again, and with what. */
export interface RetryRule {
  /** Absent: as often as the class is tried where nothing is said, once at least. */
  readonly times?: number;
  /** Factors on what was asked for, up to what the site can give. */
  readonly memory?: number;
  readonly time?: number;
  /** Not where it failed. */
  readonly node?: 'other';
  readonly partition?: string;
}

export interface Task {
  readonly id: TaskId;
  readonly step: string;
  /** Of the item or group, unique in the step. */
  readonly label: string;
  readonly dims: Readonly<Record<string, Scalar>>;
  readonly inputs: readonly TaskInput[];
  readonly outputs: readonly TaskOutput[];
  /** Tool parameters as this task gets them, each with its origin. */
  readonly values: Readonly<Record<string, SourcedValue>>;
  readonly command: Command;
  /** Commands that look at its outputs before they move; absent: none. Not part of the key: they make no result another. */
  readonly checks?: readonly Command[];
  /** Further variables, besides those of its step; absent when there are none. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly resources: Resources;
  /** sha256 (hex) over everything of the key but the inputs' contents. Its parts: see key-parts. */
  readonly staticKey: string;
  /** Stands in while inputs are unknown; nothing is reused on it. */
  readonly planKey: string;
}

export interface TaskInput {
  readonly role: string;
  /** Position in its role, from 0. */
  readonly index: number;
  readonly from:
    | {
        readonly kind: 'file';
        readonly file: FileIdentity;
        readonly collection: string;
        readonly label: string;
        readonly calibration: boolean;
      }
    | { readonly kind: 'task'; readonly task: TaskId; readonly output: string };
}

export interface TaskOutput {
  readonly role: string;
  readonly type: 'file' | 'directory';
  /** Below `results/<step>/`, plain relative path with no `..`. */
  readonly name: string;
  readonly check: OutputCheck;
}

/**
 * A command without a shell (`words`), or a script of the author's whose values arrive as positional
 * parameters, so that no value can become shell. `input` and `output` are filled in when the run's folder is known.
 */
export type Command =
  | { readonly kind: 'words'; readonly words: readonly Word[] }
  | { readonly kind: 'script'; readonly parts: readonly ScriptPart[] };

export type Word = readonly WordPart[];

export type WordPart =
  | { readonly text: string }
  | { readonly input: string; readonly index: number }
  | { readonly output: string };

/** `literal` is the author's own shell text; `word` always arrives as exactly one word. */
export type ScriptPart = { readonly literal: string } | { readonly word: Word };

/** The parts that make the static key, kept so that "why does this run again?" is one comparison. */
export interface KeyParts {
  readonly command: string;
  readonly values: Readonly<Record<string, Scalar>>;
  readonly tool: string;
  readonly cacheVersion: number;
  readonly container: string | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Tasks packed for submission. An array of one is the only path for a single job. */
export interface JobArray {
  readonly id: ArrayId;
  readonly run: RunId;
  /** One per index from 0; without tasks where the array has no such element. */
  readonly elements: readonly Element[];
  readonly resources: Resources;
  readonly after: readonly ArrayAfter[];
}

/** `item`: element i needs only element i of that array; `all`: it may need any of them. */
export interface ArrayAfter {
  readonly array: ArrayId;
  readonly how: 'item' | 'all';
}

/** What one array index runs, in order. */
export interface Element {
  readonly index: number;
  readonly tasks: readonly PackedTask[];
}

/** A task in an element, and how it differs there from what the plan says. */
export interface PackedTask {
  readonly task: TaskId;
  readonly attempt: number;
  /** Asked for over what the plan says. */
  readonly ask?: Partial<Resources>;
  /** Tasks whose outputs it does without. */
  readonly without?: readonly TaskId[];
}
