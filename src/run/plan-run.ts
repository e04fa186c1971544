import { resolve } from 'node:path';
import { expand } from '../compiler/index.ts';
import {
  accept,
  type Checked,
  type KeyParts,
  type Plan,
  type Problem,
  refuse,
  type Task,
  type Workflow,
} from '../model/index.ts';
import { checkWorkflow } from './check-workflow.ts';
import { scanCollections } from './scan-collections.ts';
import type { Settings } from './settings.ts';

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
  readonly arguments: readonly string[];
  readonly acknowledged: readonly string[];
}

/** Workflow file and data folder → a plan. Looks at names, sizes and headers of images; runs and writes nothing. */
export async function planRun(request: PlanRequest, settings: Settings): Promise<Checked<PlannedRun>> {
  const workflow = await checkWorkflow(request.file, settings);
  if (!workflow.ok) return workflow;
  const dataFolder = resolve(request.data ?? resolve(workflow.value.file, '..'));
  const collections = await scanCollections(workflow.value, dataFolder);
  if (!collections.ok) return collections;
  const expanded = expand(workflow.value, collections.value, {
    set: request.set,
    acknowledge: request.acknowledge,
  });
  if (!expanded.ok) return expanded;
  const tooBig = demandsTooMuch(expanded.value.plan.tasks, settings);
  if (tooBig.length > 0) return refuse(...tooBig);
  const planned: PlannedRun = {
    workflow: workflow.value,
    ...expanded.value,
    dataFolder,
    arguments: request.arguments,
    acknowledged: [...workflow.value.acknowledged, ...request.acknowledge],
  };
  return accept(planned, [...workflow.warnings, ...collections.warnings, ...expanded.warnings]);
}

/** A request that this machine can never meet would wait for ever: refused by name when planned. */
function demandsTooMuch(tasks: readonly Task[], { capacity }: Settings): readonly Problem[] {
  const asked = new Map<string, Problem>();
  for (const { step, resources } of tasks) {
    for (const what of ['cpus', 'gpus', 'memory'] as const) {
      if (resources[what] <= capacity[what] || asked.has(`${step}.${what}`)) continue;
      const [wanted, has] =
        what === 'memory'
          ? [gigabytes(resources.memory), gigabytes(capacity.memory)]
          : [resources[what], capacity[what]];
      asked.set(`${step}.${what}`, {
        code: 'too-much',
        message: `step \`${step}\` asks for ${wanted} ${what === 'memory' ? 'GB of memory' : what}, and this machine gives ${has}`,
        hint: `ask for less in the step's resources, or run it on a site that has more`,
      });
    }
  }
  return [...asked.values()];
}

function gigabytes(bytes: number): number {
  return Math.round((bytes / 1024 ** 3) * 10) / 10;
}
