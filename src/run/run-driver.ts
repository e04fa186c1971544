import { type Backend, removeFiles, type Submission } from '../backends/index.ts';
import {
  type ArrayId,
  EspalierError,
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
  type Capacity,
  decide,
  homelessTasks,
  liveElements,
  markEnded,
  type RunState,
} from '../scheduler/index.ts';
import { jobScriptPath, resultPath } from '../templates/index.ts';
import { RunWatch } from './watch-run.ts';

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
  readonly capacity: Capacity;
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly wishes: Wishes;
  /** Puts waiting tasks into new arrays and sends their files; what it gives is then submitted. */
  readonly arrange: (tasks: readonly Task[], state: RunState) => Promise<readonly JobArray[]>;
  readonly onChange: (state: RunState, events: readonly LedgerEvent[]) => void;
}

/** What was known before a sitting: hashes of outputs (`task/role`), so that a change is noticed, and notes taken. */
export interface Known {
  readonly hashes: ReadonlyMap<string, string>;
  readonly notes: ReadonlySet<string>;
}

/** Milliseconds between looks: short while things change, longer while they do not. */
const shortestPause = 50;
const longestPause = 1000;

/** How long what was told to end may take to write its record. */
const patienceMs = 5000;

/** Questions in a row that may go without an answer. */
const mostUnanswered = 5;

/** Arrays a task may be put into within one sitting when its element ends before it began. */
const mostArrays = 3;

/**
 * Follows a run on a site that takes elements one by one. Intent goes to the ledger before each submission; each turn
 * ends with everything known in the ledger, so that a driver may die between any two lines.
 */
export class RunDriver {
  readonly #context: DriveContext;
  readonly #watch: RunWatch;
  /** How often each task was put into an array in this sitting. */
  readonly #arranged = new Map<TaskId, number>();
  /** Unreadable record lines that the ledger has been told of. */
  readonly #noted: Set<string>;
  /** Native ids of other runs' elements that have ended. */
  readonly #gone = new Set<string>();
  #state: RunState;
  #killedMs: number | undefined;
  #unanswered = 0;
  /** Submissions in a row of which nothing was taken. */
  #refused = 0;

  constructor(context: DriveContext, start: RunState, known: Known) {
    this.#context = context;
    this.#watch = new RunWatch(context, known.hashes);
    this.#noted = new Set(known.notes);
    this.#state = start;
  }

  /** Takes in what happened while nobody looked, and begins nothing. */
  async collect(): Promise<void> {
    const { capacity, clock } = this.#context;
    for (const action of decide(this.#state, capacity, clock(), { drain: true })) {
      if (action.do === 'find') await this.#act(action);
    }
    await this.#observe();
  }

  /** Until every task has ended or a person wishes to stop. `start`: what is known by now. */
  async follow(start: RunState): Promise<RunState> {
    this.#state = start;
    const { ledger, sleep, wishes } = this.#context;
    let pause = shortestPause;
    await this.#observe();
    for (;;) {
      if (!wishes.drain) await this.#arrangeHomeless();
      await this.#askAfterOthers();
      const actions = ledger.exclusively(() => this.#decide());
      for (const action of actions) await this.#act(action);
      if (actions.some((action) => action.do === 'finish')) return this.#state;
      if (wishes.kill) await this.#killAll();
      const news = await this.#observe();
      if (wishes.drain && liveElements(this.#state).length === 0) return this.#state;
      pause = news ? shortestPause : Math.min(pause * 1.5, longestPause);
      await sleep(pause);
    }
  }

  /** What to do next. What is to be submitted is intended here, so that two drivers cannot both take the same room. */
  #decide(): readonly Action[] {
    const { run, clock, wishes } = this.#context;
    const actions = decide(this.#state, this.#freeCapacity(), clock(), wishes);
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
    const { ledger, site, run, backend } = this.#context;
    const held = ledger.heldElsewhere(site, run).flatMap(({ native }) => (native === null ? [] : [native]));
    const natives = held.filter((native) => !this.#gone.has(native));
    if (natives.length === 0) return;
    const alive = await backend.alive(natives);
    for (const native of natives) if (alive?.has(native) === false) this.#gone.add(native);
  }

  /** Of what this machine has, what no other run holds. */
  #freeCapacity(): Capacity {
    const { ledger, site, run, capacity } = this.#context;
    const free = { ...capacity };
    for (const { native, resources } of ledger.heldElsewhere(site, run)) {
      if (native !== null && this.#gone.has(native)) continue;
      free.cpus -= resources.cpus;
      free.gpus -= resources.gpus;
      free.memory -= resources.memory;
    }
    return free;
  }

  async #act(action: Action): Promise<void> {
    const { run } = this.#context;
    switch (action.do) {
      case 'submit':
        return this.#submit(action.array, action.indices);
      case 'find':
        return this.#find(action.array, action.indices);
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
        if (element !== undefined) await this.#context.backend.cancel([element.native], action.how);
        return;
      }
      case 'finish':
        return this.#record([{ kind: 'run-finished', run }]);
    }
  }

  /** Each is a process group of its own, so that one can be ended alone. */
  async #submit(array: ArrayId, indices: readonly number[]): Promise<void> {
    const { run, backend } = this.#context;
    const elements: { index: number; native: string }[] = [];
    // What was not answered stays in doubt: its token is searched before anything is submitted again.
    await this.#bear(async () => {
      for (const index of indices) elements.push(...(await backend.submit(this.#submission(array, [index]))));
    });
    if (elements.length > 0) this.#record([{ kind: 'array-submitted', run, array, native: '', elements }]);
    this.#refused = elements.length > 0 ? 0 : this.#refused + 1;
    if (this.#refused <= mostUnanswered) return;
    throw new EspalierError('not-submitted', `nothing of \`${array}\` was taken in ${this.#refused} tries`, {
      fault: 'site',
      hint: 'the notes in the ledger say why; `espalier resume` tries again',
    });
  }

  /** Intent was written and no answer: look for them; those that are nowhere may be submitted again. */
  async #find(array: ArrayId, indices: readonly number[]): Promise<void> {
    const { run, backend } = this.#context;
    const elements = await this.#bear(() => backend.find(this.#submission(array, indices)));
    if (elements === undefined) return;
    const found = new Set(elements.map(({ index }) => index));
    if (elements.length > 0) this.#record([{ kind: 'array-submitted', run, array, native: '', elements }]);
    const nowhere = indices.filter((index) => !found.has(index));
    if (nowhere.length === 0) return;
    const reason = 'no process carries its token: it was not begun, or has ended';
    this.#record([{ kind: 'submission-failed', run, array, indices: nowhere, reason }]);
    await this.#observe();
  }

  #submission(array: ArrayId, indices: readonly number[]): Submission {
    const { folder } = this.#context;
    return { token: array, script: jobScriptPath(folder, array), runFolder: folder, indices };
  }

  /**
   * A question that failed says nothing, and is asked again; only when nothing is answered many times in a row is the site
   * taken to be out of reach. Ctrl-C can reach a question in the instant before it has a session of its own.
   */
  async #bear<T>(question: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await question();
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      this.#unanswered++;
      if (!(error instanceof EspalierError) || error.fault !== 'site' || this.#unanswered > mostUnanswered)
        throw error;
      this.#record([{ kind: 'noted', run: this.#context.run, about: 'site', note: error.message }]);
      return undefined;
    }
  }

  /** Takes in one look; true when it brought news. */
  async #observe(): Promise<boolean> {
    const { run } = this.#context;
    const look = await this.#bear(() => this.#watch.look(this.#state));
    if (look === undefined) return false;
    const { events, ended, unreadable, stale } = look;
    const notes = unreadable.filter((note) => !this.#noted.has(note));
    for (const note of notes) this.#noted.add(note);
    await this.#remove(stale);
    const why = 'an input was made again and came out different';
    const tasks = stale.map(({ id }) => id);
    // In one append: no moment in which a renewed result stands beside what was made from the old one.
    this.#record([
      ...notes.map((note): LedgerEvent => ({ kind: 'noted', run, about: 'record', note })),
      ...events,
      ...(tasks.length > 0 ? [{ kind: 'tasks-reset', run, tasks, why } as const] : []),
    ]);
    this.#state = markEnded(this.#state, ended);
    return events.length > 0;
  }

  /** What was made from a result that has come out different since is out of date. */
  async #remove(tasks: readonly Task[]): Promise<void> {
    const { folder, backend } = this.#context;
    const paths = tasks.flatMap((task) => task.outputs.map((output) => resultPath(folder, task, output)));
    await removeFiles(backend.transport, paths);
  }

  /** Waiting tasks that no element will run (a first start, an element that died before them) get new arrays. */
  async #arrangeHomeless(): Promise<void> {
    const { run, plan, arrange } = this.#context;
    const homeless = homelessTasks(this.#state);
    if (homeless.size === 0) return;
    const isTired = (task: Task): boolean => (this.#arranged.get(task.id) ?? 0) >= mostArrays;
    const tasks = plan.tasks.filter((task) => homeless.has(task.id));
    this.#giveUp(tasks.filter(isTired));
    for (const { id, resources, elements } of await arrange(
      tasks.filter((task) => !isTired(task)),
      this.#state,
    )) {
      const lists = elements.map((element) => element.tasks);
      for (const { task } of lists.flat()) this.#arranged.set(task, (this.#arranged.get(task) ?? 0) + 1);
      this.#record([{ kind: 'array-packed', run, array: id, resources, elements: lists }]);
    }
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
    const { backend, clock } = this.#context;
    const live = liveElements(this.#state);
    for (const { array, element } of live) this.#watch.expectEnd(array.id, element.index, 'cancelled');
    const first = this.#killedMs === undefined;
    this.#killedMs ??= clock();
    const natives = live.map(({ element }) => element.native);
    if (first) await backend.cancel(natives, 'end');
    else if (clock() - this.#killedMs > patienceMs) await backend.cancel(natives, 'kill');
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
