import type { Span } from '../../scheduler/index.ts';

/** Longer than a turn of a driver takes on a machine that is awake. */
const leastMs = 10_000;

/** When this machine stood still, as a laptop does whose lid is closed: told by the clock, which a driver looks at many times a second. */
export class Standstills {
  readonly #clock: () => number;
  readonly #spans: Span[] = [];
  #lookedMs: number;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#lookedMs = clock();
  }

  get spans(): readonly Span[] {
    return this.#spans;
  }

  look(): void {
    const [fromMs, untilMs] = [this.#lookedMs, this.#clock()];
    this.#lookedMs = untilMs;
    if (untilMs - fromMs > leastMs) this.#spans.push({ fromMs, untilMs });
  }
}
