import type { Step } from '../../model/index.ts';
import { namesIn } from './inline-tool.ts';
import type { ParseContext } from './parse-context.ts';

/** A parameter that nothing reads is a slip more often than not: setting it would change nothing. */
export function warnUnusedParameters(context: ParseContext, steps: readonly Step[]): void {
  if (context.problems.length > 0) return;
  const used = new Set(namesIn(steps.flatMap(textsOf)));
  for (const name of Object.keys(context.parameters)) {
    if (used.has(name)) continue;
    const step = steps.find(
      ({ tool, with: given }) => Object.hasOwn(tool.parameters, name) && !Object.hasOwn(given, name),
    );
    const hint =
      step === undefined
        ? 'take it out, or name it in a step'
        : `to pass it on, write \`with: { ${name}: "{{ ${name} }}" }\` in step \`${step.name}\``;
    context.warnings.push({
      code: 'unused-parameter',
      message: `no step uses the parameter \`${name}\``,
      hint,
      place: context.places.key(['parameters', name]),
      severity: 'warning',
    });
  }
}

function textsOf(step: Step): readonly string[] {
  const values = [...Object.values(step.with).map((given) => given.value), ...Object.values(step.resources)];
  return [...values.map(String), ...Object.values(step.environment), ...Object.values(step.outputNames)];
}
