/** A promise, and a patch that breaks it; see scripts/mutants.mjs. */
export interface Mutant {
  readonly promise: string;
  readonly file: string;
  readonly find: string;
  readonly put: string;
  readonly test: string;
  readonly title: string;
  readonly built?: boolean;
}

export const mutants: readonly Mutant[];
