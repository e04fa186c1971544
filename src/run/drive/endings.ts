import { elementKey, liveElements } from '../../scheduler/index.ts';
import type { Look, RunWatch } from '../watch-run.ts';
import type { DriveContext } from './drive-context.ts';
import type { LiveRun } from './live-run.ts';
import type { SitePatience } from './site-patience.ts';

/** How long what was told to end may take to write its record. */
const patienceMs = 5000;

interface Place {
  readonly array: string;
  readonly index: number;
}

/** Ends elements; the watch is told why, so that their ends are judged by it. */
export class Endings {
  readonly #context: DriveContext;
  readonly #live: LiveRun;
  readonly #patience: SitePatience;
  readonly #watch: RunWatch;
  /** Elements that were given up because they could never begin. */
  readonly #givenUp = new Set<string>();
  #killedMs: number | undefined;

  constructor(context: DriveContext, live: LiveRun, patience: SitePatience, watch: RunWatch) {
    this.#context = context;
    this.#live = live;
    this.#patience = patience;
    this.#watch = watch;
  }

  async tell(live: ReturnType<typeof liveElements>, how: 'end' | 'kill'): Promise<void> {
    for (const { array, element } of live) this.#watch.expectEnd(array.id, element.index, 'cancelled');
    await this.#cancel(
      live.map(({ element }) => element.native),
      how,
    );
  }

  /** First asks them to end, so that they write their records; after a while ends them. */
  async killAll(): Promise<void> {
    const { clock } = this.#context;
    const first = this.#killedMs === undefined;
    const nowMs = clock();
    // The clock may be set back meanwhile.
    this.#killedMs = Math.min(this.#killedMs ?? nowMs, nowMs);
    if (first) await this.tell(liveElements(this.#live.state), 'end');
    else if (nowMs - this.#killedMs > patienceMs) await this.tell(liveElements(this.#live.state), 'kill');
  }

  /** One that runs for longer than it asked. */
  async endLate(place: Place, how: 'end' | 'kill'): Promise<void> {
    this.#watch.expectEnd(place.array, place.index, 'time');
    await this.#cancel(this.#live.natives([place]), how);
  }

  /** Those that the batch system will never begin, each once. */
  async giveUp(elements: readonly (Place & { readonly why: string })[]): Promise<void> {
    const news = elements.filter(({ array, index }) => !this.#givenUp.has(elementKey(array, index)));
    for (const { array, index, why } of news) {
      this.#givenUp.add(elementKey(array, index));
      this.#watch.expectGivenUp(array, index, `it could never begin: ${why}`);
    }
    await this.#patience.bear(() => this.#cancel(this.#live.natives(news), 'end'));
  }

  /**
   * What is neither seen nor heard of any more is taken to be gone, and its tasks go elsewhere. Should it be there after all, it must
   * not begin them a second time.
   */
  async endUnheard({ ended, vanished }: Look): Promise<void> {
    if (this.#context.rule.takes === 'elements') return;
    const gone = ended.filter(({ array, index }) => vanished.has(elementKey(array, index)));
    await this.#cancel(this.#live.natives(gone), 'end');
  }

  #cancel(natives: readonly string[], how: 'end' | 'kill'): Promise<void> {
    const { backend, guard } = this.#context;
    return backend.cancel(natives, how, guard);
  }
}
