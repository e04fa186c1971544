import type { Problem, Step, Task } from '../../model/index.ts';
import type { Clash } from './claim-outputs.ts';
import type { Context } from './context.ts';

/** Two tasks that would write one file: an error, or a warning where only some file systems take them for one. */
export function noteClash(context: Context, step: Step, task: Task, clash: Clash): void {
  const { kind, output } = clash;
  const tally = kind === 'same' ? context.errors : context.warnings;
  const befallen = { what: `${kind} ${step.name} ${output.role}`, step: step.name, label: task.label };
  tally.note(befallen, (items) =>
    kind === 'same' ? collision(step, task, clash, items) : caseClash(step, task, clash),
  );
}

function collision(step: Step, task: Task, { earlier, output }: Clash, items: string): Problem {
  const name = `\`${output.name}\``;
  const place = { place: step.place };
  if (earlier.label === task.label) {
    const message = `step \`${step.name}\`: the outputs \`${earlier.role}\` and \`${output.role}\` of ${items} have one name, ${name}`;
    return { code: 'output-collision', message, hint: 'Give each output a name of its own', ...place };
  }
  const how =
    earlier.name === output.name
      ? `would write ${name}, as \`${earlier.label}\` does`
      : `would write ${name}, where \`${earlier.label}\` writes \`${earlier.name}\``;
  const dims = Object.keys(task.dims).map((dim) => `\`{{ item.${dim} }}\``);
  const hint =
    dims.length === 0
      ? 'Make the names differ'
      : `Put what tells them apart into the name: ${dims.join(', ')}`;
  return {
    code: 'output-collision',
    message: `step \`${step.name}\`, output \`${output.role}\`: ${items} ${how}`,
    hint,
    ...place,
  };
}

function caseClash(step: Step, task: Task, { earlier, output }: Clash): Problem {
  return {
    code: 'output-case-clash',
    message: `step \`${step.name}\`: \`${output.name}\` of \`${task.label}\` and \`${earlier.name}\` of \`${earlier.label}\` are one file where case or Unicode form does not count, as on macOS and Windows`,
    severity: 'warning',
    place: step.place,
  };
}
