import type {
  ArrayAfter,
  ArrayId,
  FailureWord,
  JobArray,
  PackedTask,
  Plan,
  Resources,
  Task,
  TaskEndedBadly,
  TaskId,
  TaskState,
} from '../model/index.ts';

/** What decisions are made from: every task of a run with its state, and what has been handed over. */
export interface RunState {
  readonly tasks: ReadonlyMap<TaskId, TaskStatus>;
  readonly arrays: ReadonlyMap<ArrayId, ArrayStatus>;
  readonly failures?: Failures;
}

/** Failures that may stop something: since a person last had the run go on. What was preempted is none. */
export interface Failures {
  readonly seen: ReadonlySet<TaskId>;
  /** Of one after another, with no success between, those that are not tried again by a rule. */
  readonly streak: ReadonlySet<TaskId>;
}

export const noFailures: Failures = { seen: new Set(), streak: new Set() };

export type BadEnd = Exclude<TaskEndedBadly['kind'], 'task-skipped'>;

export interface TaskStatus {
  readonly id: TaskId;
  readonly step: string;
  readonly state: TaskState;
  /** Attempts begun so far; 0 before the first. */
  readonly attempt: number;
  /** Attempts up to this one are done with: nothing more is taken from their records. */
  readonly settled: number;
  readonly needs: readonly TaskId[];
  /** How its attempts ended badly, since a person last had it tried again; with the node, where it is known. */
  readonly ends?: readonly { readonly why: FailureWord; readonly node?: string }[];
  /** How the latest attempt that ended badly did so; nothing forgets it. */
  readonly last?: { readonly attempt: number; readonly how: BadEnd; readonly why: FailureWord };
  /** Asked for by now, over what the plan says. */
  readonly ask?: Partial<Resources>;
  /** A person wants it made again: no earlier result serves. */
  readonly anew?: true;
  /** Tasks whose outputs it does without. */
  readonly without?: readonly TaskId[];
}

export interface ArrayStatus {
  readonly id: ArrayId;
  readonly resources: Resources;
  readonly elements: readonly ElementStatus[];
  readonly after: readonly ArrayAfter[];
  /** The whole array's id, where the batch system gives one; empty before. */
  readonly native: string;
}

export interface ElementStatus {
  readonly index: number;
  readonly tasks: readonly PackedTask[];
  /** `unsent` until its submission has been answered; `doubtful`: intent written, answer unknown. */
  readonly status: 'unsent' | 'doubtful' | 'sent' | 'ended';
  /** The batch system's id; empty before. */
  readonly native: string;
  /** Milliseconds UTC when it was handed over; 0 before. */
  readonly sentMs: number;
  /** It will not begin as it stands: for how long (ms UTC) that has been seen. */
  readonly stuck?: StuckSince;
}

export interface StuckSince {
  readonly until: 'never' | 'held';
  readonly why: string;
  readonly sinceMs: number;
}

/** A fresh run: every task waits. */
export function initialState(plan: Plan): RunState {
  return {
    tasks: new Map(
      plan.tasks.map((task) => [
        task.id,
        { id: task.id, step: task.step, state: 'waiting', attempt: 0, settled: 0, needs: needsOf(task) },
      ]),
    ),
    arrays: new Map(),
    failures: noFailures,
  };
}

/** Whether an attempt may still count: it is not done with, and no later one was handed over. */
export function mayCount(task: TaskStatus | undefined, attempt: number): boolean {
  return task !== undefined && attempt > task.settled && attempt >= task.attempt;
}

/** The highest attempt that was begun or is done with, 0 before the first: the next one has the number after it. */
export function lastAttempt(task: TaskStatus | undefined): number {
  return Math.max(task?.attempt ?? 0, task?.settled ?? 0);
}

/** The tasks whose outputs a task reads, each once. */
export function needsOf(task: Task): readonly TaskId[] {
  if (task.inputs.every(({ from }) => from.kind === 'file')) return none;
  const needs = new Set<TaskId>();
  for (const { from } of task.inputs) if (from.kind === 'task') needs.add(from.task);
  return [...needs];
}

const none: readonly TaskId[] = [];

export function arrayStatus(array: JobArray): ArrayStatus {
  return {
    id: array.id,
    resources: array.resources,
    after: array.after,
    native: '',
    elements: array.elements.map(({ index, tasks }) => ({
      index,
      tasks,
      // A gap in the index map is nothing to be sent.
      status: tasks.length === 0 ? 'ended' : 'unsent',
      native: '',
      sentMs: 0,
    })),
  };
}
