import type { Wishes } from '../run/index.ts';

const draining = '\nNothing new is begun; waiting for what runs.\nCtrl-C again ends that too.';
const detached =
  '\nDetached: the jobs go on without this machine.\n`espalier attach` follows them again, `espalier cancel` ends them.';

/** Two signals within this time are one wish. */
const oneStrokeMs = 500;

/**
 * What Ctrl-C means while a run is followed. On this machine: the first time nothing new is begun and what runs may end; the
 * second time what runs is ended too. On a cluster: the following ends, and the jobs go on, however often. Either way the run resumes.
 */
export async function withCtrlC<T>(
  say: (text: string) => void,
  wishes: Wishes,
  clock: () => number,
  takes: 'elements' | 'arrays',
  work: () => Promise<T>,
): Promise<T> {
  let firstMs = 0;
  const onSignal = (): void => {
    if (!wishes.drain) {
      wishes.drain = true;
      firstMs = clock();
      say(takes === 'arrays' ? detached : draining);
    } else if (clock() - firstMs < oneStrokeMs) {
      // Who starts us may pass on the signal that the terminal has sent us already: one stroke, heard twice.
    } else if (takes === 'elements' && !wishes.kill) {
      wishes.kill = true;
      say('\nEnding what runs.');
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work();
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

export function freshWishes(): Wishes {
  return { drain: false, kill: false };
}
