import { isTerminal, type RunId, type TaskId } from '../model/index.ts';
import { recordPath } from '../templates/index.ts';
import { findTask } from './explain-task.ts';
import { readLogs, type TaskLog } from './read-logs.ts';
import type { OpenSite } from './with-site.ts';

/** Milliseconds between two looks at a log. */
const pauseMs = 1000;

export interface FollowLogs {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Told once, of a task that is not known to have begun. */
  readonly waits: (task: TaskId) => void;
}

/**
 * Prints what a task prints as it comes, until its own record says that it has ended, or the ledger does. The ledger need not know
 * yet. Gives what was printed last; undefined where the task never began.
 */
export async function followLogs(
  { ledger, backend }: OpenSite,
  runId: RunId,
  ref: string,
  attempt: number | undefined,
  say: FollowLogs,
): Promise<TaskLog | undefined> {
  const { run, folder } = ledger.run(runId);
  let printed = { attempt: 0, out: 0, err: 0 };
  for (let looks = 0; ; looks++) {
    // Asked before the log is read, so that the last lines are not missed.
    const isOver = await hasEnded();
    const log = await readLogs(ledger, backend, run, ref, attempt);
    if (log !== undefined) printed = print(log);
    if (isOver) return log;
    const { task, state } = findTask(ledger, run, ref);
    if (looks === 0 && printed.out + printed.err === 0 && state !== 'running') say.waits(task);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }

  /** Another attempt begins a log of its own. */
  function print(log: TaskLog): typeof printed {
    const before = log.attempt === printed.attempt ? printed : { out: 0, err: 0 };
    if (log.stdout.length > before.out) say.out(log.stdout.slice(before.out));
    if (log.stderr.length > before.err) say.err(log.stderr.slice(before.err));
    return { attempt: log.attempt, out: log.stdout.length, err: log.stderr.length };
  }

  async function hasEnded(): Promise<boolean> {
    const { task, state } = findTask(ledger, run, ref);
    const row = ledger
      .attempts(run, task)
      .findLast((each) => attempt === undefined || each.attempt === attempt);
    if (isTerminal(attempt === undefined ? state : (row?.state ?? state))) return true;
    if (row === undefined || row.array === null || row.index === null) return false;
    const bytes = await backend.transport.read(`${folder}/${recordPath(row.array, row.index)}`);
    const end = `"fact":"task-ended","task":"${task}","attempt":${row.attempt},`;
    return Buffer.from(bytes ?? []).includes(end);
  }
}
