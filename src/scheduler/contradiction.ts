import type { Evidence, Task } from '../model/index.ts';
import type { JudgeOptions } from './observation.ts';

/** Why a record that claims success cannot be believed; undefined when nothing speaks against it. */
export function contradiction(task: Task, facts: Evidence, options: JudgeOptions): string | undefined {
  for (const output of task.outputs) {
    const found = facts.outputs.find((fact) => fact.role === output.role);
    if (found === undefined)
      return `its record says that it succeeded, but not what became of the output \`${output.role}\``;
    if (found.path !== options.outputPath(task, output.role)) {
      return `its record puts the output \`${output.role}\` at \`${found.path}\`, where it does not belong`;
    }
  }
  const inputs = facts.inputs.map((fact) => ({ role: fact.role, index: fact.n, sha256: fact.sha256 }));
  if (
    inputs.length !== task.inputs.length ||
    options.contentKey(task.staticKey, inputs) !== facts.ended?.key
  ) {
    return 'the key in its record does not follow from its inputs';
  }
  for (const { role, index, from } of task.inputs) {
    if (from.kind !== 'task') continue;
    const made = options.producedHash(from.task, from.output);
    const read = inputs.find((input) => input.role === role && input.index === index)?.sha256;
    if (made !== undefined && made !== read) {
      return `it read another content of \`${role}\` than \`${from.task}\` wrote: the file changed in between`;
    }
  }
  return undefined;
}
