import type { ReportStep } from '../report-data.ts';

/** A step or a collection, and where it is drawn. Layers run from left to right, rows from top to bottom. */
export interface GraphNode {
  readonly id: string;
  readonly kind: 'step' | 'data' | 'calibration';
  readonly layer: number;
  readonly row: number;
}

export interface GraphLayout {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly layers: number;
  readonly rows: number;
}

/**
 * Each step one layer right of the last that it comes after, each collection just left of its first reader; in a
 * layer, nodes stand in the order of what they come from, so that few lines cross.
 */
export function layOutGraph(steps: readonly ReportStep[]): GraphLayout {
  const layers = new Map<string, number>();
  for (const { step } of steps) {
    layers.set(step.name, 1 + Math.max(0, ...step.after.map((name) => layers.get(name) ?? 0)));
  }
  const drafts = [...collectionNodes(steps, layers), ...steps.map(({ step }) => stepNode(step.name, layers))];
  const edges = steps.flatMap(({ step, reads }) => [
    ...reads.map(({ name }) => ({ from: collectionId(name), to: step.name })),
    ...step.after.map((name) => ({ from: name, to: step.name })),
  ]);
  const nodes = placeRows(drafts, edges);
  const rows = Math.max(0, ...nodes.map(({ row }) => row + 1));
  return { nodes, edges, layers: Math.max(0, ...nodes.map(({ layer }) => layer + 1)), rows };
}

type Draft = Omit<GraphNode, 'row'>;

/** No step may have such a name, so that a step and a collection of one name stay apart. */
export function collectionId(name: string): string {
  return `collection ${name}`;
}

function stepNode(name: string, layers: ReadonlyMap<string, number>): Draft {
  return { id: name, kind: 'step', layer: layers.get(name) ?? 1 };
}

function collectionNodes(
  steps: readonly ReportStep[],
  layers: ReadonlyMap<string, number>,
): readonly Draft[] {
  const nodes = new Map<string, Draft>();
  for (const { step, reads } of steps) {
    for (const { name, calibration } of reads) {
      const layer = Math.min(
        (layers.get(step.name) ?? 1) - 1,
        nodes.get(name)?.layer ?? Number.POSITIVE_INFINITY,
      );
      nodes.set(name, { id: collectionId(name), kind: calibration ? 'calibration' : 'data', layer });
    }
  }
  return [...nodes.values()];
}

function placeRows(drafts: readonly Draft[], edges: GraphLayout['edges']): readonly GraphNode[] {
  const rows = new Map<string, number>();
  const placed: GraphNode[] = [];
  for (let layer = 0; layer <= Math.max(0, ...drafts.map((node) => node.layer)); layer++) {
    const origin = (id: string): number => {
      const from = edges.filter(({ to }) => to === id).flatMap((edge) => rows.get(edge.from) ?? []);
      return from.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...from);
    };
    const here = drafts.filter((node) => node.layer === layer);
    const ordered = here
      .map((node) => ({ node, at: origin(node.id) }))
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    ordered.forEach(({ node }, row) => {
      rows.set(node.id, row);
      placed.push({ ...node, row });
    });
  }
  return placed;
}
