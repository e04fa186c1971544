import {
  accept,
  type Checked,
  type Collection,
  type KeyParts,
  type Plan,
  type PlannedStep,
  type Problem,
  refuse,
  type Step,
  type Task,
  type Workflow,
} from '../../model/index.ts';
import { type CompiledStep, compileStep } from './compile-step.ts';
import { type Context, makeContext } from './context.ts';
import type { Limits } from './limits.ts';
import { makeUnits } from './make-units.ts';
import { planStep, planTasks, sourcesOf } from './plan-step.ts';
import { type PlannedTask, resultBytes } from './plan-task.ts';
import { runParameters } from './run-parameters.ts';
import { readSettings, unknownAcknowledgements } from './settings.ts';
import { collectionSources, type Source, type SourceItem, sourceKey } from './source.ts';

export interface ExpandOptions {
  /** `--set NAME=…` and `--set STEP.NAME=…`, as written. */
  readonly set: Readonly<Record<string, string>>;
  /** Names of parameters whose contradiction of the acquisition is accepted, besides those in the file. */
  readonly acknowledge: readonly string[];
  readonly limits?: Partial<Limits>;
}

export interface Expanded {
  readonly plan: Plan;
  /** By static key. Tasks with equal parts share an entry. */
  readonly keyParts: ReadonlyMap<string, KeyParts>;
}

/**
 * A checked workflow and its collections, already read, → every task with its values, inputs, outputs, command and
 * keys. Touches no disk. All problems come together; warnings (acknowledged contradictions, names that differ only in
 * case) come with the plan.
 */
export function expand(
  workflow: Workflow,
  collections: Readonly<Record<string, Collection>>,
  options: ExpandOptions,
): Checked<Expanded> {
  const settings = readSettings(workflow, options.set);
  const unknown = unknownAcknowledgements(workflow, options.acknowledge);
  const context = makeContext(workflow, settings.ok ? settings.value : new Map(), options);
  for (const problem of [...(settings.ok ? [] : settings.problems), ...unknown]) context.errors.add(problem);
  checkCollections(context, collections);
  const compiled = workflow.steps.map((step) => compileStep(workflow, step, context.errors.add));
  if (context.errors.problems().length > 0) return refuse(...context.errors.problems());
  const sources = collectionSources(workflow, collections);
  const made = planAll(context, compiled, sources);
  const problems = context.errors.problems();
  if (problems.length > 0) return refuse(...problems, ...context.warnings.problems());
  const { name, file, sha256, fetch } = workflow;
  const parameters = runParameters(context, collections);
  const plan: Plan = {
    format: 1,
    workflow: { name, file, sha256 },
    ...made.plan,
    parameters,
    ...(fetch.length > 0 && { fetch }),
  };
  return accept({ plan, keyParts: made.keyParts }, context.warnings.problems());
}

interface Made {
  readonly plan: { readonly steps: readonly PlannedStep[]; readonly tasks: readonly Task[] };
  readonly keyParts: ReadonlyMap<string, KeyParts>;
}

/** Step by step, each one's outputs becoming sources of the next. A step whose source could not be made is left out. */
function planAll(context: Context, compiled: readonly CompiledStep[], sources: Map<string, Source>): Made {
  const tasks: Task[] = [];
  const keyParts = new Map<string, KeyParts>();
  const read = new Set(compiled.flatMap(({ step }) => sourcesOf(step).map(sourceKey)));
  for (const each of compiled) {
    const units = makeUnits(context, each.step, sources, context.limits.tasks - tasks.length);
    if (units === undefined) continue;
    const roles = each.outputs
      .map(({ role }) => role)
      .filter((role) => read.has(`${each.step.name}.${role}`));
    const outputs = new Map(roles.map((role): [string, SourceItem[]] => [role, []]));
    for (const planned of planTasks(context, each, units)) {
      tasks.push(planned.task);
      keyParts.set(planned.task.staticKey, planned.parts);
      if (roles.length === 0) continue;
      for (const item of outputItems(planned)) outputs.get(item.role)?.push(item.item);
    }
    addSources(sources, each.step, outputs, units.length);
  }
  return { plan: { steps: compiled.map(planStep), tasks }, keyParts };
}

/** An output goes on under the name, dimensions, tags and acquisition of what it was made from. */
function outputItems({ task, unit }: PlannedTask): readonly { role: string; item: SourceItem }[] {
  return task.outputs.map(({ role, name }) => ({
    role,
    item: {
      ...unit.facts,
      from: { kind: 'task', task: task.id, output: role },
      name,
      pathBytes: resultBytes(name),
      planKey: task.planKey,
    },
  }));
}

/** An output that some task could not name is no source: what reads it would only complain of holes. */
function addSources(
  sources: Map<string, Source>,
  step: Step,
  outputs: ReadonlyMap<string, readonly SourceItem[]>,
  count: number,
): void {
  for (const [role, items] of outputs) {
    const name = `${step.name}.${role}`;
    if (items.length === count) sources.set(name, { title: `the items of \`${name}\``, items });
  }
}

/** Every collection that a step reads has to be there, hold something, and not too much. */
function checkCollections(context: Context, collections: Readonly<Record<string, Collection>>): void {
  const refs = context.workflow.steps.flatMap(sourcesOf);
  const names = new Set(refs.flatMap((ref) => (ref.kind === 'collection' ? [ref.name] : [])));
  for (const name of names) {
    const problem = checkCollection(context, name, collections[name]);
    if (problem) context.errors.add(problem);
  }
}

function checkCollection(
  { workflow, limits }: Context,
  name: string,
  collection: Collection | undefined,
): Problem | undefined {
  const declared = workflow.collections[name];
  const place = declared === undefined ? {} : { place: declared.place };
  const count = collection?.items.length ?? 0;
  if (count > limits.items) {
    const message = `collection \`${name}\` has ${count} items, at most ${limits.items} can be planned`;
    return { code: 'too-many-items', message, hint: 'Split the data over several runs', ...place };
  }
  if (count > 0) return undefined;
  const how = declared?.pattern ?? declared?.table;
  const hint =
    how === undefined ? 'Add files to it' : `\`${how}\` found nothing: look at the folder and the spelling`;
  return { code: 'empty-collection', message: `collection \`${name}\` has no items`, hint, ...place };
}
