import type { Measured, Parameter, Problem, SourcedValue, Step } from '../../model/index.ts';
import { contradicts, measuredValue } from './compare-measured.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Context } from './context.ts';
import { own } from './own.ts';
import type { Facts } from './source.ts';

/**
 * A value that somebody set over the acquisition's own must not win in silence: where the two disagree, it has to be
 * acknowledged by name, and stays in the plan as a warning when it is.
 */
export function noteContradiction(
  context: Context,
  compiled: CompiledStep,
  name: string,
  parameter: Parameter,
  sourced: SourcedValue,
  facts: Facts,
): void {
  if (sourced.origin === 'acquisition' || sourced.origin === 'default') return;
  const carries = compiled.with.get(name)?.carries;
  const declared = carries === undefined ? undefined : own(context.workflow.parameters, carries);
  const field = parameter.from ?? declared?.from;
  const measured = field === undefined ? undefined : own(facts.acquisition, field);
  if (field === undefined || measured === undefined) return;
  const known = measuredValue(measured, parameter.unit ?? declared?.unit);
  if (known === undefined || !contradicts(field, sourced.value, known)) return;
  const shown = carries ?? name;
  const names = [shown, name, field, `${compiled.step.name}.${name}`];
  const accepted = names.some((each) => context.acknowledged.has(each));
  (accepted ? context.warnings : context.errors).note(
    { what: `contradiction ${shown} ${sourced.value}`, step: compiled.step.name, label: facts.label },
    (items) => contradiction({ shown, sourced, measured, items, accepted, step: compiled.step }),
  );
}

interface Contradiction {
  /** What it is acknowledged by. */
  readonly shown: string;
  readonly sourced: SourcedValue;
  readonly measured: Measured;
  readonly items: string;
  readonly accepted: boolean;
  readonly step: Step;
}

function contradiction({ shown, sourced, measured, items, accepted, step }: Contradiction): Problem {
  const known = `${measured.value}${measured.unit === undefined ? '' : ` ${measured.unit}`}`;
  const message = `\`${shown}\` is ${sourced.value} (${sourced.source}) in step \`${step.name}\`, but the acquisition says ${known} (${measured.source}) for ${items}`;
  const common = { code: 'contradicts-acquisition', message, acknowledge: shown, place: step.place };
  if (accepted) return { ...common, severity: 'warning' };
  const hint = `If \`${sourced.value}\` is right, say so with --acknowledge ${shown}, or \`acknowledge: [${shown}]\` in the file`;
  return { ...common, severity: 'acknowledge', hint };
}
