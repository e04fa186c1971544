/** One thing that was looked at on a site. */
export interface SiteCheck {
  readonly what: string;
  readonly is: 'ok' | 'warning' | 'failed';
  /** What was seen. */
  readonly seen: string;
  /** What to do about it; empty when all is well. */
  readonly mend: string;
}

/** With its mend only where one is needed. */
export function check(
  what: string,
  ok: boolean,
  seen: string,
  mend: string,
  bad: 'warning' | 'failed' = 'failed',
): SiteCheck {
  return { what, is: ok ? 'ok' : bad, seen, mend: ok ? '' : mend };
}

/** Lines `NAME=VALUE` of a script. */
export type Facts = ReadonlyMap<string, string>;

export function readFacts(text: string): Facts {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );
}
