/**
 * The one table of task states. Transitions, SQL guards, colours and counts are all made from it.
 * A state's `next` lists what may follow; an observation that asks for anything else is late or repeated and is
 * a no-op.
 */
export type TaskState =
  | 'waiting'
  | 'submitting'
  | 'queued'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'skipped'
  | 'cached'
  | 'lost';

export interface StateRow {
  readonly next: readonly TaskState[];
  /** No further observation of the same attempt changes it. */
  readonly terminal: boolean;
  /** Its outputs may be used. */
  readonly good: boolean;
  readonly colour: 'grey' | 'blue' | 'cyan' | 'green' | 'red' | 'yellow';
  readonly means: string;
}

const ends = ['succeeded', 'failed', 'cancelled', 'skipped', 'cached', 'lost'] as const;

export const taskStates: Readonly<Record<TaskState, StateRow>> = {
  waiting: {
    next: ['submitting', 'queued', 'running', ...ends],
    terminal: false,
    good: false,
    colour: 'grey',
    means: 'not yet handed to the batch system',
  },
  submitting: {
    next: ['queued', 'running', 'waiting', ...ends],
    terminal: false,
    good: false,
    colour: 'blue',
    means: 'handed over, no answer recorded yet',
  },
  queued: {
    next: ['running', 'waiting', ...ends],
    terminal: false,
    good: false,
    colour: 'blue',
    means: 'the batch system has it',
  },
  running: {
    next: ['waiting', ...ends],
    terminal: false,
    good: false,
    colour: 'cyan',
    means: 'its command has begun',
  },
  succeeded: {
    next: ['waiting'],
    terminal: true,
    good: true,
    colour: 'green',
    means: 'exit 0, and every declared output is there and hashed',
  },
  // A task's own record outranks what befell it before: one run again by hand counts.
  failed: {
    next: ['waiting', 'succeeded', 'cached'],
    terminal: true,
    good: false,
    colour: 'red',
    means: 'it ended, and not well',
  },
  cancelled: {
    next: ['waiting', 'succeeded', 'cached'],
    terminal: true,
    good: false,
    colour: 'yellow',
    means: 'ended by a person',
  },
  skipped: {
    next: ['waiting', 'succeeded', 'cached'],
    terminal: true,
    good: false,
    colour: 'yellow',
    means: 'an input of it failed',
  },
  cached: {
    next: ['waiting'],
    terminal: true,
    good: true,
    colour: 'green',
    means: 'an earlier attempt serves: same key, outputs still there',
  },
  lost: {
    next: ['waiting', 'succeeded', 'cached', 'failed'],
    terminal: true,
    good: false,
    colour: 'red',
    means: 'no evidence is left of how it ended',
  },
};

export const taskStateNames = Object.keys(taskStates) as readonly TaskState[];

export function isTerminal(state: TaskState): boolean {
  return taskStates[state].terminal;
}

export function isGood(state: TaskState): boolean {
  return taskStates[state].good;
}

export function mayFollow(from: TaskState, to: TaskState): boolean {
  return taskStates[from].next.includes(to);
}

export type StateCounts = Readonly<Partial<Record<TaskState, number>>>;

/** The state of a run or a step is derived from counts, never stored. */
export type DerivedState = 'empty' | 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export function deriveState(counts: StateCounts): DerivedState {
  const count = (wanted: (state: TaskState) => boolean): number =>
    taskStateNames.filter(wanted).reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const all = count(() => true);
  if (all === 0) return 'empty';
  if (count(isTerminal) < all) return count((s) => s === 'waiting') === all ? 'waiting' : 'running';
  if (count(isGood) === all) return 'succeeded';
  // What a person ended, and what could not begin because of that, is no failure.
  const wrong = count((s) => s === 'failed' || s === 'lost');
  return wrong === 0 && (counts.cancelled ?? 0) > 0 ? 'cancelled' : 'failed';
}
