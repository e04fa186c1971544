import {
  isGood,
  isTerminal,
  mayFollow,
  type Resources,
  type TaskId,
  type TasksReset,
} from '../model/index.ts';
import { type ArrayStatus, lastAttempt, mayCount, type TaskStatus } from './run-state.ts';

export type Tasks = Map<TaskId, TaskStatus>;
export type Arrays = Map<string, ArrayStatus>;

/** Tasks wait again, or are wanted otherwise than they were; what was packed of them and never handed over is taken back. */
export function resetTasks(tasks: Tasks, arrays: Arrays, event: TasksReset): void {
  const before = event.tasks.map((task) => tasks.get(task));
  for (const task of event.tasks) settle(tasks, task, event);
  if (event.byPerson) for (const task of event.tasks) admitNodes(tasks, task, event.ask);
  const changed = event.tasks.filter((task, index) => isOther(before[index], tasks.get(task)));
  if (changed.length > 0) withdraw(tasks, arrays, new Set(changed));
}

/** Nodes that retries have kept it from may be well again, or are all there are: a person who has it tried again admits them. */
function admitNodes(tasks: Tasks, id: TaskId, wanted: Partial<Resources> | undefined): void {
  const task = tasks.get(id);
  if (task?.ask?.exclude === undefined || wanted?.exclude !== undefined) return;
  const { exclude: _, ...ask } = task.ask;
  tasks.set(id, { ...task, ask });
}

/**
 * Back to waiting: what its attempts so far left behind no longer counts. Where a person had a bad end tried again, its failures are
 * forgotten; an element that ended before it, or what it needs being tried again, is neither.
 */
function settle(tasks: Tasks, id: TaskId, event: TasksReset): void {
  const { retry, ask, anew } = event;
  const before = tasks.get(id);
  if (before === undefined) return;
  if (!mayFollow(before.state, 'waiting')) {
    const { without: left, ...others } = before;
    // Waiting, and named by a person: what it was to do without is tried again.
    tasks.set(id, { ...(event.byPerson ? others : before), settled: lastAttempt(before) });
    return;
  }
  const forgets = retry === undefined && isTerminal(before.state) && before.state !== 'skipped';
  const { without: _, ...rest } = before;
  const without = stillWithout(tasks, before, event);
  tasks.set(id, {
    ...rest,
    state: 'waiting',
    settled: lastAttempt(before),
    ...(forgets && { ends: [] }),
    ...(anew && { anew }),
    ...(ask !== undefined && { ask: { ...before.ask, ...ask } }),
    ...(without.length > 0 && { without }),
  });
}

/**
 * What it goes on doing without. An end that is taken back is made of all that it needs, should that be there by then; what is not
 * is left out anew. A try by the rules of the step does without what is still not there.
 */
function stillWithout(
  tasks: Tasks,
  { state, without = [] }: TaskStatus,
  { retry, without: more }: TasksReset,
): readonly TaskId[] {
  if (more !== undefined) return [...without, ...more];
  if (retry === undefined && isTerminal(state)) return [];
  const isMissing = (need: TaskId): boolean => {
    const now = tasks.get(need)?.state ?? 'waiting';
    return isTerminal(now) && !isGood(now);
  };
  return without.filter(isMissing);
}

/** What would be packed of it now is not what was. */
function isOther(before: TaskStatus | undefined, now: TaskStatus | undefined): boolean {
  return (
    before?.ask !== now?.ask || before?.anew !== now?.anew || before?.without?.join() !== now?.without?.join()
  );
}

/**
 * What was packed of these tasks and never handed over is done with, with all that shares an element with them: begun for another of
 * its tasks, it would run these as they were wanted before, beside the attempt that is wanted now.
 */
function withdraw(tasks: Tasks, arrays: Arrays, changed: ReadonlySet<TaskId>): void {
  for (const { elements } of arrays.values())
    for (const element of elements) {
      if (element.status !== 'unsent') continue;
      const open = element.tasks.flatMap(({ task: id, attempt }) => {
        const task = tasks.get(id);
        return task !== undefined && mayCount(task, attempt) ? [{ id, attempt, task }] : [];
      });
      if (!open.some(({ id }) => changed.has(id))) continue;
      for (const { id, attempt, task } of open) tasks.set(id, { ...task, settled: attempt });
    }
}
