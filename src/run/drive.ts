import { type Backend, removeFiles, type Submission } from '../backends/index.ts';
import { contentKey } from '../compiler/index.ts';
import type { ArrayId, JobArray, LedgerEvent, Plan, RunId, Task, TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import {
  type Action,
  applyEvents,
  type Capacity,
  decide,
  elementKey,
  type Judgement,
  judge,
  markEnded,
  type RunState,
} from '../scheduler/index.ts';
import { jobScriptPath, resultPath } from '../templates/index.ts';
import { RecordReader } from './record-reader.ts';

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

/** Milliseconds between looks: short while things change, longer while they do not. */
const shortestPause = 50;
const longestPause = 1000;

/** Arrays a task may be put into within one sitting when its element ends before it began. */
const mostArrays = 3;

/**
 * Follows a run on a site that takes elements one by one, until every task has ended or a person wishes to stop. Intent
 * goes to the ledger before each submission; each turn ends with everything known in the ledger, so that a driver may die
 * between any two lines.
 */
export async function drive(
  context: DriveContext,
  start: RunState,
  known: ReadonlyMap<string, string>,
): Promise<RunState> {
  return new Driver(context, start, known).follow();
}

/** Takes in what happened while nobody looked, and begins nothing. */
export async function catchUp(
  context: DriveContext,
  start: RunState,
  known: ReadonlyMap<string, string>,
): Promise<RunState> {
  return new Driver(context, start, known).collect();
}

class Driver {
  readonly #context: DriveContext;
  readonly #tasks: ReadonlyMap<TaskId, Task>;
  readonly #reader: RecordReader;
  readonly #told = new Map<string, 'cancelled' | 'time'>();
  readonly #hashes = new Map<string, string>();
  readonly #arranged = new Map<TaskId, number>();
  #state: RunState;
  #killed = 0;

  /** `known`: content hashes of outputs (`task/role`) from before this sitting, so that a change is noticed. */
  constructor(context: DriveContext, state: RunState, known: ReadonlyMap<string, string>) {
    this.#context = context;
    this.#state = state;
    for (const [key, sha256] of known) this.#hashes.set(key, sha256);
    this.#tasks = new Map(context.plan.tasks.map((task) => [task.id, task]));
    this.#reader = new RecordReader(context.backend, context.folder);
  }

  async collect(): Promise<RunState> {
    for (const action of decide(this.#state, this.#context.capacity, this.#context.clock(), {
      drain: true,
    })) {
      if (action.do === 'find') await this.#act(action);
    }
    await this.#observe();
    return this.#state;
  }

  async follow(): Promise<RunState> {
    let pause = shortestPause;
    await this.#observe();
    for (;;) {
      await this.#arrangeWaiting();
      const actions = decide(
        this.#state,
        this.#context.capacity,
        this.#context.clock(),
        this.#context.wishes,
      );
      for (const action of actions) await this.#act(action);
      if (actions.some((action) => action.do === 'finish')) return this.#state;
      if (this.#context.wishes.kill) await this.#killAll();
      const news = await this.#observe();
      if (this.#context.wishes.drain && this.#liveNatives().length === 0) return this.#state;
      pause = news || actions.length > 0 ? shortestPause : Math.min(pause * 1.5, longestPause);
      await this.#context.sleep(pause);
    }
  }

  async #act(action: Action): Promise<void> {
    switch (action.do) {
      case 'submit':
        for (const index of action.indices) await this.#submit(action.array, index);
        return;
      case 'find':
        return this.#find(action.array, action.indices);
      case 'skip': {
        const message = `skipped: it needs \`${action.because}\`, which did not succeed`;
        const attempt = this.#state.tasks.get(action.task)?.attempt ?? 0;
        const task = { run: this.#context.run, task: action.task, attempt };
        return this.#record([{ kind: 'task-skipped', ...task, why: 'upstream', message }]);
      }
      case 'kill': {
        const element = this.#state.arrays.get(action.array)?.elements[action.index];
        this.#told.set(elementKey(action.array, action.index), 'time');
        if (element !== undefined) await this.#context.backend.cancel([element.native], action.how);
        return;
      }
      case 'finish':
        return this.#record([{ kind: 'run-finished', run: this.#context.run }]);
    }
  }

  async #submit(array: ArrayId, index: number): Promise<void> {
    const { run, backend } = this.#context;
    this.#record([{ kind: 'elements-submitting', run, array, indices: [index] }]);
    try {
      const elements = await backend.submit(this.#submission(array, [index]));
      this.#record([{ kind: 'array-submitted', run, array, native: '', elements }]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#record([{ kind: 'submission-failed', run, array, indices: [index], reason }]);
      throw error;
    }
  }

  /** Intent was written and no answer: look for them; those that are nowhere may be submitted again. */
  async #find(array: ArrayId, indices: readonly number[]): Promise<void> {
    const { run, backend } = this.#context;
    const elements = await backend.find(this.#submission(array, indices));
    const found = new Set(elements.map(({ index }) => index));
    if (elements.length > 0) this.#record([{ kind: 'array-submitted', run, array, native: '', elements }]);
    const nowhere = indices.filter((index) => !found.has(index));
    if (nowhere.length > 0) {
      const reason = 'no process carries its token: it was not begun, or has ended';
      this.#record([{ kind: 'submission-failed', run, array, indices: nowhere, reason }]);
      await this.#observe();
    }
  }

  #submission(array: ArrayId, indices: readonly number[]): Submission {
    const { folder } = this.#context;
    return { token: array, script: jobScriptPath(folder, array), runFolder: folder, indices };
  }

  /** One look at listing and records, in that order, so that who is gone has said all it will say. */
  async #observe(): Promise<boolean> {
    const { backend, ledger, run } = this.#context;
    const alive = await backend.alive([...this.#liveNatives(), ...this.#recordedNatives()]);
    const { unreadable } = await this.#reader.look();
    for (const note of unreadable) ledger.append([{ kind: 'noted', run, about: 'record', note }]);
    const judgement = judge(this.#state, this.#seen(alive), this.#judgeOptions());
    this.#record(judgement.events);
    this.#state = markEnded(this.#state, judgement.ended);
    await this.#renewDependents(judgement);
    return judgement.events.length > 0;
  }

  #seen(alive: ReadonlySet<string> | undefined) {
    const { batch } = this.#context.backend;
    return { records: this.#reader.lines, alive, recordedNative: batch.recordedNative };
  }

  #judgeOptions() {
    const { run, folder } = this.#context;
    return {
      run,
      task: (id: TaskId) => this.#tasks.get(id),
      outputPath: (task: Task, role: string) => {
        const output = task.outputs.find((each) => each.role === role);
        return output === undefined ? undefined : resultPath(folder, task, output);
      },
      contentKey,
      producedHash: (task: TaskId, output: string) => this.#hashes.get(`${task}/${output}`),
      told: this.#told,
    };
  }

  /** A result that was made again and came out different: what was made from the old one is out of date. */
  async #renewDependents(judgement: Judgement): Promise<void> {
    const { run, folder, backend } = this.#context;
    const renewed = new Set<TaskId>();
    for (const event of judgement.events) {
      for (const [output, sha256] of outputHashes(event)) {
        const key = `${event.kind === 'task-succeeded' || event.kind === 'task-cached' ? event.task : ''}/${output}`;
        const before = this.#hashes.get(key);
        this.#hashes.set(key, sha256);
        if (before !== undefined && before !== sha256 && 'task' in event) renewed.add(event.task);
      }
    }
    const stale = [...this.#tasks.values()].filter(
      (task) =>
        (this.#state.tasks.get(task.id)?.state === 'succeeded' ||
          this.#state.tasks.get(task.id)?.state === 'cached') &&
        task.inputs.some(({ from }) => from.kind === 'task' && renewed.has(from.task)),
    );
    if (stale.length === 0) return;
    await removeFiles(
      backend.transport,
      stale.flatMap((task) => task.outputs.map((output) => resultPath(folder, task, output))),
    );
    const why = 'an input was made again and came out different';
    this.#record([{ kind: 'tasks-reset', run, tasks: stale.map((task) => task.id), why }]);
  }

  /** Waiting tasks that no element will run (a first start, an element that died before them) get new arrays. */
  async #arrangeWaiting(): Promise<void> {
    if (this.#context.wishes.drain) return;
    const free = this.#homeless();
    if (free.length === 0) return;
    const tired = free.filter((task) => (this.#arranged.get(task.id) ?? 0) >= mostArrays);
    this.#giveUp(tired);
    for (const array of await this.#context.arrange(
      free.filter((task) => !tired.includes(task)),
      this.#state,
    )) {
      for (const { tasks } of array.elements) for (const { task } of tasks) this.#count(task);
      const elements = array.elements.map(({ tasks }) => tasks);
      this.#record([
        {
          kind: 'array-submitting',
          run: this.#context.run,
          array: array.id,
          resources: array.resources,
          elements,
        },
      ]);
    }
  }

  #count(task: TaskId): void {
    this.#arranged.set(task, (this.#arranged.get(task) ?? 0) + 1);
  }

  /** Waiting, and in no element that is yet to begin it. */
  #homeless(): readonly Task[] {
    const placed = new Set<TaskId>();
    for (const array of this.#state.arrays.values()) {
      for (const element of array.elements) {
        if (element.status === 'ended') continue;
        for (const { task, attempt } of element.tasks) {
          if ((this.#state.tasks.get(task)?.settled ?? 0) < attempt) placed.add(task);
        }
      }
    }
    return this.#context.plan.tasks.filter(
      (task) => this.#state.tasks.get(task.id)?.state === 'waiting' && !placed.has(task.id),
    );
  }

  #giveUp(tasks: readonly Task[]): void {
    const message = `its element ended ${mostArrays} times before it began; the logs of the array may say why`;
    const attempt = (id: TaskId): number => this.#state.tasks.get(id)?.attempt ?? 0;
    this.#record(
      tasks.map((task) => ({
        kind: 'task-lost',
        run: this.#context.run,
        task: task.id,
        attempt: attempt(task.id),
        why: 'not-begun',
        message,
      })),
    );
  }

  #liveNatives(): readonly string[] {
    return [...this.#state.arrays.values()].flatMap((array) =>
      array.elements.filter((element) => element.status === 'sent').map((element) => element.native),
    );
  }

  /** Of elements handed over, as their own records name them: a person may have run one by hand. */
  #recordedNatives(): readonly string[] {
    return [...this.#state.arrays.values()].flatMap((array) =>
      array.elements.flatMap((element) => {
        if (element.status !== 'sent') return [];
        const lines = this.#reader.lines.get(elementKey(array.id, element.index)) ?? [];
        const start = lines.findLast((line) => line.fact === 'element-started');
        const native = start && this.#context.backend.batch.recordedNative(start);
        return native === undefined ? [] : [native];
      }),
    );
  }

  /** First asks them to end, so that they write their records; then ends them. */
  async #killAll(): Promise<void> {
    for (const array of this.#state.arrays.values()) {
      for (const { index, status } of array.elements) {
        if (status === 'sent') this.#told.set(elementKey(array.id, index), 'cancelled');
      }
    }
    const polite = this.#killed === 0;
    if (polite) this.#killed = this.#context.clock();
    const patient = this.#context.clock() - this.#killed < 5000;
    if (polite || !patient) await this.#context.backend.cancel(this.#liveNatives(), polite ? 'end' : 'kill');
  }

  #record(events: readonly LedgerEvent[]): void {
    if (events.length === 0) return;
    const atMs = this.#context.clock();
    this.#context.ledger.append(events);
    this.#state = applyEvents(
      this.#state,
      events.map((event) => ({ event, atMs })),
    );
    this.#context.onChange(this.#state, events);
  }
}

function outputHashes(event: LedgerEvent): readonly (readonly [string, string])[] {
  if (event.kind === 'task-succeeded')
    return event.evidence.outputs.map((output) => [output.role, output.sha256] as const);
  if (event.kind === 'task-cached')
    return event.outputs.map((output) => [output.role, output.sha256] as const);
  return [];
}
