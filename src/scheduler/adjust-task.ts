import type { Command, Task, TaskId, Word } from '../model/index.ts';
import type { TaskStatus } from './run-state.ts';

/** A task as its next attempt is to be: with what is asked for by now, and without inputs that could not be made. */
export function adjustTask(task: Task, { ask, without }: Pick<TaskStatus, 'ask' | 'without'>): Task {
  const asked = ask === undefined ? task : { ...task, resources: { ...task.resources, ...ask } };
  return without === undefined ? asked : leaveOut(asked, new Set(without));
}

function leaveOut(task: Task, without: ReadonlySet<TaskId>): Task {
  if (without.size === 0) return task;
  const inputs = task.inputs.filter(({ from }) => from.kind !== 'task' || !without.has(from.task));
  const kept = new Set(inputs.map(({ role, index }) => `${role} ${index}`));
  const checks = task.checks?.map((check) => trim(check, kept));
  return { ...task, inputs, command: trim(task.command, kept), ...(checks && { checks }) };
}

/** A role of many files stands in a command as one word a file. */
function trim(command: Command, kept: ReadonlySet<string>): Command {
  const stays = (word: Word): boolean =>
    word.every((part) => !('input' in part) || kept.has(`${part.input} ${part.index}`));
  return command.kind === 'words'
    ? { kind: 'words', words: command.words.filter(stays) }
    : { kind: 'script', parts: command.parts.filter((part) => 'literal' in part || stays(part.word)) };
}
