import { evaluateText, type Scope } from '../../expressions/index.ts';
import { attempt, type Fault, fault } from './attempt.ts';
import type { Author, CompiledVariable } from './compile-step.ts';

export interface EvaluatedEnvironment {
  readonly values: Readonly<Record<string, string>>;
  readonly faults: readonly { readonly about: string; readonly fault: Fault }[];
}

/** Variables written out in the workflow or the tool: the same for every task of the step. */
export function fixedVariables(variables: readonly CompiledVariable[]): Readonly<Record<string, string>> {
  const fixed = variables
    .filter(isFixed)
    .map(({ name, value }): [string, string] => [name, evaluateText(value, {})]);
  return Object.fromEntries(fixed);
}

export function hasOwnVariables(variables: readonly CompiledVariable[]): boolean {
  return !variables.every(isFixed);
}

/** Variables made of a task's own values. */
export function ownVariables(
  variables: readonly CompiledVariable[],
  scopes: Readonly<Record<Author, Scope>>,
): EvaluatedEnvironment {
  const values: [string, string][] = [];
  const faults: { about: string; fault: Fault }[] = [];
  for (const variable of variables) {
    if (isFixed(variable)) continue;
    const text = evaluateVariable(variable, scopes[variable.author]);
    if (text.ok) values.push([variable.name, text.value]);
    else faults.push({ about: `variable \`${variable.name}\``, fault: text });
  }
  return { values: Object.fromEntries(values), faults };
}

function isFixed({ value }: CompiledVariable): boolean {
  return value.parts.every((part) => 'literal' in part);
}

function evaluateVariable({ value }: CompiledVariable, scope: Scope): ReturnType<typeof attempt<string>> {
  const path = value.parts.find(
    (part) => !('literal' in part) && /^(inputs|outputs)\./.test(part.name ?? ''),
  );
  if (path && !('literal' in path)) {
    const hint = 'Paths are known only where the task runs: pass it in the command';
    return fault('path-in-environment', `\`${path.source}\` is a path, and a variable cannot hold it`, hint);
  }
  const text = attempt(() => evaluateText(value, scope));
  if (!text.ok || !text.value.includes('\0')) return text;
  return fault('bad-value', 'the value holds a NUL character');
}
