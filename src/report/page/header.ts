import { isGood, type StateCounts, taskStateNames, taskStates } from '../../model/index.ts';
import type { ReportData } from '../report-data.ts';
import { type Html, html } from './html.ts';
import { formatDate, formatSize, formatSpan, plural } from './words.ts';

/** What was run, how it ended, when, where and by whom. */
export function renderHeader(data: ReportData): Html {
  const { run } = data;
  const { title, tone } = verdict(run.counts, run.state);
  return html`<header>
<p class="kind">espalier run ${run.run}</p>
<h1>${run.workflow} <span class="badge ${tone}">${title}</span></h1>
<p class="lead">${summary(data)}</p>
${renderStateBar(run.counts)}
<dl class="facts">
<div><dt>Planned</dt><dd>${formatDate(run.plannedMs)}</dd></div>
<div><dt>Finished</dt><dd>${run.finishedMs === null ? 'not yet' : formatDate(run.finishedMs)}</dd></div>
<div><dt>By</dt><dd>${run.user} on ${run.host}</dd></div>
<div><dt>Ran on</dt><dd>site ${run.site}${data.hosts.length > 0 ? `: ${data.hosts.join(', ')}` : ''}</dd></div>
<div><dt>Data</dt><dd><code>${run.dataFolder}</code></dd></div>
<div><dt>Results</dt><dd><code>${run.folder}</code></dd></div>
</dl>
</header>`;
}

function summary({ run, outputs, inputs }: ReportData): string {
  const all = Object.values(run.counts).reduce((sum, n) => sum + n, 0);
  const good = taskStateNames.filter(isGood).reduce((sum, name) => sum + (run.counts[name] ?? 0), 0);
  const reused = run.counts.cached ?? 0;
  const took = run.finishedMs === null ? '' : ` in ${formatSpan(run.finishedMs - run.plannedMs)}`;
  const bytes = outputs.reduce((sum, { size }) => sum + size, 0);
  return [
    `${good} of ${plural(all, 'task')} ${good === 1 ? 'has' : 'have'} a result${took}`,
    reused > 0 ? `, ${reused} of them reused from earlier runs` : '',
    `. ${plural(inputs.length, 'input file')}, ${plural(outputs.length, 'result file')} (${formatSize(bytes)}).`,
  ].join('');
}

function verdict(counts: StateCounts, state: string): { readonly title: string; readonly tone: string } {
  if (state === 'succeeded') return { title: 'complete', tone: 'green' };
  if (state === 'failed')
    return { title: (counts.failed ?? 0) > 0 ? 'with failures' : 'incomplete', tone: 'red' };
  if (state === 'cancelled') return { title: 'cancelled', tone: 'yellow' };
  if (state === 'empty') return { title: 'no tasks', tone: 'grey' };
  return { title: state === 'waiting' ? 'not started' : 'unfinished', tone: 'blue' };
}

/** How many tasks are in which state, as a bar with its legend. */
export function renderStateBar(counts: StateCounts): Html {
  const present = taskStateNames.filter((name) => (counts[name] ?? 0) > 0);
  const parts = present.map(
    (name) => html`<i class="${toneOf(name)}" style="flex-grow:${counts[name]}"></i>`,
  );
  const words = present.map(
    (name) =>
      html`<li title="${taskStates[name].means}"><i class="${toneOf(name)}"></i>${counts[name]} ${name}</li>`,
  );
  return html`<div class="states"><div class="bar" aria-hidden="true">${parts}</div><ul>${words}</ul></div>`;
}

/** Colours come from the table of states; what was reused is told from what was made now. */
function toneOf(name: keyof typeof taskStates): string {
  return name === 'cached' ? 'teal' : taskStates[name].colour;
}
