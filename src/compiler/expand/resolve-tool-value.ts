import { evaluateValue, type Scope } from '../../expressions/index.ts';
import type { Parameter } from '../../model/index.ts';
import { attempt, fault } from './attempt.ts';
import type { CompiledStep, CompiledWith } from './compile-step.ts';
import type { Context } from './context.ts';
import {
  checked,
  found,
  type Resolved,
  resolveMeasured,
  resolveWorkflowValue,
} from './resolve-workflow-value.ts';
import type { Facts } from './source.ts';

/**
 * A parameter of a step's tool, for one task: command line, what the step gives it, acquisition, the tool's default.
 * What the step carries on from a parameter of the workflow keeps the origin it has there, and stands where that
 * origin stands: a default of the workflow gives way to the acquisition's own value.
 */
export function resolveToolValue(
  context: Context,
  compiled: CompiledStep,
  name: string,
  parameter: Parameter,
  facts: Facts,
  scope: Scope,
): Resolved {
  const ask = `${compiled.step.name}.${name}`;
  const setting = context.settings.get(ask);
  if (setting) return found({ ...setting, origin: 'command line' });
  const given = compiled.with.get(name);
  const carried = given && resolveGiven(context, ask, parameter, given, facts, scope);
  if (carried && !givesWay(carried)) return carried;
  const measured = resolveMeasured(ask, parameter, facts);
  if (measured) return measured;
  return carried?.kind === 'value' ? carried : resolveToolDefault(compiled, name, parameter);
}

function givesWay(carried: Resolved): boolean {
  return carried.kind === 'absent' || (carried.kind === 'value' && carried.value.origin === 'default');
}

function resolveGiven(
  context: Context,
  ask: string,
  parameter: Parameter,
  given: CompiledWith,
  facts: Facts,
  scope: Scope,
): Resolved {
  if (given.carries !== undefined) {
    const carried = resolveWorkflowValue(context, given.carries, facts);
    return carried.kind === 'value' ? checked(ask, parameter, carried.value) : carried;
  }
  const source = `${context.fileName}:${given.place.line}`;
  const literal = given.value;
  if (typeof literal !== 'object') return checked(ask, parameter, { value: literal, origin: 'step', source });
  const result = attempt(() => evaluateValue(literal, scope));
  if (!result.ok) return { kind: 'wrong', about: `\`${ask}\``, fault: result };
  if (result.value === null && parameter.optional) return { kind: 'absent' };
  if (result.value === null || typeof result.value === 'object') {
    const message = `\`${literal.text}\` gives neither a text, a number nor true or false`;
    return { kind: 'wrong', about: `\`${ask}\``, fault: fault('bad-value', message) };
  }
  return checked(ask, parameter, { value: result.value, origin: 'step', source });
}

function resolveToolDefault(compiled: CompiledStep, name: string, parameter: Parameter): Resolved {
  const { tool } = compiled.step;
  if (parameter.default !== undefined) {
    const source = `default of ${name} in ${tool.name} ${tool.version}`;
    return found({ value: parameter.default, origin: 'default', source });
  }
  const ask = `${compiled.step.name}.${name}`;
  return parameter.optional ? { kind: 'absent' } : { kind: 'missing', ask, parameter };
}
