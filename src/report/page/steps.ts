import { formatMemory } from '../../model/index.ts';
import type { StepTimes } from '../../provenance/index.ts';
import type { ReportData, ReportStep } from '../report-data.ts';
import { renderStateBar } from './header.ts';
import { type Html, html } from './html.ts';
import { formatSpan, unrecorded } from './words.ts';

/** Counts and times of each step, with a bar that shows when it ran. */
export function renderSteps({ steps }: ReportData): Html {
  const times = steps.flatMap(({ counts }) => (counts.times === null ? [] : [counts.times]));
  const first = Math.min(...times.map(({ firstMs }) => firstMs));
  const last = Math.max(...times.map(({ lastMs }) => lastMs));
  return html`<section id="steps">
<h2>Steps</h2>
<div class="wide"><table>
<thead><tr><th>Step</th><th>Tasks</th><th class="n">Each took</th><th class="n">Longest</th><th class="n">Together</th><th class="n">Peak memory</th><th class="span">When${times.length > 0 ? `, over ${formatSpan(last - first)}` : ''}</th></tr></thead>
<tbody>${steps.map((step) => renderStep(step, first, Math.max(1, last - first)))}</tbody>
</table></div>
</section>`;
}

function renderStep({ step, counts }: ReportStep, first: number, whole: number): Html {
  const { times } = counts;
  const each = times === null ? '' : formatSpan(times.sumMs / times.attempts);
  return html`<tr>
<td><b>${step.name}</b><br><span class="quiet">${step.tool.name} ${step.tool.version}</span></td>
<td>${renderStateBar(counts.counts)}</td>
<td class="n">${each}</td><td class="n">${times && formatSpan(times.maxMs)}</td><td class="n">${times && formatSpan(times.sumMs)}</td>
<td class="n">${times && (times.peakKb === null ? unrecorded : formatMemory(times.peakKb * 1024))}</td>
<td class="span">${times && renderSpan(times, first, whole)}</td>
</tr>`;
}

function renderSpan({ firstMs, lastMs }: StepTimes, first: number, whole: number): Html {
  const percent = (ms: number): string => ((ms / whole) * 100).toFixed(2);
  return html`<div class="when"><i style="left:${percent(firstMs - first)}%;width:${percent(lastMs - firstMs)}%"></i></div>`;
}
