import type { Parameter, Problem, Step } from '../../model/index.ts';
import type { Context } from './context.ts';
import type { Facts } from './source.ts';

/** The acquisition's fields as people call them, and where each could have stood. */
const fields: Readonly<Record<string, { readonly called: string; readonly places: string }>> = {
  angle: { called: 'angle', places: 'no Settings.txt beside it tells it' },
  dz: { called: 'stage step', places: 'neither a Settings.txt beside it nor its own header tells it' },
  dr: { called: 'pixel size', places: 'neither a Settings.txt beside it nor its own header tells it' },
};

/** Asks for a value by name, once for all items that lack it, with the option that supplies it. */
export function noteMissing(
  context: Context,
  step: Step,
  ask: string,
  parameter: Parameter,
  facts: Facts,
): void {
  const befallen = { what: `missing ${ask}`, step: step.name, label: facts.label };
  context.errors.note(befallen, (items) => missing(step, ask, parameter, items));
}

function missing(step: Step, ask: string, parameter: Parameter, items: string): Problem {
  const name = ask.slice(ask.indexOf('.') + 1);
  const field = parameter.from === undefined ? undefined : fields[parameter.from];
  const called = field === undefined ? 'value' : field.called;
  const why = field?.places ?? otherwise(parameter);
  const unit = parameter.unit === undefined ? '' : ` in ${parameter.unit}`;
  return {
    code: 'missing-value',
    message: `no ${called} \`${name}\` for ${items}: ${why}`,
    hint: `Give it${unit} with --set ${ask}=…${parameter.help === undefined ? '' : ` (${parameter.help})`}`,
    place: step.place,
  };
}

function otherwise(parameter: Parameter): string {
  return parameter.from === undefined
    ? 'it has no default'
    : `the acquisition's metadata has no \`${parameter.from}\``;
}
