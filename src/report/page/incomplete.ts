import type { ReportData } from '../report-data.ts';
import { type Html, html } from './html.ts';

const shownResults = 20;

/** Results that look like all others, and are not made of all that they were to be made of. */
export function renderIncomplete({ incomplete, run }: ReportData): Html {
  if (incomplete.length === 0) return html``;
  const more = incomplete.length - shownResults;
  return html`<section id="incomplete">
<h2>Made without some of their inputs</h2>
<article class="failure">
<ul class="tasks">${incomplete
    .slice(0, shownResults)
    .map(({ task, label, missing }) => html`<li><code>${task}</code> ${label}: ${missing}</li>`)}
${more > 0 ? html`<li>and ${more} more</li>` : null}</ul>
</article>
<p class="next">They are made again with all of them once <code>espalier resume ${run.run}</code> has mended what is missing.</p>
</section>`;
}
