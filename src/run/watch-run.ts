import type { Backend, Stuck } from '../backends/index.ts';
import { contentKey } from '../compiler/index.ts';
import { isGood, type LedgerEvent, type Plan, type RunId, type Task, type TaskId } from '../model/index.ts';
import {
  adjustTask,
  applyEvents,
  cameAfter,
  completable,
  elementKey,
  type Judgement,
  judge,
  liveElements,
  type RunState,
} from '../scheduler/index.ts';
import { logPath, resultPath } from '../templates/index.ts';
import type { Ask } from './ask-together.ts';
import { Presence, type There } from './presence.ts';
import { RecordReader } from './record-reader.ts';

export interface WatchContext {
  readonly run: RunId;
  readonly plan: Plan;
  readonly folder: string;
  readonly backend: Backend;
  readonly ask: Ask;
  readonly clock: () => number;
  /** Seconds that a record may take to become visible after its element has ended. */
  readonly fileDelay: number;
}

/** Characters at the end of a log that are looked at. */
const mostLog = 20_000;

/** A result that is out of date. */
export interface Stale {
  readonly task: Task;
  readonly why: string;
}

/** What one look gave. */
export interface Look extends Judgement {
  /** Record lines that do not count, and why. */
  readonly unreadable: readonly string[];
  /** Good tasks made from a result that has come out different since, or without one that is there now; with the reason. */
  readonly stale: readonly Stale[];
  /** What the batch system has that will not begin as it stands, by native id; undefined: it was not answered. */
  readonly stuck: ReadonlyMap<string, Stuck> | undefined;
  /** The same in words, and rows that were not understood; each said once. */
  readonly notes: readonly string[];
  /** Elements (`array/index`) that are over by their absence alone: no word of an end, no record of one. */
  readonly vanished: ReadonlySet<string>;
}

/** Looks at a run: the listing first, then the records, so that who is gone has said all it will say. */
export class RunWatch {
  readonly #context: WatchContext;
  readonly #tasks: ReadonlyMap<TaskId, Task>;
  readonly #reader: RecordReader;
  readonly #told = new Map<string, 'cancelled' | 'time' | 'stuck'>();
  /** Why elements were given up that could never begin. */
  readonly #givenUp = new Map<string, string>();
  readonly #hashes: Map<string, string>;
  readonly #presence: Presence;
  #looked = false;
  /** When the latest answer was asked for, and when something was last told to end. */
  #askedMs = 0;
  #toldMs = 0;

  /** `known`: content hashes of outputs (`task/role`) from before this sitting, so that a change is noticed. */
  constructor(context: WatchContext, known: ReadonlyMap<string, string>) {
    this.#context = context;
    this.#tasks = new Map(context.plan.tasks.map((task) => [task.id, task]));
    this.#reader = new RecordReader(context.backend, context.folder);
    this.#presence = new Presence(context.backend, context.fileDelay);
    this.#hashes = new Map(known);
  }

  /** An element is about to be told to end; its end is judged by that. */
  expectEnd(array: string, index: number, why: 'cancelled' | 'time'): void {
    this.#told.set(elementKey(array, index), why);
    this.#toldMs = this.#context.clock();
  }

  /** An element is about to be ended because it could never begin. */
  expectGivenUp(array: string, index: number, why: string): void {
    this.#told.set(elementKey(array, index), 'stuck');
    this.#toldMs = this.#context.clock();
    this.#givenUp.set(elementKey(array, index), why);
  }

  async look(state: RunState): Promise<Look> {
    const { backend, clock, ask } = this.#context;
    const natives = [
      ...liveElements(state).map(({ element }) => element.native),
      ...this.#recordedNatives(state),
    ];
    const question = { natives, tokens: liveTokens(state), ageSeconds: ageOf(state, clock()) };
    const seenNow = await ask(question, Math.max(this.#askedMs, this.#toldMs, lastSent(state)));
    const { unreadable, changed } = await this.#reader.look();
    this.#askedMs = seenNow?.askedMs ?? this.#askedMs;
    const there = seenNow && (await this.#presence.take(seenNow.listing, question, seenNow.answeredMs));
    const { recordedNative } = backend.batch;
    const seen = {
      records: this.#reader.lines,
      alive: there?.alive,
      asked: new Set(natives),
      recordedNative,
      nodes: there?.nodes ?? new Map<string, string>(),
      ...(backend.batch.takes === 'arrays' && { ended: there?.ended ?? new Map() }),
      logs: await this.#readLogs(state, there?.ended),
    };
    const judgement = judge(this.#focus(state, changed), seen, this.#judgeOptions(state));
    return {
      ...judgement,
      unreadable,
      stale: this.#staleAfter(judgement.events, state),
      stuck: there?.stuck,
      notes: there?.notes ?? [],
      vanished: this.#vanished(judgement, state, there?.ended),
    };
  }

  /** Only elements of which something new may be said; all of them at the first look. */
  #focus(state: RunState, changed: ReadonlySet<string>): RunState {
    if (!this.#looked) {
      this.#looked = true;
      return state;
    }
    const arrays = [...state.arrays].map(([id, array]) => {
      const elements = array.elements.filter(
        ({ index, status }) => status === 'sent' || changed.has(elementKey(id, index)),
      );
      return [id, { ...array, elements }] as const;
    });
    return { tasks: state.tasks, arrays: new Map(arrays) };
  }

  #vanished({ ended }: Judgement, state: RunState, ends: There['ended'] | undefined): ReadonlySet<string> {
    const silent = ended.filter(({ array, index }) => {
      const native = state.arrays.get(array)?.elements[index]?.native ?? '';
      const lines = this.#reader.lines.get(elementKey(array, index)) ?? [];
      return ends?.has(native) !== true && lines.at(-1)?.fact !== 'element-ended';
    });
    return new Set(silent.map(({ array, index }) => elementKey(array, index)));
  }

  /** As the records of live elements name their processes: a person may have run one by hand. */
  #recordedNatives(state: RunState): readonly string[] {
    return liveElements(state).flatMap(({ array, element }) => {
      const lines = this.#reader.lines.get(elementKey(array.id, element.index)) ?? [];
      const start = lines.findLast((line) => line.fact === 'element-started');
      const native = start && this.#context.backend.batch.recordedNative(start);
      return native === undefined ? [] : [native];
    });
  }

  /**
   * Of elements that the batch system calls failed: a wrapper that could do its work ends well, so it was killed, and where
   * no group of the kernel confines memory only the log tells why.
   */
  async #readLogs(
    state: RunState,
    ended: ReadonlyMap<string, { readonly how: string }> | undefined,
  ): Promise<ReadonlyMap<string, string>> {
    const logs = new Map<string, string>();
    for (const { array, element } of liveElements(state)) {
      if (ended?.get(element.native)?.how !== 'failed') continue;
      const path = `${this.#context.folder}/${logPath(array.id, element.index, 'err')}`;
      const bytes = await this.#context.backend.transport.read(path);
      const text = Buffer.from(bytes ?? []).toString('utf8');
      logs.set(elementKey(array.id, element.index), text.slice(-mostLog));
    }
    return logs;
  }

  #judgeOptions(state: RunState) {
    const { run, folder } = this.#context;
    return {
      run,
      task: (id: TaskId) => {
        const planned = this.#tasks.get(id);
        return planned && adjustTask(planned, state.tasks.get(id) ?? {});
      },
      outputPath: (task: Task, role: string) => {
        const output = task.outputs.find((each) => each.role === role);
        return output === undefined ? undefined : resultPath(folder, task, output);
      },
      contentKey,
      producedHash: (task: TaskId, output: string) => this.#hashes.get(`${task}/${output}`),
      told: this.#told,
      stuck: this.#givenUp,
    };
  }

  #staleAfter(events: readonly LedgerEvent[], before: RunState): readonly Stale[] {
    const renewed = new Set(events.flatMap((event) => this.#learn(event)));
    const changed = [...this.#tasks.values()].filter((task) => {
      const good = renewed.size > 0 && isGood(before.tasks.get(task.id)?.state ?? 'waiting');
      return good && task.inputs.some(({ from }) => from.kind === 'task' && renewed.has(from.task));
    });
    const why = new Map(changed.map(({ id }) => [id, 'an input was made again and came out different']));
    for (const id of this.#completable(events, before)) why.set(id, cameAfter);
    return [...why].flatMap(([id, because]) => {
      const task = this.#tasks.get(id);
      return task === undefined ? [] : [{ task, why: because }];
    });
  }

  /** Only where something has succeeded: what was so before is for a person to have made again. */
  #completable(events: readonly LedgerEvent[], before: RunState): readonly TaskId[] {
    const isNews = events.some(({ kind }) => kind === 'task-succeeded' || kind === 'task-cached');
    if (!isNews || ![...before.tasks.values()].some(({ without = [] }) => without.length > 0)) return [];
    return completable(
      applyEvents(
        before,
        events.map((event) => ({ event, atMs: 0 })),
      ),
    );
  }

  /** Remembers what a task made; gives the task if it had made something else before. */
  #learn(event: LedgerEvent): readonly TaskId[] {
    if (event.kind !== 'task-succeeded' && event.kind !== 'task-cached') return [];
    const outputs = event.kind === 'task-cached' ? event.outputs : event.evidence.outputs;
    const renewed = outputs.filter(({ role, sha256 }) => {
      const before = this.#hashes.get(`${event.task}/${role}`);
      this.#hashes.set(`${event.task}/${role}`, sha256);
      return before !== undefined && before !== sha256;
    });
    return renewed.length > 0 ? [event.task] : [];
  }
}

function liveTokens(state: RunState): readonly string[] {
  return [...new Set(liveElements(state).map(({ array }) => array.id))];
}

/** When the latest live element was handed over. */
function lastSent(state: RunState): number {
  return liveElements(state).reduce((latest, { element }) => Math.max(latest, element.sentMs), 0);
}

/** Seconds since the earliest live element was handed over. */
function ageOf(state: RunState, nowMs: number): number {
  const sent = liveElements(state).map(({ element }) => element.sentMs);
  const earliest = sent.reduce((a, b) => Math.min(a, b), nowMs);
  return Math.ceil((nowMs - earliest) / 1000);
}
