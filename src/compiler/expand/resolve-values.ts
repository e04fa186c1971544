import type { Scope } from '../../expressions/index.ts';
import type { SourcedValue } from '../../model/index.ts';
import type { Fault } from './attempt.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Context } from './context.ts';
import { noteToolContradiction, noteWorkflowContradiction } from './note-contradiction.ts';
import { noteMissing } from './note-missing.ts';
import { resolveToolValue } from './resolve-tool-value.ts';
import { type Resolved, resolveWorkflowValue } from './resolve-workflow-value.ts';
import type { Facts } from './source.ts';

export type Values = Readonly<Record<string, SourcedValue>>;

const none: Values = {};

/** The workflow's parameters that the templates of a step name, for one task. What is wrong is noted. */
export function workflowValues(context: Context, compiled: CompiledStep, facts: Facts): Values {
  return collect(context, compiled, facts, compiled.parameters, (name) => {
    const resolved = resolveWorkflowValue(context, name, facts);
    if (resolved.kind === 'value') noteWorkflowContradiction(context, compiled, name, resolved.value, facts);
    return resolved;
  });
}

/** All parameters of a step's tool, for one task. What is wrong or contradicts the acquisition is noted. */
export function toolValues(context: Context, compiled: CompiledStep, facts: Facts, scope: Scope): Values {
  const { parameters } = compiled.step.tool;
  return collect(context, compiled, facts, Object.keys(parameters), (name) => {
    const parameter = parameters[name];
    if (parameter === undefined) return { kind: 'absent' };
    const resolved = resolveToolValue(context, compiled, name, parameter, facts, scope);
    if (resolved.kind === 'value') {
      noteToolContradiction(context, compiled, name, parameter, resolved.value, facts);
    }
    return resolved;
  });
}

function collect(
  context: Context,
  compiled: CompiledStep,
  facts: Facts,
  names: readonly string[],
  resolve: (name: string) => Resolved,
): Values {
  if (names.length === 0) return none;
  const entries = names.flatMap((name): [string, SourcedValue][] => {
    const resolved = resolve(name);
    if (resolved.kind === 'value') return [[name, resolved.value]];
    if (resolved.kind === 'missing') {
      noteMissing(context, compiled.step, resolved.ask, resolved.parameter, facts);
    } else if (resolved.kind === 'wrong') {
      noteFault(context, compiled, resolved.about, resolved.fault, facts);
    }
    return [];
  });
  return Object.fromEntries(entries);
}

/** Something that could not be worked out for one task; the same for many tasks is one problem. */
export function noteFault(
  context: Context,
  { step }: CompiledStep,
  about: string,
  { code, message, hint }: Fault,
  facts: Facts,
): void {
  const befallen = { what: `${step.name} ${about} ${message}`, step: step.name, label: facts.label };
  context.errors.note(befallen, (items) => ({
    code,
    message: `step \`${step.name}\`, ${about}: ${message}, for ${items}`,
    ...(hint === undefined ? {} : { hint }),
    place: step.place,
  }));
}
