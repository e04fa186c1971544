import type { Evidence, FailureWord, LedgerEvent, SchedulerWord, Task, TaskId } from '../model/index.ts';
import { failureClassOf } from '../model/index.ts';
import { classify, type KnownOfAttempt } from './classify.ts';
import { contradiction } from './contradiction.ts';
import { describeVerdict } from './describe-verdict.ts';
import { elementKey, type JudgeOptions, type Observation, type SeenEnd } from './observation.ts';
import type { ElementStatus } from './run-state.ts';

/** An element as it was seen at one look. */
export interface SeenElement {
  readonly key: string;
  readonly over: boolean;
  readonly end?: SeenEnd;
  readonly batch?: SchedulerWord;
  readonly awaitsCause: boolean;
  readonly log?: string;
}

export function seeElement(
  array: string,
  element: ElementStatus,
  over: boolean,
  seen: Observation,
): SeenElement {
  const key = elementKey(array, element.index);
  const end = seen.ended?.get(element.native);
  const gone = seen.alive !== undefined && !seen.alive.has(element.native);
  const node = end?.node ?? seen.nodes?.get(element.native);
  const log = seen.logs?.get(key);
  return {
    key,
    over,
    ...(end && { end }),
    ...((end !== undefined || node !== undefined) && {
      batch: { ...(end && { row: end.raw }), ...(node !== undefined && { node }) },
    }),
    awaitsCause: seen.ended !== undefined && !gone,
    ...(log !== undefined && { log }),
  };
}

/** The fact that follows from what is known of an attempt; `open` and `unbegun` are none. */
export function judgeAttempt(
  task: Task,
  attempt: number,
  facts: Evidence,
  seen: SeenElement,
  isAlone: boolean,
  options: JudgeOptions,
): LedgerEvent | 'open' | 'unbegun' {
  const { ended } = facts;
  const claims = ended?.outcome === 'ok' || ended?.outcome === 'reused';
  const doubt = claims ? contradiction(task, facts, options) : undefined;
  const told = options.told.get(seen.key);
  const known: KnownOfAttempt = {
    began: facts.started !== undefined,
    over: seen.over,
    awaitsCause: seen.awaitsCause,
    isDoubted: doubt !== undefined,
    isAlone,
    memory: task.resources.memory,
    ...(ended && { ended }),
    ...(seen.end && { end: seen.end }),
    ...(told && { told }),
    ...(seen.log !== undefined && { log: seen.log }),
  };
  const verdict = classify(known);
  if (verdict === 'open' || verdict === 'unbegun') return verdict;
  const base = { run: options.run, task: task.id, attempt, ...(seen.batch && { batch: seen.batch }) };
  if (verdict === 'ok')
    return ended?.outcome === 'reused'
      ? cachedOnNode(task, facts, options)
      : { kind: 'task-succeeded', ...base, evidence: facts };
  const evidence = known.began ? facts : undefined;
  const stuck = options.stuck?.get(seen.key);
  const message = doubt ?? (verdict === 'stuck' ? stuck : undefined);
  return {
    kind: kindOf(verdict),
    ...base,
    why: verdict,
    message: message ?? describeVerdict(verdict, task, evidence, seen.end),
    ...(evidence && { evidence }),
  };
}

/** What could run as it stands, on another try, is lost; what a person ended is cancelled. */
function kindOf(why: FailureWord): 'task-failed' | 'task-skipped' | 'task-cancelled' | 'task-lost' {
  switch (failureClassOf(why)) {
    case 'cancelled-by-me':
    case 'cancelled-by-other':
      return 'task-cancelled';
    case 'node':
    case 'preempted':
    case 'lost':
      return 'task-lost';
    case 'upstream':
      return 'task-skipped';
    default:
      return 'task-failed';
  }
}

function cachedOnNode(task: Task, facts: Evidence, options: JudgeOptions): LedgerEvent {
  const [run, from, attempt] = facts.ended?.reused.split('/') ?? [];
  return {
    kind: 'task-cached',
    run: options.run,
    task: task.id,
    from: { run: run ?? '', task: from ?? '', attempt: Number(attempt ?? 0) },
    contentKey: facts.ended?.key ?? '',
    inputs: facts.inputs.map(({ role, n, sha256, path, size }) => ({ role, n, sha256, path, size })),
    outputs: facts.outputs.map(({ role, path, sha256, size, mtime, inode }) => ({
      role,
      path,
      sha256,
      size,
      mtime,
      inode,
    })),
    found: 'node',
  };
}

/** Of the tasks of an element, the only one that can have run out of memory; undefined where several can or none needs to. */
export function onlySuspect(
  tasks: readonly { readonly task: TaskId; readonly facts: Evidence }[],
): TaskId | undefined {
  const begun = tasks.filter(({ facts }) => facts.started !== undefined);
  const [only, other] = begun;
  return other === undefined ? only?.task : undefined;
}
