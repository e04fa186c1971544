import { type Backend, removeFiles } from '../backends/index.ts';
import {
  EspalierError,
  isTerminal,
  type JobArray,
  type LedgerEvent,
  type Plan,
  type RunId,
  type Task,
  type TaskId,
} from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import {
  type Action,
  applyEvents,
  decide,
  decideRetries,
  decideRevivals,
  decideWithout,
  elementKey,
  homelessTasks,
  liveElements,
  markEnded,
  markStuck,
  type Policy,
  type RetryOptions,
  type RunState,
  type SiteRule,
  skips,
} from '../scheduler/index.ts';
import { resultPath } from '../templates/index.ts';
import { HandOver } from './hand-over.ts';
import { packedEvent } from './send-arrays.ts';
import { type Look, RunWatch } from './watch-run.ts';

/** What a person wishes while a run is followed. */
export interface Wishes {
  /** Begin nothing new, and come back when what runs has ended. */
  drain: boolean;
  /** End what runs. */
  kill: boolean;
}

export interface DriveContext {
  readonly run: RunId;
  readonly plan: Plan;
  readonly folder: string;
  readonly site: string;
  readonly ledger: Ledger;
  readonly backend: Backend;
  /** A shell condition that holds as long as the run is ours. */
  readonly guard: string;
  readonly rule: SiteRule;
  readonly policy: Policy;
  readonly retry: RetryOptions;
  readonly pace: Pace;
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly wishes: Wishes;
  /** Puts waiting tasks into new arrays and sends their files; what it gives is then submitted. */
  readonly arrange: (tasks: readonly Task[], state: RunState) => Promise<readonly JobArray[]>;
  readonly onChange: (state: RunState, events: readonly LedgerEvent[]) => void;
}

/** Seconds, of the site's profile. */
export interface Pace {
  /** Between looks: while things change, and while they do not. */
  readonly shortest: number;
  readonly longest: number;
  /** That a record may take to become visible after its element has ended. */
  readonly fileDelay: number;
}

/** What was known before a sitting: hashes of outputs (`task/role`), so that a change is noticed, and notes taken. */
export interface Known {
  readonly hashes: ReadonlyMap<string, string>;
  readonly notes: ReadonlySet<string>;
}

/** How much longer each pause is than the one before, while nothing changes. */
const slower = 1.5;

/** How long what was told to end may take to write its record. */
const patienceMs = 5000;

/** Batch systems give what they end half a minute by default (KillWait). */
const cancelMs = 60_000;

/** So that a wish to stop is heard soon. */
const longestSleepMs = 200;

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

/** Arrays a task may be put into within one sitting when its element ends before it began. */
const mostArrays = 3;

/**
 * Follows a run. Intent goes to the ledger before each submission; each turn ends with everything known in the ledger, so
 * that a driver may die between any two lines. A site that takes whole arrays goes on without us: there, a wish to stop
 * ends the following at once.
 */
export class RunDriver {
  readonly #context: DriveContext;
  readonly #watch: RunWatch;
  readonly #handOver: HandOver;
  /** How often each task was put into an array in this sitting. */
  readonly #arranged = new Map<TaskId, number>();
  /** Unreadable record lines that the ledger has been told of. */
  readonly #noted: Set<string>;
  /** Native ids of other runs' elements that have ended. */
  readonly #gone = new Set<string>();
  #state: RunState;
  #killedMs: number | undefined;
  #unanswered = 0;
  #lookedMs: number | undefined;
  /** Another run paused the site: nothing more is submitted. */
  #paused = false;
  /** Elements that were given up because they could never begin. */
  readonly #givenUp = new Set<string>();
  /** Asked for after this event, the end of the run is meant for us. */
  readonly #since: number;

  constructor(context: DriveContext, start: RunState, known: Known) {
    this.#context = context;
    this.#watch = new RunWatch({ ...context, fileDelay: context.pace.fileDelay }, known.hashes);
    this.#handOver = new HandOver({
      ...context,
      doubtSeconds: context.rule.takes === 'arrays' ? context.pace.shortest : 0,
      state: () => this.#state,
      record: (events) => this.#record(events),
      bear: (question) => this.#bear(question),
    });
    this.#noted = new Set(known.notes);
    this.#since = context.ledger.lastSeq(context.run);
    this.#state = start;
  }

  /** Takes in what happened while nobody looked, and begins nothing. */
  async collect(): Promise<void> {
    const { rule, clock } = this.#context;
    const actions = decide(this.#state, rule, clock(), { drain: true });
    await this.#handOver.find(actions.filter((action) => action.do === 'find'));
    await this.#observe();
  }

  /** Until every task has ended or a person wishes to stop. `start`: what is known by now. */
  async follow(start: RunState): Promise<RunState> {
    this.#state = start;
    const { ledger, wishes, pace, rule } = this.#context;
    let pause = pace.shortest;
    if (rule.takes === 'elements') await this.#observe();
    for (;;) {
      if (ledger.cancelAskedAfter(this.#context.run, this.#since)) return this.cancel();
      this.#heedPause();
      if (!this.#isDraining()) this.#tryAgain();
      if (!this.#isDraining()) await this.#arrangeHomeless();
      await this.#askAfterOthers();
      const actions = ledger.exclusively(() => this.#decide());
      await this.#actAll(actions);
      if (actions.some((action) => action.do === 'finish' || action.do === 'leave')) return this.#state;
      const stop = actions.find((action) => action.do === 'stop');
      if (stop !== undefined) return this.cancel(`the run was stopped: ${stop.why}`);
      if (wishes.kill) await this.#killAll();
      if (this.#mayLeave()) return this.#state;
      const submitted = actions.some((action) => action.do === 'submit');
      // What was just collected is not asked again of a batch system that others share.
      if (rule.takes === 'arrays') await this.#rest(submitted ? pace.shortest : this.#untilNextLook());
      if (this.#mayLeave()) return this.#state;
      const news = await this.#observe();
      if (this.#mayLeave()) return this.#state;
      pause = news ? pace.shortest : Math.min(pause * slower, pace.longest);
      await this.#rest(pause);
    }
  }

  /**
   * Ends what goes on and begins nothing more. What was running gets time to write its record; what had not begun leaves no
   * trace anywhere, so that it is written down here.
   */
  async cancel(message = 'cancelled before it ended'): Promise<RunState> {
    const { clock, run, pace } = this.#context;
    await this.collect();
    const until = clock() + cancelMs;
    const live = liveElements(this.#state);
    // Downstream first, so that nothing starts because what it waited for has ended.
    await this.#bear(() => this.#tell([...live].reverse(), 'end'));
    while (liveElements(this.#state).length > 0 && clock() < until) {
      await this.#observe();
      if (liveElements(this.#state).length > 0) await this.#rest(pace.shortest);
    }
    const open = [...this.#state.tasks.values()].filter((task) => !isTerminal(task.state));
    this.#record(
      open.map(({ id: task, attempt }) => {
        return { kind: 'task-cancelled' as const, run, task, attempt, why: 'cancelled', message };
      }),
    );
    return this.#state;
  }

  /** On a wish to stop: at once where the batch system goes on without us, else when nothing of ours runs. */
  #mayLeave(): boolean {
    const { rule } = this.#context;
    if (!this.#isDraining()) return false;
    return rule.takes === 'arrays' || liveElements(this.#state).length === 0;
  }

  /** `seconds`, a little varied where others are asked too; a wish to stop ends it early. */
  async #rest(seconds: number): Promise<void> {
    const { sleep, wishes, clock } = this.#context;
    const until = clock() + seconds * 1000;
    const wishedBefore = wishes.drain;
    for (let left = seconds * 1000; left > 0; left = until - clock()) {
      await sleep(Math.min(left, longestSleepMs));
      if (wishes.drain && !wishedBefore) return;
    }
  }

  /** Seconds until the batch system may be asked again. */
  #untilNextLook(): number {
    const { pace, clock } = this.#context;
    return this.#lookedMs === undefined ? 0 : pace.shortest - (clock() - this.#lookedMs) / 1000;
  }

  /** What to do next. What is to be submitted is intended here, so that two drivers cannot both take the same room. */
  #decide(): readonly Action[] {
    const { run, clock, policy } = this.#context;
    const actions = decide(this.#state, this.#freeRule(), clock(), { drain: this.#isDraining() }, policy);
    this.#record(
      actions.flatMap((action) =>
        action.do === 'submit'
          ? [{ kind: 'elements-submitting' as const, run, array: action.array, indices: action.indices }]
          : [],
      ),
    );
    return actions;
  }

  /** Of what other runs are thought to hold, notes what is no more: their drivers died before they heard. */
  async #askAfterOthers(): Promise<void> {
    const { ledger, site, run, backend, rule } = this.#context;
    if (rule.takes === 'arrays') return;
    const held = ledger.heldElsewhere(site, run).flatMap(({ native }) => (native === null ? [] : [native]));
    const natives = held.filter((native) => !this.#gone.has(native));
    if (natives.length === 0) return;
    const listing = await backend.list({ natives, tokens: [], ageSeconds: 0 });
    for (const native of natives) if (listing?.alive.has(native) === false) this.#gone.add(native);
  }

  /** Of what this machine has, what no other run holds. */
  #freeRule(): SiteRule {
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

  async #actAll(actions: readonly Action[]): Promise<void> {
    await this.#handOver.find(actions.filter((action) => action.do === 'find'));
    for (const action of actions) await this.#act(action);
    await this.#handOver.submit(actions.filter((action) => action.do === 'submit'));
  }

  async #act(action: Action): Promise<void> {
    const { run } = this.#context;
    switch (action.do) {
      case 'submit':
      case 'find':
        return; // all of a turn together
      case 'skip': {
        const message = `skipped: it needs \`${action.because}\`, which did not succeed`;
        const attempt = this.#attempt(action.task);
        return this.#record([
          { kind: 'task-skipped', run, task: action.task, attempt, why: 'upstream', message },
        ]);
      }
      case 'kill': {
        const element = this.#state.arrays.get(action.array)?.elements[action.index];
        this.#watch.expectEnd(action.array, action.index, 'time');
        if (element !== undefined)
          await this.#context.backend.cancel([element.native], action.how, this.#context.guard);
        return;
      }
      case 'stop': {
        const { site } = this.#context;
        const note = `the ${action.what === 'site' ? `site \`${site}\` is paused` : 'run stops'}: ${action.why}`;
        const pause: readonly LedgerEvent[] =
          action.what === 'site' ? [{ kind: 'site-paused', run, site, why: action.why }] : [];
        return this.#record([...pause, { kind: 'noted', run, about: 'policy', note }]);
      }
      case 'leave': {
        const note = `nothing of the run can go on: ${action.why}; then follow it by \`espalier attach\`, or end it by \`espalier cancel\``;
        return this.#record([{ kind: 'noted', run, about: 'batch system', note }]);
      }
      case 'give-up':
        return this.#giveUpStuck(action.elements);
      case 'finish':
        return this.#record([{ kind: 'run-finished', run }]);
    }
  }

  /**
   * A question that failed says nothing, and is asked again. A site that runs what it has without us may be out of reach for
   * as long as it likes; one that needs us is given up when nothing is answered many times in a row. What only a person can
   * mend ends it at once. (Ctrl-C can reach a local question in the instant before it has a session of its own.)
   */
  async #bear<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question();
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      this.#unanswered++;
      if (!(error instanceof EspalierError) || error.fault !== 'site' || forPeople.has(error.code))
        throw error;
      if (this.#context.rule.takes === 'elements' && this.#unanswered > mostUnanswered) throw error;
      // Once, however long it lasts.
      if (this.#unanswered === 1)
        this.#record([{ kind: 'noted', run: this.#context.run, about: 'site', note: error.message }]);
      return undefined;
    }
  }

  /** Takes in one look; true when it brought news. */
  async #observe(): Promise<boolean> {
    const { run, clock } = this.#context;
    this.#lookedMs = clock();
    const look = await this.#bear(async () => {
      const seen = await this.#watch.look(this.#state);
      await this.#endUnheard(seen);
      return seen;
    });
    if (look === undefined) return false;
    const { events, ended, unreadable, stale, notes: said, stuck } = look;
    const notes = [...unreadable, ...said].filter((note) => !this.#noted.has(note));
    for (const note of notes) this.#noted.add(note);
    await this.#remove(stale);
    const why = 'an input was made again and came out different';
    const tasks = stale.map(({ id }) => id);
    // In one append: no moment in which a renewed result stands beside what was made from the old one.
    this.#record([
      ...notes.map((note): LedgerEvent => {
        return { kind: 'noted', run, about: said.includes(note) ? 'batch system' : 'record', note };
      }),
      ...events,
      ...(tasks.length > 0 ? [{ kind: 'tasks-reset', run, tasks, why } as const] : []),
    ]);
    this.#state = markEnded(this.#state, ended);
    if (stuck !== undefined) this.#state = markStuck(this.#state, stuck, clock());
    return events.length > 0;
  }

  #isDraining(): boolean {
    return this.#context.wishes.drain || this.#paused;
  }

  /** Another run met so many failures on the site that nothing more is to be submitted there. */
  #heedPause(): void {
    const { ledger, site, run } = this.#context;
    const why = this.#paused ? undefined : ledger.sitePausedAfter(site, this.#since);
    if (why === undefined) return;
    this.#paused = true;
    const note = `another run paused the site \`${site}\`: ${why}; \`espalier resume\` goes on`;
    this.#record([{ kind: 'noted', run, about: 'policy', note }]);
  }

  /** What failed and has a try left, what was skipped because of it, and groups that go on without. */
  #tryAgain(): void {
    const { run, retry, policy } = this.#context;
    const retries = decideRetries(this.#state, retry);
    this.#record(retries);
    for (const event of retries)
      if (event.kind === 'tasks-reset') for (const task of event.tasks) this.#arranged.delete(task);
    this.#record(decideRevivals(this.#state, run, (task) => (this.#arranged.get(task) ?? 0) >= mostArrays));
    const goesOn = (step: string): boolean => policy.onFailure(step) === 'continue';
    this.#record(decideWithout(this.#state, run, retry.task, goesOn));
  }

  async #giveUpStuck(
    elements: readonly { readonly array: string; readonly index: number; readonly why: string }[],
  ): Promise<void> {
    const news = elements.filter(({ array, index }) => !this.#givenUp.has(`${array}/${index}`));
    for (const { array, index, why } of news) {
      this.#givenUp.add(`${array}/${index}`);
      this.#watch.expectGivenUp(array, index, `it could never begin: ${why}`);
    }
    const natives = news.map(({ array, index }) => this.#state.arrays.get(array)?.elements[index]?.native);
    await this.#bear(() =>
      this.#context.backend.cancel(
        natives.filter((native) => native !== undefined),
        'end',
        this.#context.guard,
      ),
    );
  }

  /**
   * What is neither seen nor heard of any more is taken to be gone, and its tasks go elsewhere. Should it be there after all, it must
   * not begin them a second time.
   */
  async #endUnheard({ ended, vanished }: Look): Promise<void> {
    const { backend, guard, rule } = this.#context;
    if (rule.takes === 'elements') return;
    const gone = ended.filter(({ array, index }) => vanished.has(elementKey(array, index)));
    const natives = gone.map(
      ({ array, index }) => this.#state.arrays.get(array)?.elements[index]?.native ?? '',
    );
    await backend.cancel(
      natives.filter((native) => native !== ''),
      'end',
      guard,
    );
  }

  /** What was made from a result that has come out different since is out of date. */
  async #remove(tasks: readonly Task[]): Promise<void> {
    const { folder, backend } = this.#context;
    const paths = tasks.flatMap((task) => task.outputs.map((output) => resultPath(folder, task, output)));
    await removeFiles(backend.transport, paths);
  }

  /** Waiting tasks that no element will run (a first start, an element that died before them) get new arrays. */
  async #arrangeHomeless(): Promise<void> {
    const { plan, arrange } = this.#context;
    const homeless = homelessTasks(this.#state);
    if (homeless.size === 0) return;
    // They get an array when what they need is tried again.
    const hopeless = new Set(skips(this.#state).map(({ task }) => task));
    const isTired = (task: Task): boolean => (this.#arranged.get(task.id) ?? 0) >= mostArrays;
    const tasks = plan.tasks.filter((task) => homeless.has(task.id) && !hopeless.has(task.id));
    this.#giveUp(tasks.filter(isTired));
    const arrays = await arrange(
      tasks.filter((task) => !isTired(task)),
      this.#state,
    );
    for (const { task } of arrays.flatMap(({ elements }) => elements.flatMap((each) => each.tasks)))
      this.#arranged.set(task, (this.#arranged.get(task) ?? 0) + 1);
    this.#record(arrays.map(packedEvent));
  }

  #giveUp(tasks: readonly Task[]): void {
    const { run } = this.#context;
    const message = `its element ended ${mostArrays} times before it began; the logs of the array may say why`;
    const event = (task: Task): LedgerEvent => {
      return {
        kind: 'task-lost',
        run,
        task: task.id,
        attempt: this.#attempt(task.id),
        why: 'not-begun',
        message,
      };
    };
    this.#record(tasks.map(event));
  }

  /** First asks them to end, so that they write their records; after a while ends them. */
  async #killAll(): Promise<void> {
    const { clock } = this.#context;
    const first = this.#killedMs === undefined;
    this.#killedMs ??= clock();
    if (first) await this.#tell(liveElements(this.#state), 'end');
    else if (clock() - this.#killedMs > patienceMs) await this.#tell(liveElements(this.#state), 'kill');
  }

  async #tell(live: ReturnType<typeof liveElements>, how: 'end' | 'kill'): Promise<void> {
    for (const { array, element } of live) this.#watch.expectEnd(array.id, element.index, 'cancelled');
    await this.#context.backend.cancel(
      live.map(({ element }) => element.native),
      how,
      this.#context.guard,
    );
  }

  #attempt(task: TaskId): number {
    return this.#state.tasks.get(task)?.attempt ?? 0;
  }

  #record(events: readonly LedgerEvent[]): void {
    if (events.length === 0) return;
    const { ledger, clock, onChange } = this.#context;
    const atMs = clock();
    ledger.append(events);
    this.#state = applyEvents(
      this.#state,
      events.map((event) => ({ event, atMs })),
    );
    onChange(this.#state, events);
  }
}
