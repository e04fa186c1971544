import { describeCause } from '../../provenance/index.ts';
import type { FailureGroup, ReportData } from '../report-data.ts';
import { type Html, html, prose } from './html.ts';
import { plural } from './words.ts';

const shownTasks = 8;

/** First what failed itself, then what could not run because of it. */
export function renderFailures({ failures, run }: ReportData): Html {
  if (failures.length === 0) return html``;
  const causes = failures.filter(({ state }) => state !== 'skipped');
  const victims = failures.filter(({ state }) => state === 'skipped');
  return html`<section id="failures">
<h2>What went wrong</h2>
${causes.map(renderCause)}
${victims.map(
  (group) =>
    html`<p class="quiet">${plural(group.tasks.length, 'task')} of <b>${group.step}</b> did not run: ${prose(group.message || group.why)}.</p>`,
)}
<p class="next">After mending the cause, <code>espalier resume ${run.run}</code> repeats only what is missing.
<code>espalier logs ${causes[0]?.tasks[0]?.task ?? 'TASK'}</code> shows everything a task printed.</p>
</section>`;
}

function renderCause(group: FailureGroup): Html {
  const shown = group.tasks.slice(0, shownTasks);
  const more = group.tasks.length - shown.length;
  return html`<article class="failure">
<h3>${describeCause(group)}: ${prose(group.message || group.why)}</h3>
<ul class="tasks">${shown.map(({ task, label }) => html`<li><code>${task}</code> ${label}</li>`)}
${more > 0 ? html`<li>and ${more} more</li>` : null}</ul>
${
  group.lastLines === null || group.lastLines === ''
    ? null
    : html`<p class="quiet">Last lines of <code>${group.tasks[0]?.task}</code>:</p><pre>${group.lastLines}</pre>`
}
</article>`;
}
