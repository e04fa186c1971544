import type { Scalar } from './collection.ts';
import type { OnFailure, RetryRules } from './plan.ts';
import type { Place } from './problem.ts';
import type { CommandWord, Parameter, ResourceTemplates, Tool } from './tool.ts';

/** A checked workflow: what the author wrote, every name resolved in form, nothing expanded yet. */
export interface Workflow {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly collections: Readonly<Record<string, CollectionSource>>;
  /** In an order in which each step comes after what it reads. */
  readonly steps: readonly Step[];
  /** Contradictions of the acquisition's metadata that the author accepts, by parameter name. */
  readonly acknowledged: readonly string[];
  /** Patterns of `STEP.OUTPUT` or `STEP/NAME`: results that are brought to the author's machine. */
  readonly fetch: readonly string[];
  /** Absolute path of the YAML file, its folder, text hash (sha256, hex) and text. */
  readonly file: string;
  readonly sha256: string;
  readonly text: string;
}

export interface CollectionSource {
  readonly name: string;
  readonly role: 'data' | 'calibration';
  /** Exactly one of the two. */
  readonly pattern?: string;
  readonly table?: string;
  /** Folder below the data folder (pattern) or below the workflow's (table). */
  readonly in?: string;
  /** A folder on a site, where the images lie there already. */
  readonly at?: { readonly site: string; readonly folder: string; readonly place: Place };
  /** Dimensions inside each file that become items of their own: `time`, `channel`. */
  readonly split: readonly ('time' | 'channel')[];
  readonly place: Place;
}

export interface Step {
  readonly name: string;
  readonly tool: Tool;
  /** One task per item of this source. Exactly one of `forEach` and `group` is given. */
  readonly forEach?: SourceRef;
  readonly group?: {
    readonly from: SourceRef;
    readonly by: readonly string[];
    readonly order: readonly string[];
  };
  /** The role (input of the tool) that the items of `forEach` or `group` fill. */
  readonly inputRole: string;
  readonly match: readonly Match[];
  /** Tool parameter → a literal or a template over parameters and the item. */
  readonly with: Readonly<Record<string, WithValue>>;
  readonly resources: Readonly<Partial<ResourceTemplates>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Output names that the step sets over the tool's own. */
  readonly outputNames: Readonly<Record<string, string>>;
  readonly fuse: boolean;
  /** Tasks per array element; absent: decided from how long they take. */
  readonly pack?: number;
  /** Tasks per process at most, where the tool takes many; false: one each; absent: as many as the tool takes. */
  readonly batch?: number | false;
  readonly retry?: RetryRules;
  readonly onFailure?: OnFailure;
  /** Over what its tool says: texts that must not stand in the log, and a command that looks at the outputs. */
  readonly logWithout: readonly string[];
  readonly check?: readonly CommandWord[];
  readonly place: Place;
}

export interface WithValue {
  readonly value: Scalar;
  readonly place: Place;
}

/** A collection, or an output of an earlier step. */
export type SourceRef =
  | { readonly kind: 'collection'; readonly name: string; readonly place: Place }
  | { readonly kind: 'output'; readonly step: string; readonly output: string; readonly place: Place };

/** Joins each item of the step to exactly one item of another source. */
export interface Match {
  /** The tool input it fills. */
  readonly role: string;
  readonly from: SourceRef;
  /** Dimensions whose values must be equal; empty with `all`: one partner serves every item. */
  readonly on: readonly string[];
}
