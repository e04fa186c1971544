import type { HandOverEvent, LedgerEvent, RunId, TaskId } from '../../model/index.ts';
import type { Ledger } from '../../provenance/index.ts';
import { applyEvents, markEnded, markStuck, type RunState } from '../../scheduler/index.ts';
import type { Look } from '../watch-run.ts';

export interface LiveRunContext {
  readonly run: RunId;
  readonly ledger: Ledger;
  readonly clock: () => number;
  readonly onChange: (state: RunState, events: readonly LedgerEvent[]) => void;
}

/** The state of a run that is followed. What is recorded is in the ledger first, and changes the state at once. */
export class LiveRun {
  readonly #context: LiveRunContext;
  #state: RunState;

  constructor(context: LiveRunContext, start: RunState) {
    this.#context = context;
    this.#state = start;
  }

  get state(): RunState {
    return this.#state;
  }

  /** What is known by now, from elsewhere. */
  restart(state: RunState): void {
    this.#state = state;
  }

  record(events: readonly LedgerEvent[]): void {
    this.#record(events, () => this.#context.ledger.append(events));
  }

  /** The same where the batch system waits for it. */
  recordAhead(events: readonly HandOverEvent[]): void {
    this.#record(events, () => this.#context.ledger.appendAhead(events));
  }

  #record(events: readonly LedgerEvent[], append: () => void): void {
    if (events.length === 0) return;
    const { clock, onChange } = this.#context;
    const atMs = clock();
    append();
    this.#state = applyEvents(
      this.#state,
      events.map((event) => ({ event, atMs })),
    );
    onChange(this.#state, events);
  }

  note(about: string, note: string): void {
    this.record([{ kind: 'noted', run: this.#context.run, about, note }]);
  }

  /** Of what a look showed, what is no event: elements that have ended, and those that cannot begin. */
  mark({ ended, stuck }: Pick<Look, 'ended' | 'stuck'>): void {
    this.#state = markEnded(this.#state, ended);
    if (stuck !== undefined) this.#state = markStuck(this.#state, stuck, this.#context.clock());
  }

  attempt(task: TaskId): number {
    return this.#state.tasks.get(task)?.attempt ?? 0;
  }

  /** The batch system's ids of elements; those without one are left out. */
  natives(elements: readonly { readonly array: string; readonly index: number }[]): readonly string[] {
    return elements
      .map(({ array, index }) => this.#state.arrays.get(array)?.elements[index]?.native ?? '')
      .filter((native) => native !== '');
  }
}
