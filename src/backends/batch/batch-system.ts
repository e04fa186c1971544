import type { ElementStarted, Resources } from '../../model/index.ts';

/**
 * A batch system as text: it builds commands, parses their answers and maps their states. It does no I/O; a backend joins
 * it to a transport.
 */
export interface BatchSystem {
  readonly name: string;
  /** `elements`: they are handed over one by one as they become ready; `arrays`: whole, with dependencies. */
  readonly takes: 'elements' | 'arrays';
  /** Lines at the top of a job script that ask for resources. */
  directives(resources: Resources): readonly string[];
  /** What of a request can never be met here, each as a sentence; empty when it can. */
  refusals(resources: Resources): readonly string[];
  /** Shell lines that set `esp_index`, `esp_job` and `esp_restart`. */
  readonly prelude: readonly string[];
  /** One command for all of these, in this order: a job comes after those that it waits for. */
  submitCommand(jobs: readonly Submission[]): string;
  /** One entry for each job of which the answer tells something; the rest is in doubt. */
  parseSubmitted(stdout: string, jobs: readonly Submission[]): readonly Submitted[];
  /** One command, whatever their number; one that takes whole arrays tells of all arrays of the user, for others' questions too. */
  listCommand(question: Question): string;
  /** Undefined when the answer is not whole: that says nothing about any of them. */
  parseListing(stdout: string, question: Question): Listing | undefined;
  /** Of those that a listing no longer shows: what the accounting remembers. Absent where there is none. */
  readonly history?: {
    command(question: Question): string;
    /** Undefined when it cannot tell now. An element without an entry is not remembered, which proves nothing. */
    parse(stdout: string, question: Question): Listing | undefined;
  };
  /** Which elements of these jobs it has after all, by their tokens, after a doubt. */
  findCommand(jobs: readonly Submission[]): string;
  /** Undefined when the search itself failed. */
  parseFound(stdout: string, jobs: readonly Submission[]): readonly Submitted[] | undefined;
  /** The native id that an element's own record gives, where it can be asked for. */
  recordedNative(line: ElementStarted): string | undefined;
  /** `end`: ask them to end and let them write their records; `kill`: at once. One command for all. */
  cancelCommand(natives: readonly string[], how: 'end' | 'kill'): string;
}

export interface Submission {
  /** The array's id: the token by which it is found again. */
  readonly token: string;
  /** Absolute path of the array's job.sh. */
  readonly script: string;
  readonly runFolder: string;
  readonly indices: readonly number[];
  readonly after: readonly Dependency[];
  /** At most so many at once; absent: no limit. */
  readonly atOnce?: number;
}

/** `item`: element i waits for element i; `all`: each waits for the end of all. */
export interface Dependency {
  /** Of a job earlier in the same submission. */
  readonly token?: string;
  /** Of a job submitted before: the batch system's own id. */
  readonly native?: string;
  readonly how: 'item' | 'all';
}

export interface Submitted {
  readonly token: string;
  /** The whole job's id; empty where each element has only its own. */
  readonly native: string;
  readonly elements: readonly SubmittedElement[];
  /** Not taken: why, in the batch system's words; `later`: try again, `never`: it must be changed first. */
  readonly refused?: { readonly reason: string; readonly again: 'later' | 'never' };
}

export interface SubmittedElement {
  readonly index: number;
  readonly native: string;
}

export interface Question {
  readonly natives: readonly string[];
  /** Tokens of the arrays they belong to. */
  readonly tokens: readonly string[];
  /** Seconds since the earliest of them was submitted. */
  readonly ageSeconds: number;
}

/** What a batch system says about elements, by native id. */
export interface Listing {
  /** Waiting or running. */
  readonly alive: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, BatchEnd>;
  /** Alive, and will never begin as it stands: why, in plain words with the mend. */
  readonly stuck: ReadonlyMap<string, Stuck>;
  /** The node that each is or was on, where it has one. */
  readonly nodes: ReadonlyMap<string, string>;
  /** Rows that were not understood; they change nothing. */
  readonly notUnderstood: readonly string[];
}

/** `never`: not as it stands; `held`: not until somebody lets it go. */
export interface Stuck {
  readonly until: 'never' | 'held';
  readonly why: string;
}

/** How the batch system says that an element ended. */
export interface BatchEnd {
  readonly how:
    | 'completed'
    | 'failed'
    | 'out-of-memory'
    | 'time'
    | 'node'
    | 'preempted'
    | 'cancelled'
    /** Its dependency can never be met: it was dropped and never ran. */
    | 'dropped';
  /** The row as it was read. */
  readonly raw: string;
  /** With `cancelled`: whose word that was; absent: it does not say. */
  readonly by?: 'me' | 'other';
  readonly node?: string;
}
