import type { Plan } from '../../model/index.ts';

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** Steps and the collections they read, as arrows. */
function edges(plan: Plan): readonly Edge[] {
  const seen = new Map<string, Edge>();
  const steps = new Map(plan.tasks.map((task) => [task.id, task.step]));
  for (const task of plan.tasks) {
    for (const { from } of task.inputs) {
      const source = from.kind === 'file' ? from.collection : (steps.get(from.task) ?? '');
      seen.set(`${source}\n${task.step}`, { from: source, to: task.step });
    }
  }
  return [...seen.values()];
}

function sizes(plan: Plan): ReadonlyMap<string, number> {
  return new Map(
    plan.steps.map(({ name }) => [name, plan.tasks.filter((task) => task.step === name).length]),
  );
}

export function renderDot(plan: Plan): string {
  const nodes = [...sizes(plan)].map(
    ([name, count]) => `  ${quote(name)} [shape=box, label=${quote(`${name} (${count})`)}];`,
  );
  const arrows = edges(plan).map(({ from, to }) => `  ${quote(from)} -> ${quote(to)};`);
  return ['digraph {', '  rankdir=LR;', ...nodes, ...arrows, '}'].join('\n');
}

export function renderMermaid(plan: Plan): string {
  const nodes = [...sizes(plan)].map(([name, count]) => `  ${name}["${name} (${count})"]`);
  const collections = [...new Set(edges(plan).map(({ from }) => from))].filter(
    (name) => !sizes(plan).has(name),
  );
  const sources = collections.map((name) => `  ${name}[(${name})]`);
  return [
    'flowchart LR',
    ...sources,
    ...nodes,
    ...edges(plan).map(({ from, to }) => `  ${from} --> ${to}`),
  ].join('\n');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
