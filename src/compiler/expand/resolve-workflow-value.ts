import type { Parameter, SourcedValue } from '../../model/index.ts';
import { parseParameterValue } from '../../tools/index.ts';
import { type Fault, fault } from './attempt.ts';
import { measuredValue } from './compare-measured.ts';
import type { Context } from './context.ts';
import { own } from './own.ts';
import type { Facts } from './source.ts';

/** What came of asking for a parameter's value. */
export type Resolved =
  | { readonly kind: 'value'; readonly value: SourcedValue }
  /** Nothing supplies it, and it may be left out. */
  | { readonly kind: 'absent' }
  /** Nothing supplies it; `ask` is the name that `--set` takes. */
  | { readonly kind: 'missing'; readonly ask: string; readonly parameter: Parameter }
  | { readonly kind: 'wrong'; readonly about: string; readonly fault: Fault };

/** A parameter of the workflow, for one item: command line, table row, acquisition, default. */
export function resolveWorkflowValue(context: Context, name: string, facts: Facts): Resolved {
  const parameter = own(context.workflow.parameters, name);
  if (parameter === undefined) throw new TypeError(`the workflow has no parameter ${name}`);
  const setting = context.settings.get(name);
  if (setting) return found({ ...setting, origin: 'command line' });
  const tag = own(facts.tags, name);
  if (tag !== undefined) {
    return checked(name, parameter, { value: tag, origin: 'table row', source: facts.tagSource });
  }
  return resolveMeasured(name, parameter, facts) ?? resolveDefault(context, name, parameter);
}

/** From the acquisition's metadata; undefined when they say nothing. */
export function resolveMeasured(name: string, parameter: Parameter, facts: Facts): Resolved | undefined {
  const measured = parameter.from === undefined ? undefined : own(facts.acquisition, parameter.from);
  if (measured === undefined) return undefined;
  const value = measuredValue(measured, parameter.unit);
  if (value !== undefined) {
    return checked(name, parameter, { value, origin: 'acquisition', source: measured.source });
  }
  const message = `it is in \`${parameter.unit}\`, and \`${measured.value}\` in \`${measured.unit}\``;
  return { kind: 'wrong', about: `\`${name}\` from ${measured.source}`, fault: fault('wrong-unit', message) };
}

function resolveDefault(context: Context, name: string, parameter: Parameter): Resolved {
  if (parameter.default !== undefined) {
    const source = `default of ${name} in ${context.fileName}`;
    return found({ value: parameter.default, origin: 'default', source });
  }
  return parameter.optional ? { kind: 'absent' } : { kind: 'missing', ask: name, parameter };
}

/** A value that was not checked when it was read: its type, range and choices are the parameter's. */
export function checked(about: string, parameter: Parameter, sourced: SourcedValue): Resolved {
  const read = parseParameterValue(parameter, sourced.value);
  if (read.ok) return found({ ...sourced, value: read.value });
  return {
    kind: 'wrong',
    about: `\`${about}\` from ${sourced.source}`,
    fault: fault('bad-value', read.message, read.hint),
  };
}

export function found(value: SourcedValue): Resolved {
  return { kind: 'value', value };
}
