import type { Scalar } from './collection.ts';

/** A program with typed inputs, outputs and parameters, as a descriptor or an inline step declares it. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly inputs: Readonly<Record<string, ToolInput>>;
  readonly outputs: Readonly<Record<string, ToolOutput>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Words are templates, each one becomes one word; a script is shell text with `{{ }}` values as single words. */
  readonly command: { readonly words: readonly CommandWord[] } | { readonly script: string };
  readonly container?: ContainerImage;
  /** How its program takes many items in one process; absent: one process each. */
  readonly batch?: ToolBatch;
  /** Ways of computing it, by name, the first being the default; the parameter `engine` chooses. */
  readonly engines?: Readonly<Record<string, Engine>>;
  /** The one that was chosen, once a plan is made. */
  readonly engine?: string;
  /** Why it was, where nobody named it. */
  readonly engineReason?: string;
  readonly resources: Readonly<Partial<ResourceTemplates>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Texts that must not stand in the log of a task that succeeded. */
  readonly logWithout: readonly string[];
  /** A command that looks at the outputs, beside the task, before they move. */
  readonly check?: readonly CommandWord[];
  /** Raised by the tool's author when equal inputs no longer give equal outputs. */
  readonly cacheVersion: number;
  readonly licence?: string;
  readonly citation?: string;
  readonly homepage?: string;
  /** Hash of the descriptor text (sha256, hex); of the step's own text for an inline command. */
  readonly sha256: string;
  /** Where it was read: a file, or `inline`. */
  readonly source: string;
}

/** What is different about a tool where one engine computes it; what is absent stays as the tool says. */
export type Engine = Partial<Pick<Tool, 'command' | 'container' | 'resources' | 'batch'>> & {
  /** What it needs of CUDA: the least version of the driver. */
  readonly cuda?: { readonly driver: number };
};

/** A program that takes many items in one process, and reports each. */
export interface ToolBatch {
  /** Words of templates that know one name, `batch`: the file with a line for each item. */
  readonly command: readonly string[];
  /** Items per process. */
  readonly most: number;
}

/**
 * A template that becomes one word (a word that is only `{{ inputs.ROLE }}` of a role with many files becomes one word
 * per file), or words that stand there only when a condition holds. `if` is an expression without braces; a bare name
 * asks whether a value was given.
 */
export type CommandWord = string | { readonly if: string; readonly words: readonly string[] };

export interface ToolInput {
  readonly type: 'file' | 'directory';
  /** Many files in one task (a gather), in order. */
  readonly many: boolean;
  readonly optional: boolean;
  readonly help?: string;
}

export interface ToolOutput {
  readonly type: 'file' | 'directory';
  /** A template for the file's name inside the step's result folder. */
  readonly name: string;
  readonly check: OutputCheck;
  readonly help?: string;
}

/** What an output must satisfy, checked on the node by the wrapper; existence always is. */
export interface OutputCheck {
  /** Bytes; 1 unless stated, so that an empty file is never a result. */
  readonly minSize: number;
}

export type ParameterType = 'integer' | 'number' | 'text' | 'choice' | 'boolean';

export interface Parameter {
  readonly type: ParameterType;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly Scalar[];
  readonly default?: Scalar;
  /** The acquisition field that supplies it, e.g. `angle`. */
  readonly from?: string;
  readonly optional: boolean;
  readonly help?: string;
}

export interface ContainerImage {
  /** As written: `docker://…`, `oras://…`, a path of a `.sif` or `.def`. */
  readonly image: string;
  /** `sha256:…` when it is pinned. */
  readonly digest?: string;
  /** Its program may be used as it is where a site runs no containers. */
  readonly optional?: boolean;
  /** Where the .sif or .def was found on this machine, once it was looked for. */
  readonly file?: string;
}

/** Numbers, or templates over an item's values. */
export interface ResourceTemplates {
  readonly cpus: string | number;
  readonly gpus: string | number;
  readonly memory: string | number;
  readonly time: string | number;
  readonly scratch: string | number;
  readonly gpu: string | number;
  readonly partition: string | number;
  readonly account: string | number;
  readonly qos: string | number;
  readonly constraint: string | number;
  readonly limit: string | number;
}

/** All that a `resources` block may name, in the order of its pages. */
export const resourceNames = [
  'cpus',
  'gpus',
  'memory',
  'time',
  'scratch',
  'gpu',
  'partition',
  'account',
  'qos',
  'constraint',
  'limit',
] as const satisfies readonly (keyof ResourceTemplates)[];

/** Words that a batch system is given as they are; nothing in them can be an option or shell. */
export const wishPattern = /^[A-Za-z0-9_][A-Za-z0-9_.&|!,:=+*()@-]{0,127}$/;

/** cpus and gpus as counts, memory and scratch in bytes, time in seconds. */
export interface Resources {
  readonly cpus: number;
  readonly gpus: number;
  readonly memory: number;
  readonly time: number;
  readonly scratch: number;
  /** Wishes that only a batch system understands; a site that cannot honour one refuses it by name. */
  readonly gpu?: string;
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly constraint?: string;
  /** Nodes that it must not go to, as the batch system names them. */
  readonly exclude?: readonly string[];
  /** At most so many elements of an array run side by side (`%limit`). */
  readonly limit?: number;
}

/** Counts and amounts; every request has each of them. */
export type Amounts = Pick<Resources, 'cpus' | 'gpus' | 'memory' | 'time' | 'scratch'>;

export const defaultResources: Resources = {
  cpus: 1,
  gpus: 0,
  memory: 1024 ** 3,
  time: 3600,
  scratch: 0,
};
