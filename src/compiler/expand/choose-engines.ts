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

/**
 * Each step whose tool has engines gets the command, container and resources of the one that is chosen: it is one for the whole
 * run, so it may depend on the workflow's parameters and on nothing of an item.
 *
 * @param offered engines that the site has
 */
export function chooseEngines(
  workflow: Workflow,
  collections: Readonly<Record<string, Collection>>,
  set: Readonly<Record<string, string>>,
  site: { readonly name: string; readonly engines: readonly string[] },
): Checked<Workflow> {
  if (workflow.steps.every(({ tool }) => tool.engines === undefined)) return accept(workflow);
  const settings = readSettings(workflow, set);
  if (!settings.ok) return settings;
  const context = makeContext(workflow, settings.value, { acknowledge: [] });
  const values = runParameters(context, collections);
  const scope = Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]));
  const problems: Problem[] = [];
  const steps = workflow.steps.map((step): Step => {
    const { engines, parameters } = step.tool;
    const parameter = parameters.engine;
    if (engines === undefined || parameter === undefined) return step;
    const compiled = compileStep(workflow, step, context.errors.add);
    const resolved = resolveToolValue(context, compiled, 'engine', parameter, noItem, scope);
    const name = resolved.kind === 'value' ? String(resolved.value.value) : '';
    const engine = engines[name];
    if (engine === undefined) problems.push(unknownEngine(step, resolved));
    else if (!site.engines.includes(name)) problems.push(missingEngine(step, name, site));
    else return { ...step, tool: withEngine(step.tool, name, engine) };
    return step;
  });
  return problems.length > 0 ? refuse(...problems) : accept({ ...workflow, steps });
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
  const known = Object.keys(tool.engines ?? {}).join(', ');
  const why = resolved.kind === 'wrong' ? `: ${resolved.fault.message}` : '';
  const message = `the engine of step \`${name}\` is not one for the whole run${why}`;
  const hint = `give it as a value or by a parameter of the workflow; tool \`${tool.name}\` has: ${known}`;
  return { code: 'bad-value', message, hint, place };
}

function missingEngine(
  { name, place }: Step,
  engine: string,
  site: { readonly name: string; readonly engines: readonly string[] },
): Problem {
  const message = `step \`${name}\` is computed by \`${engine}\`, and the site \`${site.name}\` has ${site.engines.join(', ')}`;
  const hint = `choose another engine or site; if its nodes can run it, say so in its profile: \`engines: [${engine}]\``;
  return { code: 'engine-missing', message, hint, place };
}
