import { failureClassOf, isTerminal, type OnFailure } from '../model/index.ts';
import { noFailures, type RunState, type TaskStatus } from './run-state.ts';

/** What the workflow and the site say of failures; absent: what depends on one is skipped, and no number of them stops anything. */
export interface Policy {
  readonly onFailure: (step: string) => OnFailure | undefined;
  /** Whether a step tries again what can never begin as it stands. */
  readonly retriesStuck: (step: string) => boolean;
  /** So many failures in a row pause the site. */
  readonly failures: number;
  /** How long what is stuck is waited for. */
  readonly patienceMs: number;
}

export const patient: Policy = {
  onFailure: () => undefined,
  retriesStuck: () => false,
  failures: Number.POSITIVE_INFINITY,
  patienceMs: Number.POSITIVE_INFINITY,
};

/** Nothing of the run goes on: what is left is ended. `site`: nothing more is submitted there by any run. */
export interface Stop {
  readonly do: 'stop';
  readonly what: 'run' | 'site';
  readonly why: string;
}

/**
 * A failure after which the run is to stop, or so many in a row that the site is at fault rather than the images. What failed before a
 * person had the run go on stops nothing.
 */
export function stops(state: RunState, { onFailure, failures }: Policy): Stop | undefined {
  const tasks = [...state.tasks.values()];
  if (tasks.every(({ state: now }) => isTerminal(now))) return undefined;
  const { seen, streak } = state.failures ?? noFailures;
  const fatal = tasks.find(
    (task) =>
      (task.state === 'failed' || task.state === 'lost') &&
      seen.has(task.id) &&
      onFailure(task.step) === 'stop',
  );
  if (fatal !== undefined) {
    const why = `\`${fatal.id}\` did not succeed, and its step says \`on-failure: stop\``;
    return { do: 'stop', what: 'run', why };
  }
  if (streak.size < failures) return undefined;
  const why = `${streak.size} tasks failed one after another, none succeeded in between${commonCause(tasks)}`;
  return { do: 'stop', what: 'site', why };
}

function commonCause(tasks: readonly TaskStatus[]): string {
  const counts = new Map<string, number>();
  for (const { ends } of tasks) {
    const why = ends?.at(-1)?.why;
    if (why === undefined) continue;
    const name = failureClassOf(why);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined ? '' : ` (most often: ${most[0]})`;
}
