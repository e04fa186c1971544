import type { Scope, Value } from '../../expressions/index.ts';
import type { Resources, TaskOutput } from '../../model/index.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Values } from './resolve-values.ts';
import type { TaskUnit } from './task-unit.ts';

/** The names that the templates of one task may use, for the two who write them. */
export interface Scopes {
  /** The tool's descriptor: its own parameters by their bare names. */
  readonly tool: Scope;
  /** The step of the workflow: the workflow's parameters come first, then the tool's. */
  readonly step: Scope;
}

/** What a task's item and inputs are called. Inputs appear by their files' names, because paths are not known yet. */
export function itemScope(compiled: CompiledStep, unit: TaskUnit): Scope {
  const inputs: Record<string, Value> = {};
  for (const { role, many } of compiled.inputs) {
    const first = unit.inputs.find((each) => each.role === role);
    if (first !== undefined) inputs[role] = many ? namesOf(unit, role) : first.item.name;
  }
  return { item: { ...unit.facts.tags, ...unit.facts.dims }, inputs };
}

function namesOf({ inputs }: TaskUnit, wanted: string): readonly string[] {
  return inputs.flatMap(({ role, item }) => (role === wanted ? [item.name] : []));
}

export function buildScopes(item: Scope, workflow: Values, tool: Values): Scopes {
  if (isEmpty(workflow) && isEmpty(tool)) return { tool: item, step: item };
  const [first, second] = [plain(workflow), plain(tool)];
  const scope = { ...first, ...second, ...item };
  // Where only one of the two names anything, nothing can stand before anything.
  const same = isEmpty(workflow) || isEmpty(tool);
  return { tool: scope, step: same ? scope : { ...second, ...first, ...item } };
}

/** What is known once resources and output names are: a command may use both. */
export function withResults(
  { tool, step }: Scopes,
  resources: Resources,
  outputs: readonly TaskOutput[],
): Scopes {
  const names = outputs.map(({ role, name }): [string, string] => [role, name]);
  const results = { resources: { ...resources }, outputs: Object.fromEntries(names) };
  const known = { ...tool, ...results };
  return { tool: known, step: step === tool ? known : { ...step, ...results } };
}

function plain(values: Values): Scope {
  return Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
}

function isEmpty(values: Values): boolean {
  for (const _ in values) return false;
  return true;
}
