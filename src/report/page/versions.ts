import type { ReportData, ReportStep } from '../report-data.ts';
import { type Html, html } from './html.ts';
import { unrecorded } from './words.ts';

/** What is needed to do it again, and how to ask the ledger more. */
export function renderVersions({ run, steps, outputs, workflowText }: ReportData): Html {
  const example = quote(outputs.at(-1)?.path ?? 'FILE');
  return html`<section id="versions">
<h2>How it was made</h2>
<dl class="facts">
<div><dt>espalier</dt><dd>${run.version}</dd></div>
<div class="long"><dt>Command</dt><dd><code>espalier ${run.arguments.map(quote).join(' ')}</code></dd></div>
<div class="long"><dt>Workflow</dt><dd><code>${run.workflowFile}</code></dd></div>
<div class="long"><dt>Its sha256</dt><dd><code class="hash">${run.workflowSha256}</code></dd></div>
<div class="long"><dt>Plan's sha256</dt><dd><code class="hash">${run.planSha256}</code></dd></div>
</dl>
<div class="wide"><table><thead><tr><th>Step</th><th>Tool</th><th>Container</th><th>Command</th></tr></thead>
<tbody>${steps.map(renderTool)}</tbody></table></div>
${workflowText === null ? null : html`<details><summary>The workflow as it was run</summary><pre>${workflowText}</pre></details>`}
<h3>Ask the ledger</h3>
<p>It keeps every attempt, value and hash of this run, and can tell whether it was altered.</p>
<pre>espalier trace ${example}
espalier show ${run.run}
espalier status ${run.run}</pre>
</section>`;
}

function renderTool({ step }: ReportStep): Html {
  const image = step.container;
  return html`<tr><td>${step.name}</td>
<td>${step.tool.name} ${step.tool.version}${step.engine === undefined ? null : html`, engine <code>${step.engine}</code>`}<br><code class="hash" title="sha256 of its description: ${step.tool.sha256}">${step.tool.sha256.slice(0, 12)}…</code></td>
<td>${image === undefined ? 'none' : html`<code>${image.image}</code><br><code class="hash">${image.digest ?? `digest ${unrecorded}`}</code>`}</td>
<td><code>${step.commandTemplate}</code></td></tr>`;
}

/** As one would type it in a shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
