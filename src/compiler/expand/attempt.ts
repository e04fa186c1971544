import { EspalierError } from '../../model/index.ts';

export type Attempt<T> = { readonly ok: true; readonly value: T } | Fault;

/** Why something of the author's could not be worked out, in words for people. */
export interface Fault {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Evaluation throws what is wrong with a template; here that is data, because other tasks' problems are wanted too. */
export function attempt<T>(evaluate: () => T): Attempt<T> {
  try {
    return { ok: true, value: evaluate() };
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error;
    return fault(error.code, error.message, error.hint);
  }
}

export function fault(code: string, message: string, hint?: string): Fault {
  return hint === undefined ? { ok: false, code, message } : { ok: false, code, message, hint };
}
