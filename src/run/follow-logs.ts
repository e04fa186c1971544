import type { RunId } from '../model/index.ts';
import { recordPath } from '../templates/index.ts';
import { findTask } from './explain-task.ts';
import { readLogs, type TaskLog } from './read-logs.ts';
import type { OpenSite } from './with-site.ts';

/** Milliseconds between two looks at a log. */
const pauseMs = 1000;

/** Prints what a task prints as it comes, until its own record says that it has ended. The ledger need not know yet. */
export async function followLogs(
  { ledger, backend }: OpenSite,
  runId: RunId,
  ref: string,
  attempt: number | undefined,
  say: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): Promise<void> {
  const { run, folder } = ledger.run(runId);
  const { task } = findTask(ledger, run, ref);
  let printed = { out: 0, err: 0 };
  for (;;) {
    // Asked before the log is read, so that the last lines are not missed.
    const row = ledger
      .attempts(run, task)
      .findLast((each) => attempt === undefined || each.attempt === attempt);
    const ended = row === undefined ? false : await hasEnded(row);
    const log = await readLogs(ledger, backend, run, task, attempt);
    if (log !== undefined) printed = print(log, printed);
    if (ended) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }

  function print(log: TaskLog, before: typeof printed): typeof printed {
    if (log.stdout.length > before.out) say.out(log.stdout.slice(before.out));
    if (log.stderr.length > before.err) say.err(log.stderr.slice(before.err));
    return { out: log.stdout.length, err: log.stderr.length };
  }

  async function hasEnded(row: {
    array: string | null;
    index: number | null;
    attempt: number;
    state: string;
  }): Promise<boolean> {
    if (row.array === null || row.index === null) return true;
    const bytes = await backend.transport.read(`${folder}/${recordPath(row.array, row.index)}`);
    const end = new RegExp(`"fact":"task-ended","task":"${task}","attempt":${row.attempt},`);
    return end.test(Buffer.from(bytes ?? []).toString()) || isOver(row.state);
  }
}

function isOver(state: string): boolean {
  return ['succeeded', 'failed', 'cancelled', 'lost', 'skipped'].includes(state);
}
