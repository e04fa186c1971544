/** A place in a text the user wrote. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Length of what is meant, in characters; at least 1. */
  readonly length: number;
  /** The whole source line, for the caret. */
  readonly source: string;
}

/** Something wrong with what the user gave. Problems are collected and reported together. */
export interface Problem {
  /** Stable, e.g. `unknown-key`; listed in docs/errors.md. */
  readonly code: string;
  /** What failed, on what (the value in backticks). */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  readonly place?: Place;
  /** `acknowledge`: the user may accept it by this name; `warning`: shown, nothing stops. */
  readonly severity?: 'error' | 'acknowledge' | 'warning';
  readonly acknowledge?: string;
}

/** Either a value, with warnings, or the problems that stood in its way. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function accept<T>(value: T, warnings: readonly Problem[] = []): Checked<T> {
  return { ok: true, value, warnings };
}

export function refuse<T>(...problems: readonly Problem[]): Checked<T> {
  return { ok: false, problems };
}

/**
 * An error for people, thrown where the caller cannot go on. `fault` says who can mend it: the user (usage,
 * workflow) or the site (not reachable, not answering as it should).
 */
export class EspalierError extends Error {
  readonly code: string;
  readonly fault: 'user' | 'site' | 'ledger';
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(
    code: string,
    message: string,
    options: {
      readonly fault?: 'user' | 'site' | 'ledger';
      readonly hint?: string;
      readonly problems?: readonly Problem[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EspalierError';
    this.code = code;
    this.fault = options.fault ?? 'user';
    this.hint = options.hint;
    this.problems = options.problems ?? [];
  }
}
