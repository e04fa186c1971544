import type { ReportData } from '../report-data.ts';
import { renderFailures } from './failures.ts';
import { renderInputs, renderOutputs } from './files.ts';
import { renderGraph } from './graph.ts';
import { renderHeader } from './header.ts';
import { html } from './html.ts';
import { renderIncomplete } from './incomplete.ts';
import { renderParameters } from './parameters.ts';
import { renderPictures } from './pictures.ts';
import { renderSteps } from './steps.ts';
import { style } from './style.ts';
import { renderVersions } from './versions.ts';

/**
 * The page of a run: one HTML text that needs nothing else, neither a network nor a script. Every name in it is
 * shown as text, and its policy forbids a browser to run or fetch anything even if one were not.
 */
export function renderReport(data: ReportData): string {
  const { run } = data;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${run.workflow} · ${run.run}</title>
<style>${{ html: style }}</style>
</head>
<body>
${renderHeader(data)}
<main>
${renderFailures(data)}
${renderIncomplete(data)}
${renderPictures(data)}
${renderGraph(data)}
${renderSteps(data)}
${renderParameters(data)}
${renderInputs(data)}
${renderOutputs(data)}
${renderVersions(data)}
</main>
</body>
</html>
`.html;
}
