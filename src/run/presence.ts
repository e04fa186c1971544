import type { Backend, BatchEnd, Listing, Question, Stuck } from '../backends/index.ts';

/** What is thought to be there after a look. */
export interface There {
  readonly alive: ReadonlySet<string>;
  readonly ended: ReadonlyMap<string, BatchEnd>;
  readonly stuck: ReadonlyMap<string, Stuck>;
  readonly nodes: ReadonlyMap<string, string>;
  /** What will not begin as it stands, and rows that were not understood; said once each. */
  readonly notes: readonly string[];
}

/**
 * What was there a moment ago leaves rows for a while (Slurm: MinJobAge, five minutes). An answer without one row of ours is more
 * likely no answer, and is not believed for as long as that.
 */
const silenceMs = 300_000;

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
      // Who cancelled, only the accounting knows.
      (native) => !listing.alive.has(native) && isUnexplained(listing.ended.get(native)),
    );
    const history = await this.#remembered({ ...question, natives: missing });
    for (const [native, end] of [...listing.ended, ...(history?.ended ?? [])]) this.#keep(native, end);
    const remembered = [...(history?.alive ?? [])].filter((native) => !listing.ended.has(native));
    const alive = new Set([...listing.alive, ...remembered]);
    const isSilent = listing.alive.size + listing.ended.size === 0;
    const delayMs = isSilent && this.#delayMs > 0 ? Math.max(this.#delayMs, silenceMs) : this.#delayMs;
    // Each once: a record may name the same element again.
    for (const native of new Set(question.natives)) {
      if (alive.has(native)) this.#forget(native);
      else if (!this.#isGone(native, nowMs, delayMs)) alive.add(native);
    }
    const nodes = new Map([...(history?.nodes ?? []), ...listing.nodes]);
    return { alive, ended: this.#ends, stuck: listing.stuck, nodes, notes: this.#news(listing) };
  }

  /** The accounting is asked again only about those of which it has not told the end. */
  async #remembered(question: Question): Promise<Listing | undefined> {
    const natives = question.natives.filter((native) => isUnexplained(this.#ends.get(native)));
    return natives.length === 0 ? undefined : this.#backend.history({ ...question, natives });
  }

  /** It is there (again: requeued): how it ended before is no longer true. */
  #forget(native: string): void {
    this.#goneSince.delete(native);
    this.#ends.delete(native);
  }

  /** With word of its end only its record is waited for. */
  #isGone(native: string, nowMs: number, silentMs: number): boolean {
    const delayMs = this.#ends.has(native) ? this.#delayMs : silentMs;
    // The clock may be set back meanwhile.
    const since = Math.min(this.#goneSince.get(native) ?? nowMs, nowMs);
    this.#goneSince.set(native, since);
    // Where nothing is delayed, the first look that does not show it tells.
    return delayMs === 0 || nowMs - since >= delayMs;
  }

  /** What says more is not forgotten for what says less. */
  #keep(native: string, end: BatchEnd): void {
    const before = this.#ends.get(native);
    if (before?.how !== end.how || before.by === undefined) this.#ends.set(native, end);
  }

  #news({ stuck, notUnderstood }: Listing): readonly string[] {
    const groups = new Map<string, string[]>();
    for (const [native, { why }] of stuck) groups.set(why, [...(groups.get(why) ?? []), native]);
    const notes = [
      ...[...groups].map(([why, natives]) => ({ key: why, text: describeStuck(natives, why) })),
      ...notUnderstood.map((text) => ({ key: text, text })),
    ];
    const news = notes.filter(({ key }) => !this.#said.has(key));
    for (const { key } of news) this.#said.add(key);
    return news.map(({ text }) => text);
  }
}

function isUnexplained(end: BatchEnd | undefined): boolean {
  return end === undefined || (end.how === 'cancelled' && end.by === undefined);
}

function describeStuck(natives: readonly string[], why: string): string {
  const [first = ''] = natives;
  const who = natives.length === 1 ? `job ${first} does` : `${natives.length} jobs (${first} and others) do`;
  return `${who} not begin: ${why}`;
}
