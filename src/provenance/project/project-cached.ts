import type { TaskCached } from '../../model/index.ts';
import type { Store } from '../file/store.ts';
import type { At } from './at.ts';
import { absolutePath, findRun, findTask, searchTask } from './find.ts';
import { madeFile, recordSeconds, sawFile } from './locate.ts';
import { moveAttempt, moveTask, searchAttempt } from './move.ts';

/** The task points at the attempt that made its outputs, here or in another run; none is invented. */
export function projectCached(store: Store, event: TaskCached, at: At): void {
  const run = findRun(store, event.run);
  const task = findTask(store, run, event.task);
  if (!moveTask(store, task.id, 'cached', { attempt: task.attempt, seq: at.seq, why: event.found })) return;
  const maker = findMaker(store, event.from);
  store.run('update task set cached_from = ? where id = ?', maker ?? null, task.id);
  // The node's own attempt did begin, and found that it need not go on.
  const tried = event.found === 'node' ? searchAttempt(store, task.id, task.attempt) : undefined;
  if (tried !== undefined) moveAttempt(store, tried, 'cached', at.seq);
  for (const input of event.inputs) sawFile(store, { ...unseen, ...place(input.path), ...input }, at.seq);
  for (const output of event.outputs) {
    const file = { ...unseen, ...output, ...place(output.path), mtimeMs: recordSeconds(output.mtime) };
    if (maker === undefined) sawFile(store, file, at.seq);
    else madeFile(store, file, { attempt: maker, role: output.role, task: task.id }, at.seq);
  }

  function place(path: string): { readonly site: string; readonly path: string } {
    return { site: run.site, path: absolutePath(run, path) };
  }
}

const unseen = { mtimeMs: null, inode: null, hashedMs: null } as const;

function findMaker(store: Store, from: TaskCached['from']): number | undefined {
  const run = store.one<{ id: number }>('select id from run where name = ?', from.run);
  const task = run && searchTask(store, run.id, from.task);
  return task && searchAttempt(store, task.id, from.attempt);
}
