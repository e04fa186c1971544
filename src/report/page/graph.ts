import { deriveState, isGood, taskStateNames } from '../../model/index.ts';
import type { ReportData, ReportStep } from '../report-data.ts';
import { type Html, html } from './html.ts';
import { collectionId, type GraphLayout, type GraphNode, layOutGraph } from './layout.ts';
import { plural } from './words.ts';

const box = { width: 176, height: 58, gapX: 64, gapY: 22, margin: 6 } as const;

/** The steps and collections as a picture, drawn in the page itself. */
export function renderGraph({ steps }: ReportData): Html {
  const layout = layOutGraph(steps);
  if (layout.nodes.length === 0) return html``;
  const width = layout.layers * (box.width + box.gapX) - box.gapX + 2 * box.margin;
  const height = layout.rows * (box.height + box.gapY) - box.gapY + 2 * box.margin;
  return html`<section id="graph">
<h2>From raw data to result</h2>
<div class="graph"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Graph of the workflow's steps">
${layout.edges.map((edge) => renderEdge(layout, edge))}
${layout.nodes.map((node) => renderNode(node, steps))}
</svg></div>
</section>`;
}

function renderEdge({ nodes }: GraphLayout, edge: GraphLayout['edges'][number]): Html {
  const from = nodes.find(({ id }) => id === edge.from);
  const to = nodes.find(({ id }) => id === edge.to);
  if (from === undefined || to === undefined) return html``;
  const [x1, y1] = [left(from) + box.width, top(from) + box.height / 2];
  const [x2, y2] = [left(to), top(to) + box.height / 2];
  const bend = Math.max(box.gapX / 2, (x2 - x1) / 2);
  return html`<path class="edge" d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>`;
}

function renderNode(node: GraphNode, steps: readonly ReportStep[]): Html {
  const found = steps.find(({ step }) => step.name === node.id && node.kind === 'step');
  const [x, y] = [left(node), top(node)];
  const name = node.kind === 'step' ? node.id : node.id.slice(collectionId('').length);
  const line = found === undefined ? (node.kind === 'data' ? 'collection' : 'calibration') : progress(found);
  return html`<g class="node ${node.kind} ${found === undefined ? '' : tone(found)}" transform="translate(${x} ${y})">
<title>${name}</title>
<rect width="${box.width}" height="${box.height}" rx="${node.kind === 'step' ? 8 : 29}"/>
<text x="${box.width / 2}" y="25" class="name">${shorten(name)}</text>
<text x="${box.width / 2}" y="44" class="line">${line}</text>
</g>`;
}

function progress({ counts }: ReportStep): string {
  const good = taskStateNames.filter(isGood).reduce((sum, name) => sum + (counts.counts[name] ?? 0), 0);
  return good === counts.total ? `${plural(good, 'task')} done` : `${good} of ${counts.total} done`;
}

function tone({ counts }: ReportStep): string {
  const tones = {
    succeeded: 'green',
    failed: 'red',
    cancelled: 'yellow',
    running: 'blue',
    waiting: 'grey',
    empty: 'grey',
  } as const;
  return tones[deriveState(counts.counts)];
}

function shorten(name: string): string {
  return name.length <= 21 ? name : `${name.slice(0, 20)}…`;
}

function left({ layer }: GraphNode): number {
  return box.margin + layer * (box.width + box.gapX);
}

function top({ row }: GraphNode): number {
  return box.margin + row * (box.height + box.gapY);
}
