import type { Backend } from '../../backends/index.ts';
import type { JobArray, LedgerEvent, Plan, RunId, Task } from '../../model/index.ts';
import type { Ledger } from '../../provenance/index.ts';
import type { Policy, RetryOptions, RunState, SiteRule } from '../../scheduler/index.ts';
import type { Ask } from '../ask-together.ts';

/** What a person wishes while a run is followed. */
export interface Wishes {
  /** Begin nothing new, and come back when what runs has ended. */
  drain: boolean;
  /** End what runs. */
  kill: boolean;
}

export interface DriveContext {
  readonly run: RunId;
  readonly plan: Plan;
  readonly folder: string;
  readonly site: string;
  readonly ledger: Ledger;
  readonly backend: Backend;
  readonly ask: Ask;
  /** A shell condition that holds as long as the run is ours. */
  readonly guard: string;
  readonly rule: SiteRule;
  readonly policy: Policy;
  readonly retry: RetryOptions;
  readonly pace: Pace;
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly wishes: Wishes;
  /** Puts waiting tasks into new arrays and sends their files; what it gives is then submitted. */
  readonly arrange: (tasks: readonly Task[], state: RunState) => Promise<readonly JobArray[]>;
  readonly onChange: (state: RunState, events: readonly LedgerEvent[]) => void;
}

/** Seconds, of the site's profile. */
export interface Pace {
  /** Between looks: while things change, and while they do not. */
  readonly shortest: number;
  readonly longest: number;
  /** That a record may take to become visible after its element has ended. */
  readonly fileDelay: number;
}

/** What was known before a sitting: hashes of outputs (`task/role`), so that a change is noticed, and notes taken. */
export interface Known {
  readonly hashes: ReadonlyMap<string, string>;
  readonly notes: ReadonlySet<string>;
}
