import type { Evidence, LedgerEvent, RunId, Task, TaskEnded, TaskId } from '../model/index.ts';
import { formatMemory, formatTime } from '../model/index.ts';
import { contradiction } from './contradiction.ts';
import { elementKey, type JudgeOptions, type SeenEnd } from './observation.ts';

export function judgeEnd(
  task: Task,
  attempt: number,
  facts: Evidence,
  options: JudgeOptions,
  end: SeenEnd | undefined,
): LedgerEvent {
  const ended = facts.ended;
  const base = { run: options.run, task: task.id, attempt, evidence: facts };
  if (ended?.outcome === 'ok' || ended?.outcome === 'reused') {
    const doubt = contradiction(task, facts, options);
    if (doubt !== undefined) return { kind: 'task-failed', ...base, why: 'contradicted', message: doubt };
    return ended.outcome === 'ok'
      ? { kind: 'task-succeeded', ...base }
      : cachedOnNode(task, facts, ended, options);
  }
  if (ended?.outcome === 'upstream') {
    return { kind: 'task-skipped', ...base, why: 'upstream', message: `skipped: ${ended.note}` };
  }
  if (ended !== undefined && end !== undefined && needsCause(ended)) {
    const cause = judgeCause(end, task, base);
    if (cause !== undefined) return cause;
  }
  const told = options.told.get(elementKey(facts.array, facts.index));
  if (ended?.outcome === 'stopped' && told !== 'time') {
    return { kind: 'task-cancelled', ...base, why: 'stopped', message: `stopped: ${ended.note}` };
  }
  const why = ended?.outcome === 'stopped' ? 'time' : (ended?.outcome ?? 'unknown');
  return { kind: 'task-failed', ...base, why, message: failureMessage(why, task, facts) };
}

/** Ended from outside: by a signal to all of the element, or by one that cannot be caught. */
export function needsCause({ outcome, exit, signal }: TaskEnded): boolean {
  const killed = outcome === 'signal' && (signal === 9 || signal === 15);
  return outcome === 'stopped' || killed || (outcome === 'exit' && (exit === 137 || exit === 143));
}

/** What ended otherwise may run again: a requeue is seen as an end for a moment, until the job waits again. */
export function isFinal(end: SeenEnd | undefined): boolean {
  return end?.how === 'out-of-memory' || end?.how === 'time' || end?.how === 'cancelled';
}

type EndBase = {
  readonly run: RunId;
  readonly task: TaskId;
  readonly attempt: number;
  readonly evidence?: Evidence;
};

/** What the batch system says about why a task ended; undefined when it says nothing that explains it. */
function judgeCause(end: SeenEnd, task: Task, base: EndBase): LedgerEvent | undefined {
  const { memory, time } = task.resources;
  switch (end.how) {
    case 'out-of-memory': {
      const message = `it ran out of the ${formatMemory(memory)} of memory that it asked for; ask for more in \`resources\``;
      return { kind: 'task-failed', ...base, why: 'out-of-memory', message };
    }
    case 'time': {
      const message = `its element ran into its time limit; the task asked for ${formatTime(time)}: ask for more in \`resources\``;
      return { kind: 'task-failed', ...base, why: 'time', message };
    }
    case 'node':
      return { kind: 'task-lost', ...base, why: 'node', message: `its node failed (${end.raw})` };
    case 'preempted':
      return {
        kind: 'task-lost',
        ...base,
        why: 'preempted',
        message: `a more urgent job took its place (${end.raw})`,
      };
    case 'cancelled':
      return {
        kind: 'task-cancelled',
        ...base,
        why: 'cancelled',
        message: `its job was cancelled (${end.raw})`,
      };
    case 'failed':
    case 'completed':
    case 'dropped':
      return undefined;
  }
}

export function judgeUnbegun(task: Task, attempt: number, options: JudgeOptions, end: SeenEnd): LedgerEvent {
  const message = `its job was cancelled before it began (${end.raw})`;
  return { kind: 'task-cancelled', run: options.run, task: task.id, attempt, why: 'cancelled', message };
}

/** What failed, on what, and what to do, from what the wrapper noted. */
function failureMessage(why: string, task: Task, { ended }: Evidence): string {
  const note = ended?.note ?? '';
  if (why === 'time')
    return `it ran longer than the ${task.resources.time} s it asked for; ask for more in \`resources\``;
  if (why === 'exit' && ended?.exit === 127)
    return `${note}: a program of its command was not found; is it installed here?`;
  if (why === 'exit' && ended?.exit === 126) return `${note}: a program of its command may not be run`;
  if (why !== 'no-input') return note;
  const [, role, index] = /role (\S+), number (\d+)/.exec(note) ?? [];
  const missing = task.inputs.find((input) => input.role === role && input.index === Number(index))?.from;
  const path = missing?.kind === 'file' ? `: \`${missing.file.path}\`` : '';
  return `${note}${path}; put the file back, or take it out of the collection`;
}

function cachedOnNode(task: Task, facts: Evidence, ended: TaskEnded, options: JudgeOptions): LedgerEvent {
  const [run, from, attempt] = ended.reused.split('/');
  return {
    kind: 'task-cached',
    run: options.run,
    task: task.id,
    from: { run: run ?? '', task: from ?? '', attempt: Number(attempt ?? 0) },
    contentKey: ended.key,
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

/** Its element is gone, and its record says that it began and not how it ended. */
export function judgeVanished(
  task: Task,
  attempt: number,
  facts: Evidence,
  options: JudgeOptions,
  key: string,
  end: SeenEnd | undefined,
): LedgerEvent {
  const base = { run: options.run, task: task.id, attempt, evidence: facts };
  const cause = end && judgeCause(end, task, base);
  if (cause !== undefined) return cause;
  const told = options.told.get(key);
  if (told === 'cancelled')
    return { kind: 'task-cancelled', ...base, why: 'stopped', message: 'stopped: its process was ended' };
  if (told === 'time') {
    const message = `it ran longer than the ${task.resources.time} s it asked for`;
    return { kind: 'task-failed', ...base, why: 'time', message };
  }
  const said = end === undefined ? 'killed, out of memory, or the machine stopped' : end.raw;
  const message = `its process is gone and left no word of how it ended (${said})`;
  return { kind: 'task-lost', ...base, why: 'vanished', message };
}
