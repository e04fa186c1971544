import { EspalierError } from '../../model/index.ts';

/** Seconds before each further try to connect. */
const pauses = [1, 2, 4, 8, 16];

/** What a server does that has too many logins at the moment (sshd's MaxStartups, 10 by default) or is just restarting. */
const passing = /reset|closed|ended|hang up|lost before/i;

/**
 * Connects, and tries again with growing pauses what time may mend. A host that was never reached is given up at once where nobody
 * answers: the person at the terminal can tell why. One that was there a moment ago is waited for.
 */
export async function withBackOff<T>(connect: () => Promise<T>, wasThere: boolean): Promise<T> {
  for (const pause of pauses) {
    try {
      return await connect();
    } catch (error) {
      const isPassing =
        error instanceof EspalierError &&
        error.code === 'unreachable' &&
        (wasThere || passing.test(error.message));
      if (!isPassing) throw error;
      // A little varied: several programs may have lost the same host.
      await new Promise((resolve) => setTimeout(resolve, pause * (750 + Math.random() * 500)));
    }
  }
  return connect();
}
