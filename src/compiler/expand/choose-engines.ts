import {
  accept,
  type Checked,
  type Collection,
  type Engine,
  type Problem,
  refuse,
  type Step,
  type Tool,
  type Workflow,
} from '../../model/index.ts';
import { compileStep } from './compile-step.ts';
import { makeContext } from './context.ts';
import { resolveToolValue } from './resolve-tool-value.ts';
import type { Resolved } from './resolve-workflow-value.ts';
import { noItem, runParameters } from './run-parameters.ts';
import { readSettings } from './settings.ts';

/** The engines of a site. */
export interface EngineOffer {
  /** Those that a workflow may name. */
  readonly named: readonly string[];
  /** Those that may be chosen where none is named. */
  readonly automatic: readonly string[];
  /** Why others cannot run there, in a sentence each by name, where that is known. */
  readonly lacking?: Readonly<Record<string, string>>;
}

export interface ChosenEngines {
  readonly workflow: Workflow;
  /** What was set, with every `auto` that was asked of a step resolved. */
  readonly set: Readonly<Record<string, string>>;
}

/** Which is taken first where the choice is left to the plan. `pycudadecon` is another algorithm, and is never taken so. */
const preferred = ['cupy', 'webgpu'];

/**
 * Each step whose tool has engines gets the command, container and resources of the one that is chosen: it is one for the whole
 * run, so it may depend on the workflow's parameters and on nothing of an item.
 *
 * @param offers what the site offers, asked only where something else than the processor is wanted
 */
export async function chooseEngines(
  workflow: Workflow,
  collections: Readonly<Record<string, Collection>>,
  set: Readonly<Record<string, string>>,
  site: { readonly name: string; offers(): Promise<EngineOffer> },
): Promise<Checked<ChosenEngines>> {
  if (workflow.steps.every(({ tool }) => tool.engines === undefined)) return accept({ workflow, set });
  const settings = readSettings(workflow, set);
  if (!settings.ok) return settings;
  const context = makeContext(workflow, settings.value, { acknowledge: [] });
  const values = runParameters(context, collections);
  const scope = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  const problems: Problem[] = [];
  const steps: Step[] = [];
  const stillSet = { ...set };
  let offer: EngineOffer | undefined;
  for (const step of workflow.steps) {
    const { engines, parameters } = step.tool;
    const parameter = parameters.engine;
    if (engines === undefined || parameter === undefined) {
      steps.push(step);
      continue;
    }
    const compiled = compileStep(workflow, step, context.errors.add);
    const resolved = resolveToolValue(context, compiled, 'engine', parameter, noItem, scope);
    const asked = resolved.kind === 'value' ? String(resolved.value.value) : '';
    if (asked === 'auto' || (asked !== 'cpu' && asked in engines)) offer ??= await site.offers();
    const name = asked === 'auto' ? automatic(engines, offer) : asked;
    const engine = engines[name];
    if (engine === undefined) problems.push(unknownEngine(step, resolved));
    else if (name !== 'cpu' && !offer?.named.includes(name))
      problems.push(missingEngine(step, name, site.name, offer));
    else if (asked === name) steps.push({ ...step, tool: withEngine(step.tool, name, engine) });
    else {
      const engineReason = `chosen for \`auto\`: the site \`${site.name}\` offers ${['cpu', ...(offer?.automatic ?? [])].filter((each, i, all) => all.indexOf(each) === i).join(', ')}`;
      const tool = { ...withEngine(step.tool, name, engine), engineReason };
      steps.push({ ...step, tool, with: { ...step.with, engine: { value: name, place: step.place } } });
      delete stillSet[`${step.name}.engine`];
    }
  }
  return problems.length > 0
    ? refuse(...problems)
    : accept({ workflow: { ...workflow, steps }, set: stillSet });
}

/** The first preferred one that tool and site both have; else the tool's own default. */
function automatic(engines: Readonly<Record<string, Engine>>, offer: EngineOffer | undefined): string {
  const best = preferred.find((name) => name in engines && offer?.automatic.includes(name));
  return best ?? Object.keys(engines)[0] ?? '';
}

/** An engine with a command of its own is another program: how the tool's takes many items says nothing about it. */
function withEngine(
  { batch: ofTool, ...tool }: Tool,
  name: string,
  { command, batch: own, container, resources }: Engine,
): Tool {
  const batch = own ?? (command === undefined ? ofTool : undefined);
  return {
    ...tool,
    engine: name,
    command: command ?? tool.command,
    ...(batch === undefined ? {} : { batch }),
    ...(container === undefined ? {} : { container }),
    resources: { ...tool.resources, ...resources },
  };
}

function unknownEngine({ name, tool, place }: Step, resolved: Resolved): Problem {
  const all = [...Object.keys(tool.engines ?? {}), 'auto'].join(', ');
  const why = resolved.kind === 'wrong' ? `: ${resolved.fault.message}` : '';
  const message = `the engine of step \`${name}\` is not one for the whole run${why}`;
  const hint = `give it as a value or by a parameter of the workflow; tool \`${tool.name}\` has: ${all}`;
  return { code: 'bad-value', message, hint, place };
}

function missingEngine(
  { name, place }: Step,
  engine: string,
  site: string,
  offer: EngineOffer | undefined,
): Problem {
  const why = offer?.lacking?.[engine];
  const message = `step \`${name}\` is computed by \`${engine}\`, and the site \`${site}\` has ${offer?.named.join(', ') || 'cpu'}${why === undefined ? '' : `; ${why}`}`;
  const hint =
    site === 'local'
      ? 'choose another engine or site; `espalier-imaging devices` says what this one wants here'
      : `choose another engine or site; if its nodes can run it, say so in its profile: \`engines: [${engine}]\``;
  return { code: 'engine-missing', message, hint, place };
}
