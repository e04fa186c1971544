import type { SourcedValue } from '../../model/index.ts';
import type { StepValue } from '../../provenance/index.ts';
import type { ReportData } from '../report-data.ts';
import { type Html, html } from './html.ts';
import { plural } from './words.ts';

/** Each value with where it came from; what the steps' tools got is folded away. */
export function renderParameters({ run, values, steps }: ReportData): Html {
  const own = Object.entries(run.parameters);
  return html`<section id="parameters">
<h2>Parameters</h2>
${own.length === 0 ? html`<p class="quiet">The workflow has none that hold for the whole run.</p>` : renderOwn(own)}
${
  run.acknowledged.length === 0
    ? null
    : html`<p class="notice">Accepted although it contradicts the acquisition's own metadata: ${run.acknowledged.map((name, i) => html`${i > 0 ? ', ' : ''}<b>${name}</b>`)}.</p>`
}
${
  values.length === 0
    ? null
    : html`<details><summary>What each step's tool was given</summary><div class="wide"><table>
<thead><tr><th>Step</th><th>Parameter</th><th>Value</th><th>Tasks</th><th>From</th></tr></thead>
<tbody>${steps.map(({ step }) => renderStepValues(step.name, values))}</tbody></table></div></details>`
}
</section>`;
}

function renderOwn(own: readonly (readonly [string, SourcedValue])[]): Html {
  return html`<div class="wide"><table><thead><tr><th>Parameter</th><th>Value</th><th>From</th></tr></thead>
<tbody>${own.map(
    ([name, { value, origin, source }]) =>
      html`<tr><td>${name}</td><td><code>${String(value)}</code></td><td>${renderOrigin(origin, source)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Values that differ from item to item can be as many as there are items. */
const mostPerStep = 60;

function renderStepValues(step: string, values: readonly StepValue[]): readonly Html[] {
  const own = values.filter((value) => value.step === step);
  const rows = own
    .slice(0, mostPerStep)
    .map(
      ({ name, value, tasks, origin, source }) =>
        html`<tr><td>${step}</td><td>${name}</td><td><code>${String(value)}</code></td><td class="n">${tasks}</td><td>${renderOrigin(origin, source)}</td></tr>`,
    );
  const more = own.length - rows.length;
  if (more === 0) return rows;
  return [
    ...rows,
    html`<tr><td>${step}</td><td colspan="4" class="quiet">and ${plural(more, 'more value')}</td></tr>`,
  ];
}

function renderOrigin(origin: string, source: string): Html {
  return html`${origin}${source === '' || source === origin ? null : html` <span class="quiet">· ${source}</span>`}`;
}
