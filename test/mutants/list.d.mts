interface Patch {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A promise, and a patch that breaks it; see scripts/mutants.mjs. */
export interface Mutant extends Patch {
  /** What a row of docs/reliability.md calls it. */
  readonly name?: string;
  readonly promise: string;
  readonly also?: readonly Patch[];
  readonly test: string;
  readonly title: string;
  readonly built?: boolean;
}

export const mutants: readonly Mutant[];
