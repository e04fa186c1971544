import type { RunRow } from '../../run/index.ts';

/** A run's state as a person would say it: one that nobody follows and that is not at its end was interrupted. */
export function showRunState({ state, driver }: Pick<RunRow, 'state' | 'driver'>): string {
  const unfinished = state === 'running' || state === 'waiting';
  return unfinished && driver !== null && driver.detachedMs !== null ? 'interrupted' : state;
}
