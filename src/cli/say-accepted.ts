import type { RunView } from '../run/index.ts';

/**
 * Says once that a batch system has everything: from then on this machine is not needed. Nothing on a site that takes its
 * tasks one by one.
 */
export function sayAccepted(
  say: (text: string) => void,
  takes: 'elements' | 'arrays',
  site: string,
): (view: RunView) => void {
  let isSaid = takes === 'elements';
  return ({ steps }) => {
    const count = (state: 'waiting' | 'submitting' | 'queued' | 'running'): number =>
      steps.reduce((sum, { counts }) => sum + (counts[state] ?? 0), 0);
    const there = count('queued') + count('running');
    if (isSaid || there === 0 || count('waiting') + count('submitting') > 0) return;
    isSaid = true;
    say(`${site} has all ${there} task(s): this machine may sleep; Ctrl-C leaves them to it`);
  };
}
