import type { SiteRule } from '../../scheduler/index.ts';
import type { DriveContext } from './drive-context.ts';

type Context = Pick<DriveContext, 'run' | 'site' | 'ledger' | 'backend' | 'rule'>;

/** Other runs on the same site: what they hold of it, and whether one of them paused it. */
export class Neighbours {
  readonly #context: Context;
  /** Native ids of their elements that have ended. */
  readonly #gone = new Set<string>();
  /** What was said after this event is meant for us. */
  readonly #since: number;

  constructor(context: Context, since: number) {
    this.#context = context;
    this.#since = since;
  }

  /** Of what they are thought to hold, notes what is no more: their drivers died before they heard. */
  async askAfter(): Promise<void> {
    const { ledger, site, run, backend, rule } = this.#context;
    if (rule.takes === 'arrays') return;
    const held = ledger.heldElsewhere(site, run).flatMap(({ native }) => (native === null ? [] : [native]));
    const natives = held.filter((native) => !this.#gone.has(native));
    if (natives.length === 0) return;
    const listing = await backend.list({ natives, tokens: [], ageSeconds: 0 });
    for (const native of natives) if (listing?.alive.has(native) === false) this.#gone.add(native);
  }

  /** Of what this machine has, what none of them holds. */
  freeRule(): SiteRule {
    const { ledger, site, run, rule } = this.#context;
    if (rule.takes === 'arrays') return rule;
    const free = { ...rule.capacity };
    for (const { native, resources } of ledger.heldElsewhere(site, run)) {
      if (native !== null && this.#gone.has(native)) continue;
      free.cpus -= resources.cpus;
      free.gpus -= resources.gpus;
      free.memory -= resources.memory;
    }
    return { ...rule, capacity: free };
  }

  /** Why one of them, which met too many failures there, paused the site since we began; undefined when none did. */
  whyPaused(): string | undefined {
    return this.#context.ledger.sitePausedAfter(this.#context.site, this.#since);
  }
}
