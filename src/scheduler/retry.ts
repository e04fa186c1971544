import {
  type FailureClass,
  failureClasses,
  failureClassOf,
  isGood,
  isTerminal,
  type LedgerEvent,
  type PlannedStep,
  type Resources,
  type RetryRule,
  type RunId,
  type Task,
  type TaskId,
} from '../model/index.ts';
import { adjustTask } from './adjust-task.ts';
import type { RunState, TaskStatus } from './run-state.ts';

export interface RetryOptions {
  readonly run: RunId;
  readonly steps: readonly PlannedStep[];
  /** As planned. */
  readonly task: (id: TaskId) => Task | undefined;
  /** The most of it that the site can ever give to such a request; undefined: no limit is known. */
  readonly most: (what: 'memory' | 'time', wanted: Resources) => number | undefined;
  /** Whether the site can ever give it. */
  readonly fits: (wanted: Resources) => boolean;
}

/**
 * Failed tasks that their step's rules give another try, each with what it asks for then. Network faults are no failures and spend
 * nothing; being preempted spends nothing either, and a node that fails is forgiven three times. One event for tasks alike.
 */
export function decideRetries(state: RunState, options: RetryOptions): readonly LedgerEvent[] {
  const groups = new Map<string, Extract<LedgerEvent, { kind: 'tasks-reset' }>>();
  for (const status of state.tasks.values()) {
    const retry = decideRetry(status, options);
    if (retry === undefined) continue;
    const key = JSON.stringify(retry);
    const tasks = [...(groups.get(key)?.tasks ?? []), status.id];
    groups.set(key, { kind: 'tasks-reset', run: options.run, tasks, ...retry });
  }
  return [...groups.values()];
}

type Retry = Pick<Extract<LedgerEvent, { kind: 'tasks-reset' }>, 'why' | 'retry' | 'ask'>;

function decideRetry(status: TaskStatus, options: RetryOptions): Retry | undefined {
  if (status.state !== 'failed' && status.state !== 'lost') return undefined;
  const { ends = [] } = status;
  const why = ends.at(-1)?.why;
  const planned = options.task(status.id);
  if (why === undefined || planned === undefined) return undefined;
  const failure = failureClassOf(why);
  const rule = ruleFor(failure, options.steps.find(({ name }) => name === status.step)?.retry);
  const number = ends.filter((end) => failureClassOf(end.why) === failure).length;
  if (rule === undefined || number > rule.times) return undefined;
  const now = adjustTask(planned, status).resources;
  const ask = askNext(rule, failure, now, status, options);
  if (ask === undefined) return undefined;
  const of = Number.isFinite(rule.times) ? rule.times : null;
  const counted = of === null ? `${number}` : `${number} of ${of}`;
  return {
    why: `${failure}: tried again (${counted})${describeAsk(ask, now, rule)}`,
    retry: { class: failure, number, of },
    ...(Object.keys(ask).length > 0 && { ask }),
  };
}

/** What the step says, over what holds everywhere. A rule without `times` counts as often as the class does, once at least. */
function ruleFor(
  failure: FailureClass,
  rules: PlannedStep['retry'],
): (RetryRule & { readonly times: number }) | undefined {
  const { retries, retryable } = failureClasses[failure];
  const rule = rules?.[failure];
  if (!retryable) return undefined;
  if (rule !== undefined) return { ...rule, times: rule.times ?? Math.max(retries, 1) };
  return retries === 0 ? undefined : { times: retries };
}

/** Undefined where another try would be no other: at the limit of the site, or nowhere to go. */
function askNext(
  rule: RetryRule,
  failure: FailureClass,
  now: Resources,
  { ends = [] }: TaskStatus,
  { most, fits }: RetryOptions,
): Partial<Resources> | undefined {
  const ask: { -readonly [name in keyof Resources]?: Resources[name] } = {};
  if (rule.partition !== undefined) ask.partition = rule.partition;
  for (const what of ['memory', 'time'] as const) {
    const factor = rule[what];
    if (factor === undefined) continue;
    const limit = most(what, { ...now, ...ask }) ?? Number.POSITIVE_INFINITY;
    const next = Math.min(Math.ceil(now[what] * factor), Math.max(limit, now[what]));
    if (next > now[what]) ask[what] = next;
    else if (what === failure || (what === 'memory' && failure === 'out-of-memory')) return undefined;
  }
  const bad = ends.flatMap(({ node }) => (node === undefined ? [] : [node]));
  if ((rule.node === 'other' || failure === 'node') && bad.length > 0)
    ask.exclude = [...new Set([...(now.exclude ?? []), ...bad])];
  return fits({ ...now, ...ask }) ? ask : undefined;
}

function describeAsk(ask: Partial<Resources>, now: Resources, rule: RetryRule): string {
  const grown = (['memory', 'time'] as const).flatMap((what) => {
    const next = ask[what];
    if (next === undefined) return [];
    const isLess = next < Math.ceil(now[what] * (rule[what] ?? 1));
    return [`${what} ×${factor(next, now[what])}${isLess ? ' (the site gives no more)' : ''}`];
  });
  const parts = [
    ...grown,
    ...(ask.partition === undefined ? [] : [`partition ${ask.partition}`]),
    ...(ask.exclude === undefined ? [] : [`not on ${ask.exclude.join(', ')}`]),
  ];
  return parts.length === 0 ? '' : ` with ${parts.join(', ')}`;
}

function factor(next: number, now: number): string {
  return String(Math.round((next / now) * 100) / 100);
}

/**
 * Tasks that were skipped, though what they need has not failed after all: it is tried again, or was by now. They wait
 * again, and are put behind it. `tired`: those that were put anew too often already.
 */
export function decideRevivals(
  state: RunState,
  run: RunId,
  tired: (task: TaskId) => boolean,
): readonly LedgerEvent[] {
  const revived = new Set<TaskId>();
  // A plan lists tasks after what they need, so that one pass finds them all.
  for (const task of state.tasks.values()) {
    if (task.state !== 'skipped' || tired(task.id)) continue;
    const isHopeless = (need: TaskId): boolean => {
      const before = state.tasks.get(need)?.state ?? 'waiting';
      return !revived.has(need) && !task.without?.includes(need) && isTerminal(before) && !isGood(before);
    };
    if (!task.needs.some(isHopeless)) revived.add(task.id);
  }
  const why = 'what it needs is tried again';
  return revived.size === 0 ? [] : [{ kind: 'tasks-reset', run, tasks: [...revived], why }];
}
