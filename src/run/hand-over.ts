import type { Backend, Dependency, Submission, Submitted } from '../backends/index.ts';
import {
  type ArrayId,
  EspalierError,
  type HandOverEvent,
  type LedgerEvent,
  type RunId,
} from '../model/index.ts';
import {
  type Action,
  type ArrayStatus,
  arraysNeeded,
  placesOf,
  type RunState,
  refuseRetries,
} from '../scheduler/index.ts';
import { jobScriptPath } from '../templates/index.ts';

export interface HandOverContext {
  readonly run: RunId;
  readonly folder: string;
  readonly backend: Backend;
  /** Holds as long as the run is ours. */
  readonly guard: string;
  readonly clock: () => number;
  /** Seconds between two searches before what is nowhere may be submitted again. */
  readonly doubtSeconds: number;
  readonly state: () => RunState;
  readonly record: (events: readonly LedgerEvent[]) => void;
  readonly recordAhead: (events: readonly HandOverEvent[]) => void;
  /** A question that may go without an answer. */
  readonly bear: <T>(question: () => Promise<T>) => Promise<T | undefined>;
}

type Submit = Extract<Action, { do: 'submit' }>;
type Find = Extract<Action, { do: 'find' }>;

/** Submissions in a row of which nothing may be taken. */
const mostRefused = 5;

/** Hands elements or whole arrays to the batch system. The intent is in the ledger before; the answer is written down after. */
export class HandOver {
  readonly #context: HandOverContext;
  #refused = 0;
  /** When a search first did not find an array. */
  readonly #nowhereSince = new Map<ArrayId, number>();

  constructor(context: HandOverContext) {
    this.#context = context;
  }

  /** Whole arrays go by one command; elements one by one, because each is a process group that can be ended alone. */
  async submit(actions: readonly Submit[]): Promise<void> {
    if (actions.length === 0) return;
    const { bear, backend, guard } = this.#context;
    const jobs = actions.map(({ array, indices }) => this.#submission(array, indices, actions));
    const answers: Submitted[] = [];
    // What was not answered stays in doubt: its token is searched before anything is submitted again.
    await bear(async () => {
      for (const together of backend.batch.takes === 'arrays' ? [jobs] : jobs.flatMap(oneByOne))
        answers.push(...(await backend.submit(together, guard)));
    });
    const taken = this.#takeIn(answers);
    this.#refused = taken ? 0 : this.#refused + 1;
    if (this.#refused <= mostRefused) return;
    const tokens = actions.map(({ array }) => `\`${array}\``).join(', ');
    throw new EspalierError('not-submitted', `nothing of ${tokens} was taken in ${this.#refused} tries`, {
      fault: 'site',
      hint: 'the notes in the ledger say why; `espalier resume` tries again',
    });
  }

  /** Intent was written and no answer: look for them; those that are nowhere may be submitted again. */
  async find(actions: readonly Find[]): Promise<void> {
    if (actions.length === 0) return;
    const { bear, backend } = this.#context;
    const jobs = actions.map(({ array, indices }) => this.#submission(array, indices, []));
    const found = await bear(() => backend.find(jobs));
    if (found === undefined) return;
    this.#takeIn(found);
    for (const { array, indices } of actions) {
      const there = new Set(found.find(({ token }) => token === array)?.elements.map(({ index }) => index));
      const nowhere = indices.filter((index) => !there.has(index));
      if (nowhere.length > 0 && this.#isNowhere(array)) this.#giveBack(array, nowhere);
    }
  }

  /** What was taken, and what was refused. True when something was taken. */
  #takeIn(answers: readonly Submitted[]): boolean {
    const { run, record, recordAhead, state } = this.#context;
    const taken = answers.filter(({ refused, elements }) => refused === undefined && elements.length > 0);
    recordAhead(mergeByToken(taken).map((answer) => this.#submitted(answer)));
    const refusals = answers.flatMap(({ token, refused }) =>
      refused === undefined ? [] : [{ token, ...refused }],
    );
    record(refusals.map(({ token: array, reason }) => ({ kind: 'submission-failed', run, array, reason })));
    const finals = refusals.filter(({ again }) => again === 'never');
    const stuck = finals.map(({ token, reason }) => refuseRetries(state(), run, token, reason));
    record(stuck.flat());
    const final = finals.find((_, n) => stuck[n]?.length === 0);
    if (final === undefined) return taken.length + stuck.length > 0;
    throw new EspalierError('refused', `the batch system refuses \`${final.token}\`: ${final.reason}`, {
      fault: 'site',
      hint: 'change the request in the workflow or the site profile, then run it again',
    });
  }

  /** One pattern where it gives every id of the array: a fact for a thousand elements stays short. */
  #submitted({ token: array, native, elements }: Submitted): HandOverEvent {
    const { run, state } = this.#context;
    const base = { kind: 'array-submitted' as const, run, array, native };
    const real =
      state()
        .arrays.get(array)
        ?.elements.filter(({ tasks }) => tasks.length > 0) ?? [];
    const pattern = native === '' || elements.length !== real.length ? undefined : patternOf(elements);
    return pattern === undefined ? { ...base, elements } : { ...base, elements: [], pattern };
  }

  /**
   * A scheduler that was slow to answer may take a job up to a little later than a first look: it is nowhere only when two
   * searches, some time apart, did not find it.
   */
  #isNowhere(array: ArrayId): boolean {
    const { clock, doubtSeconds } = this.#context;
    const nowMs = clock();
    // The clock may be set back meanwhile.
    const since = Math.min(this.#nowhereSince.get(array) ?? nowMs, nowMs);
    this.#nowhereSince.set(array, since);
    return nowMs - since >= doubtSeconds * 1000;
  }

  #giveBack(array: ArrayId, indices: readonly number[]): void {
    const { run, record } = this.#context;
    this.#nowhereSince.delete(array);
    const reason = 'nothing carries its token: it was not begun, or has ended';
    record([{ kind: 'submission-failed', run, array, indices, reason }]);
  }

  #submission(token: ArrayId, indices: readonly number[], together: readonly Submit[]): Submission {
    const { folder, state } = this.#context;
    const array = state().arrays.get(token);
    const atOnce = array?.resources.limit;
    return {
      token,
      script: jobScriptPath(folder, token),
      runFolder: folder,
      indices,
      after: array === undefined ? [] : dependencies(array, indices, state(), together),
      ...(atOnce !== undefined && { atOnce }),
    };
  }
}

/**
 * Those that go together by token, those that went before by their id; those that have ended are waited for no more. Item by item
 * only where it was packed that way.
 */
function dependencies(
  array: ArrayStatus,
  indices: readonly number[],
  state: RunState,
  together: readonly Submit[],
): readonly Dependency[] {
  const packed = new Map(array.after.map(({ array: id, how }) => [id, how]));
  return [...arraysNeeded(array, indices, state, placesOf(state)).keys()].flatMap(
    (id): readonly Dependency[] => {
      const here = together.find((other) => other.array === id);
      if (here !== undefined) {
        const subset = indices.every((index) => here.indices.includes(index));
        return [{ token: id, how: (subset ? packed.get(id) : undefined) ?? 'all' }];
      }
      const before = state.arrays.get(id);
      const live = before?.elements.some(({ status }) => status === 'sent') ?? false;
      return live && before !== undefined && before.native !== ''
        ? [{ native: before.native, how: 'all' }]
        : [];
    },
  );
}

function oneByOne(job: Submission): readonly (readonly Submission[])[] {
  return job.indices.map((index) => [{ ...job, indices: [index] }]);
}

function mergeByToken(answers: readonly Submitted[]): readonly Submitted[] {
  const byToken = new Map<string, Submitted>();
  for (const answer of answers) {
    const before = byToken.get(answer.token);
    const elements = [...(before?.elements ?? []), ...answer.elements];
    byToken.set(answer.token, { ...answer, elements });
  }
  return [...byToken.values()];
}

/** The text that gives each element's id with its index in place of `{}`; undefined where there is none. */
function patternOf(elements: Submitted['elements']): string | undefined {
  const [first] = elements;
  if (first === undefined) return undefined;
  const at = first.native.lastIndexOf(String(first.index));
  if (at < 0) return undefined;
  const [head, tail] = [first.native.slice(0, at), first.native.slice(at + String(first.index).length)];
  const fits = elements.every(({ index, native }) => native === `${head}${index}${tail}`);
  return fits ? `${head}{}${tail}` : undefined;
}
