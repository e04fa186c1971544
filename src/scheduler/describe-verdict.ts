import { type Evidence, type FailureWord, formatMemory, formatTime, type Task } from '../model/index.ts';
import type { SeenEnd } from './observation.ts';

/** What failed, on what, and what to do, in one sentence. */
export function describeVerdict(
  why: FailureWord,
  task: Task,
  evidence: Evidence | undefined,
  end: SeenEnd | undefined,
): string {
  const note = evidence?.ended?.note ?? '';
  const said = end === undefined ? '' : ` (${end.raw})`;
  const { memory, time } = task.resources;
  switch (why) {
    case 'out-of-memory':
      return `it ran out of the ${formatMemory(memory)} of memory that it asked for; ask for more in \`resources\``;
    case 'time':
      return end === undefined
        ? `it ran longer than the ${time} s it asked for; ask for more in \`resources\``
        : `its element ran into its time limit; the task asked for ${formatTime(time)}: ask for more in \`resources\``;
    case 'node':
      return `its node failed${said}`;
    case 'preempted':
      return `a more urgent job took its place${said}`;
    case 'cancelled':
      return evidence === undefined
        ? `its job was cancelled before it began${said}`
        : `its job was cancelled${said}`;
    case 'cancelled-by-other':
      return `another user cancelled its job${said}; ask the facility why before you resume`;
    case 'stopped':
      return note === '' ? 'stopped: its process was ended' : `stopped: ${note}`;
    case 'vanished': {
      const guess = end === undefined ? ' (killed, out of memory, or the machine stopped)' : said;
      return `its process is gone and left no word of how it ended${guess}`;
    }
    case 'upstream':
      return `skipped: ${note}`;
    case 'no-input':
      return describeInput(task, note);
    case 'exit':
      return describeExit(evidence?.ended?.exit, note);
    default:
      return note;
  }
}

function describeExit(exit: number | undefined, note: string): string {
  if (exit === 127) return `${note}: a program of its command was not found; is it installed here?`;
  if (exit === 126) return `${note}: a program of its command may not be run`;
  return note;
}

function describeInput(task: Task, note: string): string {
  const [, role, index] = /role (\S+), number (\d+)/.exec(note) ?? [];
  const missing = task.inputs.find((input) => input.role === role && input.index === Number(index))?.from;
  const path = missing?.kind === 'file' ? `: \`${missing.file.path}\`` : '';
  return `${note}${path}; put the file back, or take it out of the collection`;
}
