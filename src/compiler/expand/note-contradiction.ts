import type { Measured, Parameter, Problem, SourcedValue, Step } from '../../model/index.ts';
import { contradicts, measuredValue } from './compare-measured.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Context } from './context.ts';
import { own } from './own.ts';
import type { Facts } from './source.ts';

/** A value of a parameter, and the acquisition field that it would otherwise come from. */
interface Claimed {
  /** What people know the parameter by: the workflow's name for it, where it has one. */
  readonly shown: string;
  /** Further names that it may be acknowledged by. */
  readonly names: readonly string[];
  readonly field: string | undefined;
  readonly unit: string | undefined;
  readonly sourced: SourcedValue;
}

/** Of a parameter of the workflow, wherever a template names it. */
export function noteWorkflowContradiction(
  context: Context,
  { step }: CompiledStep,
  name: string,
  sourced: SourcedValue,
  facts: Facts,
): void {
  const parameter = own(context.workflow.parameters, name);
  const claimed = { shown: name, names: [], field: parameter?.from, unit: parameter?.unit, sourced };
  noteContradiction(context, step, claimed, facts);
}

/** Of a parameter of a step's tool, which may be one of the workflow's handed on. */
export function noteToolContradiction(
  context: Context,
  compiled: CompiledStep,
  name: string,
  parameter: Parameter,
  sourced: SourcedValue,
  facts: Facts,
): void {
  const carries = compiled.with.get(name)?.carries;
  const declared = carries === undefined ? undefined : own(context.workflow.parameters, carries);
  const claimed = {
    shown: carries ?? name,
    names: [name, `${compiled.step.name}.${name}`],
    field: parameter.from ?? declared?.from,
    unit: parameter.unit ?? declared?.unit,
    sourced,
  };
  noteContradiction(context, compiled.step, claimed, facts);
}

/**
 * A value that somebody set over the acquisition's own must not win in silence: where the two disagree, it has to be
 * acknowledged by name, and stays in the plan as a warning when it is.
 */
function noteContradiction(context: Context, step: Step, claimed: Claimed, facts: Facts): void {
  const { shown, field, sourced } = claimed;
  if (sourced.origin === 'acquisition' || sourced.origin === 'default') return;
  const measured = field === undefined ? undefined : own(facts.acquisition, field);
  if (field === undefined || measured === undefined) return;
  const known = measuredValue(measured, claimed.unit);
  if (known === undefined || !contradicts(field, sourced.value, known)) return;
  const accepted = [shown, field, ...claimed.names].some((name) => context.acknowledged.has(name));
  const befallen = { what: `contradiction ${shown} ${sourced.value}`, step: step.name, label: facts.label };
  const tally = accepted ? context.warnings : context.errors;
  tally.note(befallen, (items) => contradiction(step, claimed, measured, items, accepted));
}

function contradiction(
  step: Step,
  { shown, sourced }: Claimed,
  measured: Measured,
  items: string,
  accepted: boolean,
): Problem {
  const known = `${measured.value}${measured.unit === undefined ? '' : ` ${measured.unit}`}`;
  const message = `\`${shown}\` is ${sourced.value} (${sourced.source}) in step \`${step.name}\`, but the acquisition says ${known} (${measured.source}) for ${items}`;
  const common = { code: 'contradicts-acquisition', message, place: step.place };
  if (accepted) return { ...common, severity: 'warning' };
  const hint = `If \`${sourced.value}\` is right, say so with --acknowledge ${shown}, or \`acknowledge: [${shown}]\` in the file`;
  return { ...common, severity: 'acknowledge', acknowledge: shown, hint };
}
