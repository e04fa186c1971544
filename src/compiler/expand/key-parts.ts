import type { Scope, Template, Value } from '../../expressions/index.ts';
import type { KeyParts, Scalar, TaskOutput } from '../../model/index.ts';
import { canonicalJson } from '../keys/canonical-json.ts';
import { textOf } from './command-pattern.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Values } from './resolve-values.ts';

export interface TaskParts {
  readonly values: Values;
  readonly environment: Readonly<Record<string, string>>;
  readonly outputs: readonly TaskOutput[];
  /** What the command was built from. */
  readonly scope: () => Scope;
}

/**
 * What a task's static key is made of. All values of the tool's parameters are in it, used or not, because that is
 * easy to explain; of the other names (`item.cell`, a name that is taken apart) only those that reach the command or the
 * environment. What a task is given to run in (`resources`) never is.
 */
export function keyParts(compiled: CompiledStep, parts: TaskParts): KeyParts {
  const { tool } = compiled.step;
  return {
    command: compiled.command.text,
    values: keyValues(compiled, parts),
    tool: `${tool.name}@${tool.version}`,
    cacheVersion: tool.cacheVersion,
    container: tool.container?.digest ?? tool.container?.image ?? null,
    environment: keyVariables(compiled, parts.environment),
    outputs: namesOf(parts.outputs),
  };
}

function namesOf(outputs: readonly TaskOutput[]): KeyParts['outputs'] {
  const names: Record<string, string> = {};
  for (const { role, name } of outputs) names[role] = name;
  return names;
}

type KeyValues = KeyParts['values'];

/** Tasks with the same values share what their keys say of them. */
const plainValues = new WeakMap<Values, KeyValues>();

function keyValues(compiled: CompiledStep, parts: TaskParts): KeyValues {
  const shared = plainValues.get(parts.values) ?? plain(parts.values);
  plainValues.set(parts.values, shared);
  return otherNamesOf(compiled).length === 0 ? shared : { ...shared, ...otherNames(compiled, parts) };
}

function plain(values: Values): KeyValues {
  return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
}

function keyVariables(compiled: CompiledStep, variables: TaskParts['environment']): TaskParts['environment'] {
  return compiled.environment.length === 0 ? variables : { ...variables, ...resourceVariables(compiled) };
}

/** A variable made of resources stands in the key as it is written: more cpus must not repeat a task. */
function resourceVariables(compiled: CompiledStep): Readonly<Record<string, string>> {
  const named = compiled.environment.filter(({ value }) => value.names.some(isResource));
  return Object.fromEntries(named.map(({ name, value }) => [name, textOf(value)]));
}

function otherNames(compiled: CompiledStep, { values, scope }: TaskParts): Readonly<Record<string, Scalar>> {
  const names = otherNamesOf(compiled).filter((name) => !Object.hasOwn(values, rootOf(name)));
  return Object.fromEntries(
    names.flatMap((name): [string, Scalar][] => {
      const value = lookUp(scope(), name);
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? canonicalJson(value) : value]];
    }),
  );
}

const remembered = new WeakMap<CompiledStep, readonly string[]>();

/** The same for all tasks of a step, so that it is worked out once. */
function otherNamesOf(compiled: CompiledStep): readonly string[] {
  const known = remembered.get(compiled);
  if (known) return known;
  const variables = compiled.environment.filter(({ value }) => value.names.some(isResource));
  const templates = [...compiled.command.templates, ...variables.map(({ value }) => value)];
  const names = [...new Set(templates.flatMap(namesInside))].sort();
  remembered.set(compiled, names);
  return names;
}

/** A name that stands alone for an input or an output is a path, which no key holds; taken apart, it is a value. */
function namesInside(template: Template): readonly string[] {
  const alone = new Set(
    template.parts.flatMap((part) => ('literal' in part || part.name === undefined ? [] : [part.offset])),
  );
  return template.uses
    .filter(({ name, offset }) => !(alone.has(offset) && /^(inputs|outputs)\./.test(name)))
    .map(({ name }) => name)
    .filter((name) => !isResource(name) && !name.startsWith('outputs.'));
}

function isResource(name: string): boolean {
  return rootOf(name) === 'resources';
}

function rootOf(name: string): string {
  return name.split('.', 1)[0] ?? name;
}

function lookUp(scope: Scope, name: string): Value | undefined {
  return name.split('.').reduce<Value | undefined>((holder, key) => {
    if (typeof holder !== 'object' || holder === null || !isRecord(holder)) return undefined;
    return Object.hasOwn(holder, key) ? holder[key] : undefined;
  }, scope);
}

function isRecord(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
