import type { Backend } from '../backends/index.ts';
import { EspalierError, type RunId, type TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import { logPath } from '../templates/index.ts';
import { findTask } from './explain-task.ts';

export interface TaskLog {
  readonly task: TaskId;
  readonly attempt: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a task's latest attempt (or the one asked for) printed. */
export async function readLogs(
  ledger: Ledger,
  backend: Backend,
  runId: RunId,
  ref: string,
  attempt?: number,
): Promise<TaskLog | undefined> {
  const run = ledger.run(runId);
  const task = findTask(ledger, run.run, ref);
  const from = task.cachedFrom ?? { run: run.run, task: task.task, attempt: attempt ?? 0 };
  const source = ledger.run(from.run);
  const attempts = ledger
    .attempts(from.run, from.task)
    .filter((each) => from.attempt === 0 || each.attempt === from.attempt);
  const row = attempts.at(-1);
  if (row === undefined && attempt !== undefined) throw noAttempt(task.task, attempt);
  if (row === undefined || row.array === null || row.index === null) return undefined;
  const { array, index } = row;
  const part = async (stream: 'out' | 'err'): Promise<string> => {
    const bytes = await backend.transport.read(`${source.folder}/${logPath(array, index, stream)}`);
    return bytes === undefined
      ? ''
      : sliceLog(Buffer.from(bytes).toString('utf8'), from.task, row.attempt, array);
  };
  return { task: from.task, attempt: row.attempt, stdout: await part('out'), stderr: await part('err') };
}

function noAttempt(task: TaskId, attempt: number): EspalierError {
  return new EspalierError('no-attempt', `\`${task}\` has no attempt \`${attempt}\``, {
    hint: `\`espalier show ${task}\` lists its attempts`,
  });
}

/**
 * The wrapper marks where each task begins; the latest beginning counts. Tasks of one process stand together before what that
 * printed, which is of all of them.
 */
export function sliceLog(text: string, task: TaskId, attempt: number, array: string): string {
  const mark = `::espalier:: ${task} attempt ${attempt} of ${array}`;
  const begin = Math.max(text.lastIndexOf(`${mark}\n`), text.lastIndexOf(`${mark} in batch `));
  if (begin < 0) return '';
  const [first = '', ...rest] = text.slice(begin).split('\n');
  const batch = / in batch \d+$/.exec(first)?.[0];
  if (batch !== undefined) while (isMark(rest[0]) && rest[0]?.endsWith(batch)) rest.shift();
  const end = rest.findIndex(isMark);
  return (end < 0 ? rest : [...rest.slice(0, end), '']).join('\n');
}

function isMark(line: string | undefined): boolean {
  return /^::espalier:: \S+ attempt \d+ of \S+( in batch \d+)?$/.test(line ?? '');
}
