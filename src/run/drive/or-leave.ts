import type { Wishes } from './drive-context.ts';

/** How long an answer that is under way is still waited for by who wishes to leave. */
const leavingMs = 5000;
const tickMs = 100;

/** Nobody waited for the answer. */
export const left = Symbol('left');

/** The answer of a site; or that a person wished to leave, and none came soon. */
export function orLeave<T>(question: Promise<T>, wishes: Pick<Wishes, 'drain'>): Promise<T | typeof left> {
  return new Promise((resolve, reject) => {
    let waitedMs = 0;
    const timer = setInterval(() => {
      if (wishes.drain) waitedMs += tickMs;
      if (waitedMs < leavingMs) return;
      clearInterval(timer);
      resolve(left);
    }, tickMs);
    question.finally(() => clearInterval(timer)).then(resolve, reject);
  });
}
