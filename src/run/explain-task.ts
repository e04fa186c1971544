import { diffKeyParts, type KeyDifference } from '../compiler/index.ts';
import { EspalierError, type RunId, type TaskId, type TaskState } from '../model/index.ts';
import type { AttemptRef, Ledger } from '../provenance/index.ts';

/** Why a task of a run was done, or not, against the latest earlier attempt on the same item. */
export interface TaskReason {
  readonly run: RunId;
  readonly task: TaskId;
  readonly label: string;
  readonly state: TaskState;
  readonly against: AttemptRef | null;
  readonly changed: readonly KeyDifference[];
  readonly why: string;
}

export function explainTask(ledger: Ledger, runId: RunId, ref: string): TaskReason {
  const run = ledger.run(runId);
  const task = findTask(ledger, run.run, ref);
  const about = { run: run.run, task: task.task, label: task.label, state: task.state };
  if (task.cachedFrom !== null) {
    const why = 'nothing of its key changed: the earlier attempt serves';
    return { ...about, against: task.cachedFrom, changed: [], why };
  }
  const own = ownReason(ledger, run.run, task.task);
  if (own !== undefined) return { ...about, ...own, changed: [] };
  const same = sameKeyElsewhere(ledger, run.run, task.task);
  if (same !== undefined) {
    const why = 'its key is the same; the earlier result was gone or changed, or its input was touched';
    return { ...about, against: same, changed: [], why };
  }
  const before = ledger.lastAttemptLike(run.workflow, task.step, task.label, run.run);
  if (before === undefined)
    return {
      ...about,
      against: null,
      changed: [],
      why: 'no earlier run of this workflow has done this item',
    };
  const against = { run: before.run, task: before.task, attempt: before.attempt };
  const parts = ledger.keyParts(task.staticKey);
  const attempt = ledger.attempts(run.run, task.task).at(-1);
  if (before.keyParts === undefined || parts === undefined) {
    return { ...about, against, changed: [], why: 'the parts of a key were not recorded' };
  }
  const hashes = (list: readonly { role: string; n: number; sha256: string }[]) =>
    list.map(({ role, n, sha256 }) => ({ role, index: n, sha256 }));
  const known = attempt !== undefined && attempt.inputs.length > 0;
  const changed = diffKeyParts(
    before.keyParts,
    parts,
    known ? hashes(before.inputs) : [],
    known ? hashes(attempt.inputs) : [],
  );
  const why =
    changed.length > 0
      ? 'its key changed'
      : 'its key is the same; the earlier result was gone, or not yet known to be the same';
  return { ...about, against, changed, why };
}

/** Why a task was tried again in its own run: what the ledger says of the last time it was put back. */
function ownReason(
  ledger: Ledger,
  run: RunId,
  task: TaskId,
): { readonly against: AttemptRef | null; readonly why: string } | undefined {
  let why: string | undefined;
  for (const { event } of ledger.events(run)) {
    if (event.kind === 'tasks-reset' && event.tasks.includes(task)) why = event.why;
  }
  if (why === undefined) return undefined;
  const earlier = ledger.attempts(run, task).at(-2);
  const against = earlier === undefined ? null : { run, task, attempt: earlier.attempt };
  return { against, why: `tried again in this run: ${why}` };
}

/** An attempt of another run that succeeded with the very same content key. */
function sameKeyElsewhere(ledger: Ledger, run: RunId, task: TaskId): AttemptRef | undefined {
  const key = ledger.attempts(run, task).at(-1)?.contentKey;
  if (key === undefined || key === null) return undefined;
  return ledger.succeededByContentKey(key).find(({ from }) => from.run !== run)?.from;
}

export function findTask(ledger: Ledger, run: RunId, ref: string): NonNullable<ReturnType<Ledger['task']>> {
  const task = ledger.task(run, ref);
  if (task !== undefined) return task;
  const some = ledger.tasks(run, { limit: 5 }).map((each) => `\`${each.task}\``);
  throw new EspalierError('no-task', `run \`${run}\` has no task \`${ref}\``, {
    hint: `tasks are named by id or by label: ${some.join(', ')}, …; \`espalier show ${run} --tasks\` lists all`,
  });
}
