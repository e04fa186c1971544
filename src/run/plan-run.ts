import { dirname, resolve } from 'node:path';
import { chooseEngines, expand } from '../compiler/index.ts';
import {
  accept,
  type Checked,
  type KeyParts,
  type Plan,
  type Problem,
  type Resources,
  refuse,
  type Task,
  type Workflow,
} from '../model/index.ts';
import { checkWorkflow } from './check-workflow.ts';
import { resolveImages } from './images/resolve-images.ts';
import { offeredEngines } from './offered-engines.ts';
import { placeInputs, type SentInput } from './place-inputs.ts';
import { scanCollections } from './scan-collections.ts';
import type { Settings } from './settings.ts';
import type { OpenSite } from './with-site.ts';

/** What a person asks to be planned. */
export interface PlanRequest {
  readonly file: string;
  /** Where collections by pattern look; the workflow's folder when absent. */
  readonly data?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly acknowledge: readonly string[];
  /** As typed, for the ledger. */
  readonly arguments: readonly string[];
}

export interface PlannedRun {
  readonly workflow: Workflow;
  readonly plan: Plan;
  readonly keyParts: ReadonlyMap<string, KeyParts>;
  readonly dataFolder: string;
  /** Images of this machine that the site needs. */
  readonly inputs: readonly SentInput[];
  readonly arguments: readonly string[];
  readonly acknowledged: readonly string[];
}

/** Workflow file, data and site → a plan. Looks at names, sizes and headers of images; runs nothing, and writes only the lock of image tags. */
export async function planRun(
  request: PlanRequest,
  settings: Settings,
  open: OpenSite,
): Promise<Checked<PlannedRun>> {
  const workflow = await checkWorkflow(request.file, settings);
  if (!workflow.ok) return workflow;
  const dataFolder = resolve(request.data ?? resolve(workflow.value.file, '..'));
  const collections = await scanCollections(workflow.value, dataFolder, settings, open);
  if (!collections.ok) return collections;
  const placed = await placeInputs(collections.value, open);
  const chosen = await chooseEngines(workflow.value, collections.value, request.set, {
    name: open.site.name,
    offers: () => offeredEngines(open.site, settings),
  });
  if (!chosen.ok) return chosen;
  const resolved = await resolveImages(chosen.value.workflow, open, settings);
  if (!resolved.ok) return resolved;
  const expanded = expand(resolved.value, placed.collections, {
    set: chosen.value.set,
    acknowledge: request.acknowledge,
  });
  if (!expanded.ok) return expanded;
  const tooBig = demandsTooMuch(expanded.value.plan, settings, open);
  const unbound = cannotBind(expanded.value.plan);
  if (tooBig.length + unbound.length > 0) return refuse(...tooBig, ...unbound);
  const planned: PlannedRun = {
    workflow: workflow.value,
    ...expanded.value,
    dataFolder,
    inputs: placed.inputs,
    arguments: request.arguments,
    acknowledged: [...workflow.value.acknowledged, ...request.acknowledge],
  };
  return accept(planned, [...workflow.warnings, ...collections.warnings, ...expanded.warnings]);
}

/** A request that the site can never meet would wait for ever: refused by name when planned. */
function demandsTooMuch(
  { tasks, steps }: Plan,
  settings: Settings,
  { site, backend }: Pick<OpenSite, 'site' | 'backend'>,
): readonly Problem[] {
  const asked = new Map<string, Problem>();
  const seen = new Set<string>();
  // Most tasks share one request.
  let last: Task | undefined;
  for (const task of tasks) {
    const { step, resources } = task;
    if (last?.resources === resources && last.step === step) continue;
    last = task;
    const key = `${step} ${JSON.stringify(resources)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const refusals =
      site.batch === 'local' ? beyondMachine(resources, settings) : backend.batch.refusals(resources);
    const problems = [
      ...refusals.map((refusal) => ({
        code: 'too-much',
        message: `step \`${step}\` ${refusal}`,
        hint: "change the step's `resources`, or run it on a site that gives them",
      })),
      ...(site.batch === 'local' || refusals.length > 0 ? [] : nowhereToRetry(task, steps, backend)),
    ];
    for (const problem of problems) if (!asked.has(problem.message)) asked.set(problem.message, problem);
  }
  return [...asked.values()];
}

/** Partitions of the rules of retries that the site lacks, or that give less than is asked for. */
function nowhereToRetry(
  { step, resources }: Task,
  steps: Plan['steps'],
  { batch }: OpenSite['backend'],
): readonly Problem[] {
  const { retry = {} } = steps.find(({ name }) => name === step) ?? {};
  return Object.entries(retry).flatMap(([failure, { partition }]) =>
    (partition === undefined ? [] : batch.refusals({ ...resources, partition })).map((refusal) => ({
      code: 'too-much',
      message: `step \`${step}\`, tried again after \`${failure}\`, ${refusal}`,
      hint: "change `partition` in the step's `retry`",
    })),
  );
}

function beyondMachine(resources: Resources, { capacity }: Settings): readonly string[] {
  return (['cpus', 'gpus', 'memory'] as const).flatMap((what) => {
    if (resources[what] <= capacity[what]) return [];
    const [wanted, has] =
      what === 'memory'
        ? [gigabytes(resources.memory), gigabytes(capacity.memory)]
        : [resources[what], capacity[what]];
    return [`asks for ${wanted} ${what === 'memory' ? 'GB of memory' : what}, and this machine gives ${has}`];
  });
}

/** A container runtime parts what it is to bind at commas and colons. */
function cannotBind({ steps, tasks }: Plan): readonly Problem[] {
  const inside = new Set(steps.filter(({ container }) => container !== undefined).map(({ name }) => name));
  const folders = tasks
    .filter(({ step }) => inside.has(step))
    .flatMap(({ inputs }) =>
      inputs.flatMap(({ from }) => (from.kind === 'file' ? [dirname(from.file.path)] : [])),
    );
  return [...new Set(folders.filter((folder) => /[,:]/.test(folder)))].map((folder) => ({
    code: 'cannot-bind',
    message: `the folder \`${folder}\` cannot be seen in a container: its name holds a comma or a colon`,
    hint: 'rename it, or link it under another name',
  }));
}

function gigabytes(bytes: number): number {
  return Math.round((bytes / 1024 ** 3) * 10) / 10;
}
