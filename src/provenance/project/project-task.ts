import type { Evidence, TaskEndedBadly, TaskSucceeded } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import type { At } from './at.ts';
import { absolutePath, type FoundRun, findRun, findTask } from './find.ts';
import { madeFile, recordSeconds, sawFile } from './locate.ts';
import { ensureAttempt, moveAttempt, moveTask, searchAttempt } from './move.ts';

const ends = {
  'task-succeeded': 'succeeded',
  'task-failed': 'failed',
  'task-skipped': 'skipped',
  'task-cancelled': 'cancelled',
  'task-lost': 'lost',
} as const;

/** How a task ended, with its attempt's evidence. An attempt that never was (a skipped task's) is not invented. */
export function projectTaskEnded(store: Store, event: TaskSucceeded | TaskEndedBadly, at: At): void {
  const run = findRun(store, event.run);
  const task = findTask(store, run, event.task).id;
  const state = ends[event.kind];
  const reason = event.kind === 'task-succeeded' ? {} : { why: event.why, message: event.message };
  moveTask(store, task, state, { attempt: event.attempt, seq: at.seq, ...reason });
  const attempt =
    event.evidence === undefined
      ? searchAttempt(store, task, event.attempt)
      : ensureAttempt(store, task, event.attempt, at.seq);
  if (attempt === undefined || !moveAttempt(store, attempt, state, at.seq)) return;
  const { row = null, node = null } = event.batch ?? {};
  const sql = 'update attempt set why = ?, message = ?, batch_row = ?, node = ? where id = ?';
  store.run(sql, reason.why ?? null, reason.message ?? null, row, node, attempt);
  if (event.evidence !== undefined) recordEvidence(store, run, attempt, event.evidence, at.seq);
}

/** What a record says wins over what was noted before; what it does not say stays. */
function recordEvidence(store: Store, run: FoundRun, attempt: number, evidence: Evidence, seq: number): void {
  const { started, ended } = evidence;
  store.run(
    `update attempt set
       array = coalesce(array, (select id from array where run = ? and name = ?)), idx = coalesce(idx, ?),
       host = coalesce(?, host), job = coalesce(?, job), gpus = coalesce(?, gpus), command = coalesce(?, command),
       started_ms = coalesce(?, started_ms), ended_ms = ?, outcome = ?, exit = ?, signal = ?, peak_kb = ?,
       content_key = ?, note = ?
     where id = ?`,
    ...[run.id, evidence.array, evidence.index],
    ...[started?.host ?? null, started?.job ?? null, started?.gpus ?? null, started?.command ?? null],
    ...[recordSeconds(started?.at), recordSeconds(ended?.at), ended?.outcome ?? null, ended?.exit ?? null],
    ...[ended?.signal ?? null, ended?.peakKb || null, ended?.key || null, ended?.note || null, attempt],
  );
  for (const input of evidence.inputs) {
    const file = sawFile(store, observed(run, input), seq);
    store.run(
      `insert into used (attempt, role, n, artifact, location) values (?, ?, ?, ?, ?)
         on conflict do update set artifact = excluded.artifact, location = excluded.location`,
      ...[attempt, input.role, input.n, file.artifact, file.location],
    );
  }
  for (const output of evidence.outputs) {
    madeFile(store, observed(run, output), { attempt, role: output.role }, seq);
  }
}

function observed(run: FoundRun, line: Evidence['outputs'][number] | Evidence['inputs'][number]) {
  return {
    site: run.site,
    path: absolutePath(run, line.path),
    sha256: line.sha256,
    size: line.size,
    mtimeMs: recordSeconds(line.mtime),
    inode: line.inode === '' ? null : line.inode,
    hashedMs: recordSeconds(line.at),
  };
}
