import type { ArrayId, Evidence, LedgerEvent, RecordLine, TaskId, TaskState } from '../model/index.ts';
import { isGood, isTerminal, mayFollow } from '../model/index.ts';
import { indexFacts } from './evidence.ts';
import { judgeAttempt, onlySuspect, seeElement } from './judge-attempt.ts';
import { elementKey, type Judgement, type JudgeOptions, type Observation } from './observation.ts';
import type { ArrayStatus, ElementStatus, RunState, TaskStatus } from './run-state.ts';

/**
 * What an observation means. A task has succeeded only when its record says so with every declared output and a key that
 * its inputs give; absence of an element from a listing ends it only when its record is not going on either.
 */
export function judge(state: RunState, seen: Observation, options: JudgeOptions): Judgement {
  const events: LedgerEvent[] = [];
  const ended: { array: ArrayId; index: number }[] = [];
  const latest = latestEnded(state, seen);
  const news = new Map<TaskId, TaskState>();
  for (const array of state.arrays.values()) {
    for (const element of array.elements) {
      const verdict = judgeElement(array, element, { ...state, latest, news }, seen, options);
      events.push(...verdict.events);
      if (verdict.ended) ended.push({ array: array.id, index: element.index });
    }
  }
  return { events, ended };
}

/** The highest attempt of each task that a record has an end of: where a run is taken in, several are seen at one look. */
function latestEnded({ arrays }: RunState, { records }: Observation): ReadonlyMap<TaskId, number> {
  const latest = new Map<TaskId, number>();
  for (const array of arrays.values())
    for (const { index, tasks } of array.elements) {
      const lines = records.get(elementKey(array.id, index));
      if (lines === undefined) continue;
      const own = new Map(tasks.map(({ task, attempt }) => [task, attempt]));
      for (const line of lines)
        if (line.fact === 'task-ended' && own.get(line.task) === line.attempt)
          latest.set(line.task, Math.max(line.attempt, latest.get(line.task) ?? 0));
    }
  return latest;
}

interface LookState extends RunState {
  readonly latest: ReadonlyMap<TaskId, number>;
  /** What this look has told so far: arrays stand after those that they need. */
  readonly news: Map<TaskId, TaskState>;
}

function judgeElement(
  array: ArrayStatus,
  element: ElementStatus,
  state: LookState,
  seen: Observation,
  options: JudgeOptions,
): { readonly events: readonly LedgerEvent[]; readonly ended: boolean } {
  const lines = seen.records.get(elementKey(array.id, element.index)) ?? [];
  const over = element.status === 'sent' && isOver(element, lines, seen);
  if (lines.length === 0 && !over) return { events: [], ended: false };
  const factsOf = indexFacts(lines, array.id, element.index);
  const here = seeElement(array.id, element, over, seen);
  const all = element.tasks.map(({ task, attempt }) => ({ task, facts: factsOf(task, attempt) }));
  const suspect = onlySuspect(all);
  let open = false;
  const events: LedgerEvent[] = [];
  const started: { task: TaskId; attempt: number; at: number; host: string }[] = [];
  const notBegun: TaskId[] = [];
  const tooEarly: TaskId[] = [];
  for (const { task: id, attempt } of element.tasks) {
    const known = state.tasks.get(id);
    const task = options.task(id);
    if (known === undefined || task === undefined || known.settled >= attempt) continue;
    if (attempt < Math.max(known.attempt, state.latest.get(id) ?? 0)) continue;
    const facts = factsOf(id, attempt);
    if (facts.ended === undefined && isTerminal(known.state)) continue;
    if (facts.ended?.outcome === 'upstream' && !over && isStale(facts, element, lines)) continue;
    if (facts.ended?.outcome === 'upstream' && isTooEarly(known, state)) {
      tooEarly.push(id);
      continue;
    }
    const verdict = judgeAttempt(task, attempt, facts, here, suspect === id, options);
    if (verdict === 'unbegun') notBegun.push(id);
    else if (verdict !== 'open') {
      if (!isNews(known.state, verdict)) continue;
      events.push(verdict);
      state.news.set(id, stateAfter[verdict.kind] ?? known.state);
    } else if (facts.ended !== undefined) open = true;
    else if (facts.started !== undefined && mayFollow(known.state, 'running'))
      started.push({ task: id, attempt, at: facts.started.at, host: facts.started.host });
  }
  if (started.length > 0) events.unshift({ kind: 'tasks-started', run: options.run, tasks: started });
  if (notBegun.length > 0) {
    const why = `its element ended before it began${here.end === undefined ? '' : ` (${here.end.raw})`}`;
    events.push({ kind: 'tasks-reset', run: options.run, tasks: notBegun, why });
  }
  if (tooEarly.length > 0) {
    const why = 'what it needs was not there yet, and is still to come';
    events.push({ kind: 'tasks-reset', run: options.run, tasks: tooEarly, why });
  }
  return { events, ended: over && !open };
}

/**
 * A batch system may start an element although what it waits for is tried again elsewhere. Only what needs something that will never
 * come is skipped.
 */
function isTooEarly({ state: own, needs }: TaskStatus, { tasks, news }: LookState): boolean {
  if (own === 'waiting' || isTerminal(own) || needs.length === 0) return false;
  return needs.every((need) => {
    const there = news.get(need) ?? tasks.get(need)?.state ?? 'waiting';
    return !isTerminal(there) || isGood(there);
  });
}

/**
 * Its inputs were not there at a start that is not the one awaited: before it was handed over (by hand), or before its element began
 * anew (a requeue). It may yet do the task.
 */
function isStale(
  { started }: Evidence,
  { status, sentMs }: ElementStatus,
  lines: readonly RecordLine[],
): boolean {
  if (started === undefined || status !== 'sent') return false;
  const start = lines.findLast((line) => line.fact === 'element-started');
  return started.at * 1000 < sentMs || (start !== undefined && started.at < start.at);
}

/** What may not follow the known state is late or repeated: no news, and no event at every look. */
function isNews(state: TaskState, event: LedgerEvent): boolean {
  const to = stateAfter[event.kind];
  return to !== undefined && mayFollow(state, to);
}

const stateAfter: Readonly<Partial<Record<LedgerEvent['kind'], TaskState>>> = {
  'task-succeeded': 'succeeded',
  'task-cached': 'cached',
  'task-failed': 'failed',
  'task-skipped': 'skipped',
  'task-cancelled': 'cancelled',
  'task-lost': 'lost',
};

/** The element's own last line; or it is gone from the listing, and no new start of it is under way. */
function isOver(element: ElementStatus, lines: readonly RecordLine[], seen: Observation): boolean {
  const last = lines.findLastIndex((line) => line.fact === 'element-started');
  if (lines.slice(last + 1).some((line) => line.fact === 'element-ended')) return true;
  if (seen.alive === undefined || seen.alive.has(element.native)) return false;
  const start = lines[last];
  const recorded = start?.fact === 'element-started' ? seen.recordedNative(start) : undefined;
  if (recorded === undefined) return true;
  if (seen.asked !== undefined && !seen.asked.has(recorded)) return false;
  return !seen.alive.has(recorded);
}
