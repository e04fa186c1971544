import { EspalierError } from '../../model/index.ts';
import type { SiteRule } from '../../scheduler/index.ts';
import type { Wishes } from './drive-context.ts';
import type { LiveRun } from './live-run.ts';
import { left, orLeave } from './or-leave.ts';

const unheard =
  'left before the site had answered: what it took all the same is found by `espalier attach` or `espalier resume`';

/** Questions in a row that may go without an answer. */
const mostUnanswered = 5;

/** Errors of a site that no waiting mends. */
const forPeople: ReadonlySet<string> = new Set([
  'needs-login',
  'needs-openssh',
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
  'login-refused',
  'cannot-write',
]);

/**
 * A question that failed says nothing, and is asked again. A site that runs what it has without us may be out of reach for
 * as long as it likes; one that needs us is given up when nothing is answered many times in a row. What only a person can
 * mend ends it at once. (Ctrl-C can reach a local question in the instant before it has a session of its own.)
 */
export class SitePatience {
  readonly #rule: SiteRule;
  readonly #live: LiveRun;
  readonly #wishes: Wishes;
  #unanswered = 0;

  constructor(rule: SiteRule, live: LiveRun, wishes: Wishes) {
    this.#rule = rule;
    this.#live = live;
    this.#wishes = wishes;
  }

  /** @returns the answer; undefined when there was none and the question may be asked again */
  async bear<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await this.#ask(question);
      if (answer === left) {
        this.#live.note('site', unheard);
        return undefined;
      }
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      this.#unanswered++;
      if (!(error instanceof EspalierError) || error.fault !== 'site' || forPeople.has(error.code))
        throw error;
      if (this.#rule.takes === 'elements' && this.#unanswered > mostUnanswered) throw error;
      // Once, however long it lasts.
      if (this.#unanswered === 1) this.#live.note('site', error.message);
      return undefined;
    }
  }

  /** Who wishes to leave waits for no answer of a site that goes on without us. */
  #ask<T>(question: () => Promise<T>): Promise<T | typeof left> {
    return this.#rule.takes === 'arrays' ? orLeave(question(), this.#wishes) : question();
  }
}
