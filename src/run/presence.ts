import type { Backend, BatchEnd, Listing, Question } from '../backends/index.ts';

/** What is thought to be there after a look. */
export interface There {
  readonly alive: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, BatchEnd>;
  /** Said once each. */
  readonly stuck: readonly string[];
}

/**
 * Absence is not an end. An element that a listing no longer shows is asked of the accounting; one that has ended, or is
 * nowhere, still counts as there for as long as its record may take to become visible.
 */
export class Presence {
  readonly #backend: Backend;
  readonly #delayMs: number;
  /** When each element was first seen to have ended, or not seen at all. */
  readonly #goneSince = new Map<string, number>();
  readonly #ends = new Map<string, BatchEnd>();
  readonly #said = new Set<string>();

  /** `delay` in seconds. */
  constructor(backend: Backend, delay: number) {
    this.#backend = backend;
    this.#delayMs = delay * 1000;
  }

  async take(listing: Listing, question: Question, nowMs: number): Promise<There> {
    const missing = question.natives.filter(
      (native) => !listing.alive.has(native) && !listing.ended.has(native),
    );
    const history = await this.#remembered({ ...question, natives: missing });
    for (const [native, end] of [...(history?.ended ?? []), ...listing.ended]) this.#ends.set(native, end);
    const alive = new Set([...listing.alive, ...(history?.alive ?? [])]);
    // Each once: a record may name the same element again.
    for (const native of new Set(question.natives)) {
      if (alive.has(native)) this.#forget(native);
      else if (!this.#isGone(native, nowMs)) alive.add(native);
    }
    return { alive, ended: this.#ends, stuck: this.#news(listing) };
  }

  /** The accounting is asked again only about those of which it has not told the end. */
  async #remembered(question: Question): Promise<Listing | undefined> {
    const natives = question.natives.filter((native) => !this.#ends.has(native));
    return natives.length === 0 ? undefined : this.#backend.history({ ...question, natives });
  }

  /** It is there (again: requeued): how it ended before is no longer true. */
  #forget(native: string): void {
    this.#goneSince.delete(native);
    this.#ends.delete(native);
  }

  #isGone(native: string, nowMs: number): boolean {
    const since = this.#goneSince.get(native) ?? nowMs;
    this.#goneSince.set(native, since);
    // Where nothing is delayed, the first look that does not show it tells.
    return this.#delayMs === 0 || nowMs - since >= this.#delayMs;
  }

  #news({ stuck, notUnderstood }: Listing): readonly string[] {
    const reasons = new Map<string, string>();
    for (const [native, why] of stuck) if (!reasons.has(why)) reasons.set(why, native);
    const texts = [...[...reasons].map(([why, native]) => `${native}: ${why}`), ...notUnderstood];
    const news = [...reasons.keys(), ...notUnderstood].map((key) => !this.#said.has(key));
    for (const key of [...reasons.keys(), ...notUnderstood]) this.#said.add(key);
    return texts.filter((_, index) => news[index]);
  }
}
