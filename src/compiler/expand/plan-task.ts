import {
  type Command,
  type KeyParts,
  type Resources,
  type Task,
  type TaskOutput,
  taskId,
} from '../../model/index.ts';
import { planKey } from '../keys/plan-key.ts';
import { staticKey } from '../keys/static-key.ts';
import { type Attempt, attempt, type Fault } from './attempt.ts';
import { buildCommand, type ManyInputs } from './build-command.ts';
import { buildScopes, itemScope, type Scopes, withResults } from './build-scope.ts';
import type { CompiledStep } from './compile-step.ts';
import type { Context } from './context.ts';
import { type EvaluatedEnvironment, ownVariables } from './evaluate-environment.ts';
import { evaluateOutputs } from './evaluate-outputs.ts';
import { evaluateResources } from './evaluate-resources.ts';
import { keyParts } from './key-parts.ts';
import { cannotBeTooLong, measureCommand } from './measure-command.ts';
import { noteFault, toolValues, workflowValues } from './resolve-values.ts';
import type { SharedCommand, SharedParts } from './shared-parts.ts';
import type { TaskUnit } from './task-unit.ts';

export interface PlannedTask {
  readonly task: Task;
  readonly parts: KeyParts;
  readonly unit: TaskUnit;
}

/** Bytes that the run's folder may add to a result's name. */
const folderBytes = 256;

/** One task of a step. What is wrong with it is noted, and the task is made all the same, so that what follows is looked at too. */
export function planTask(
  context: Context,
  compiled: CompiledStep,
  shared: SharedParts,
  unit: TaskUnit,
  ordinal: number,
): PlannedTask {
  const { step } = compiled;
  const item = itemScope(compiled, unit);
  const workflow = workflowValues(context, compiled, unit.facts);
  const given = toolValues(context, compiled, unit.facts, buildScopes(item, workflow, {}).step);
  const values = shared.values(given);
  const built = buildTask(context, compiled, shared, unit, buildScopes(item, workflow, values));
  const parts = keyParts(compiled, {
    values,
    environment: shared.hasOwnVariables ? { ...shared.fixed, ...built.environment } : shared.fixed,
    outputs: built.outputs,
    scope: built.scope,
  });
  const key = staticKey(parts);
  const plain: Task = {
    id: taskId(step.name, ordinal),
    step: step.name,
    label: unit.facts.label,
    dims: unit.facts.dims,
    inputs: unit.inputs.map(({ role, index, item: { from } }) => ({ role, index, from })),
    outputs: built.outputs,
    values,
    command: built.command,
    resources: built.resources,
    staticKey: key,
    planKey: planKeyOf(key, unit),
  };
  const rare = rareParts(built);
  return { task: rare === undefined ? plain : { ...plain, ...rare }, parts, unit };
}

/** What few tasks have. */
function rareParts({ checks, environment }: BuiltTask): Pick<Task, 'checks' | 'environment'> | undefined {
  const hasVariables = environment !== noVariables.values && Object.keys(environment).length > 0;
  if (checks.length === 0 && !hasVariables) return undefined;
  return { ...(checks.length > 0 && { checks }), ...(hasVariables && { environment }) };
}

interface BuiltTask {
  readonly resources: Resources;
  readonly outputs: readonly TaskOutput[];
  readonly environment: Readonly<Record<string, string>>;
  readonly command: Command;
  readonly checks: readonly Command[];
  /** What the command was built from. */
  readonly scope: () => Scopes['tool'];
}

function buildTask(
  context: Context,
  compiled: CompiledStep,
  shared: SharedParts,
  unit: TaskUnit,
  scopes: Scopes,
): BuiltTask {
  const note = ({ about, fault }: { readonly about: string; readonly fault: Fault }): void =>
    noteFault(context, compiled, about, fault, unit.facts);
  const { resources, faults } = shared.resources(scopes, '', () =>
    evaluateResources(compiled.resources, scopes),
  );
  const named = evaluateOutputs(compiled.outputs, scopes);
  const known = once(() => withResults(scopes, resources, named.outputs));
  const environment = shared.hasOwnVariables ? ownVariables(compiled.environment, known()) : noVariables;
  for (const each of [...faults, ...named.faults, ...environment.faults]) note(each);
  // Without all its outputs a command is not what it is for others.
  const isWhole = named.faults.length === 0;
  const many = manyInputs(shared, unit);
  const build = ({ pattern, author, namesResults, alike }: SharedCommand): Attempt<Command> => {
    const make = (): Attempt<Command> => attempt(() => buildCommand(pattern, known()[author], many));
    return isWhole ? alike(namesResults ? known() : scopes, JSON.stringify(many), make) : make();
  };
  const command = build(shared.command);
  const wrong = command.ok ? measure(context, command.value, unit, named.outputs) : command;
  const checks = shared.checks.flatMap((each) => {
    const check = build(each);
    if (!check.ok && isWhole) note({ about: 'check', fault: check });
    return check.ok ? [check.value] : [];
  });
  // A command that names an output whose own name is wrong would only repeat that.
  if (wrong && isWhole) note({ about: 'command', fault: wrong });
  return {
    resources,
    outputs: named.outputs,
    environment: environment.values,
    command: command.ok ? command.value : { kind: 'words', words: [] },
    checks,
    scope: () => known().tool,
  };
}

const noVariables: EvaluatedEnvironment = { values: {}, faults: [] };

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function manyInputs({ manyRoles }: SharedParts, unit: TaskUnit): ManyInputs {
  if (manyRoles.length === 0) return {};
  const counts = manyRoles.map((role) => [role, unit.inputs.filter((each) => each.role === role).length]);
  return Object.fromEntries(counts);
}

function measure(
  context: Context,
  command: Command,
  unit: TaskUnit,
  outputs: readonly TaskOutput[],
): Fault | undefined {
  let longest = 0;
  for (const { item } of unit.inputs) longest = Math.max(longest, item.pathBytes);
  for (const { name } of outputs) longest = Math.max(longest, resultBytes(name));
  if (cannotBeTooLong(command, longest, context.limits)) return undefined;
  const sizes = inputSizes(unit);
  const names = new Map(outputs.map(({ role, name }) => [role, resultBytes(name)]));
  return measureCommand(
    command,
    {
      input: (role, index) => sizes.get(role)?.[index] ?? 0,
      output: (role) => names.get(role) ?? 0,
    },
    context.limits,
  );
}

/** Bytes of the paths, by role and index. */
function inputSizes({ inputs }: TaskUnit): ReadonlyMap<string, readonly number[]> {
  const sizes = new Map<string, number[]>();
  for (const { role, index, item } of inputs) {
    const known = sizes.get(role) ?? [];
    known[index] = item.pathBytes;
    sizes.set(role, known);
  }
  return sizes;
}

/** Bytes of a result's path, estimated: its run's folder is not known yet. */
export function resultBytes(name: string): number {
  return Buffer.byteLength(name) + folderBytes;
}

function planKeyOf(key: string, unit: TaskUnit): string {
  return planKey(
    key,
    unit.inputs.map(({ role, index, item: { from, planKey: made } }) =>
      from.kind === 'file'
        ? { role, index, from: { kind: 'file', file: from.file } }
        : { role, index, from: { kind: 'task', planKey: made ?? '', output: from.output } },
    ),
  );
}
