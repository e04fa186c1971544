import type { FileRow } from '../../provenance/index.ts';
import type { ReportData } from '../report-data.ts';
import { type Html, html } from './html.ts';
import { below, formatSize, plural } from './words.ts';

/** More rows than this make a page that no browser likes; the ledger has them all. */
const mostRows = 5000;

export function renderInputs({ inputs, run }: ReportData): Html {
  const rows = inputs
    .slice(0, mostRows)
    .map(
      (file) =>
        html`<tr><td class="path">${below(run.dataFolder, file.path)}</td><td>${file.role}</td><td class="n">${formatSize(file.size)}</td><td class="n">${file.uses}</td>${renderHash(file)}</tr>`,
    );
  return renderFiles(
    'inputs',
    'Input files',
    inputs,
    html`<th>File, below the data folder</th><th>Used as</th><th class="n">Size</th><th class="n">Times read</th><th>sha256</th>`,
    rows,
  );
}

export function renderOutputs({ outputs, run }: ReportData): Html {
  const rows = outputs
    .slice(0, mostRows)
    .map(
      (file) =>
        html`<tr><td class="path">${below(run.folder, file.path)}</td><td><code>${file.task}</code>${file.cached ? ' (reused)' : ''}</td><td class="n">${formatSize(file.size)}</td><td>${file.state === 'present' ? null : html`<b class="bad">${file.state}</b>`}</td>${renderHash(file)}</tr>`,
    );
  return renderFiles(
    'outputs',
    'Result files',
    outputs,
    html`<th>File, below the run's folder</th><th>Made by</th><th class="n">Size</th><th></th><th>sha256</th>`,
    rows,
  );
}

function renderFiles(
  id: string,
  title: string,
  files: readonly FileRow[],
  head: Html,
  rows: readonly Html[],
): Html {
  if (files.length === 0) return html``;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const more = files.length - rows.length;
  return html`<section id="${id}">
<h2>${title}</h2>
<details><summary>${plural(files.length, 'file')}, ${formatSize(bytes)}</summary>
<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>
${more > 0 ? html`<p class="quiet">${plural(more, 'more file')} not listed here.</p>` : null}
</details>
</section>`;
}

function renderHash({ sha256 }: FileRow): Html {
  return html`<td class="hash"><code>${sha256}</code></td>`;
}
