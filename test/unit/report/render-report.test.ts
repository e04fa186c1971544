import { rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { collectReport, renderReport } from '../../../src/report/index.ts';
import { scratch, sha } from '../provenance/story.ts';
import { hostile, sampleRun } from './sample-run.ts';

const readErrors = async (): Promise<string> => `line 1\nTraceback: </pre><script>alert(1)</script>\n`;

async function samplePage(labels: readonly string[]): Promise<string> {
  const ledger = await sampleRun(scratch(), labels);
  const page = renderReport(await collectReport(ledger, 'r1', { readErrors }));
  // To look at it: REPORT_SAMPLE=/some/where.html
  if (process.env.REPORT_SAMPLE) await writeFile(process.env.REPORT_SAMPLE, page);
  return page;
}

test('the page tells the run, its steps, parameters, files and failures', async () => {
  const page = await samplePage(['cell1', 'cell2', 'cell3']);
  for (const text of [
    '<title>lattice · r1</title>',
    '5 of 7 tasks have a result',
    'ada on laptop',
    'node1',
    '1 task of deskew ended with an error',
    '1 task of <b>deconvolve</b> did not run: <code>deskew:3</code> has no result.',
    '--set iterations=10',
    'Settings.txt: Angle',
    'Accepted although it contradicts',
    sha('psf'),
    sha('deconvolved 2'),
    'results/deconvolve/cell2.tif',
    'docker://example.org/project:1',
    'digest not recorded',
    'espalier trace ',
    '160 × 96 × 12 · 0.104 × 0.2 µm',
  ]) {
    expect(page).toContain(text);
  }
  expect(page.match(/<img src="data:image\/png;base64,[A-Za-z0-9+/=]+"/g)).toHaveLength(7);
});

test('the page fetches nothing and runs nothing', async () => {
  const page = await samplePage(['cell1', 'cell2']);
  expect(page).toContain("default-src 'none'; img-src data:; style-src 'unsafe-inline'");
  expect(page).not.toMatch(/<(script|link|iframe|object|embed|form|base)\b/i);
  expect(page).not.toMatch(/\b(src|href)="(?!data:)/i);
  expect(page).not.toMatch(/@import|url\(/i);
});

test('names that are markup stay names', async () => {
  const page = await samplePage([hostile, 'cell2']);
  expect(page).not.toContain('<img src=x');
  expect(page).toContain(
    'cell&lt;img src=x onerror=&quot;document.title=&#39;owned&#39;&quot;&gt;&amp;amp;&#39;&quot;;$(id)',
  );
  expect(page).toContain('&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('an image that is gone is said to be gone, and the page is made all the same', async () => {
  const folder = scratch();
  const ledger = await sampleRun(folder, ['cell1', 'cell2']);
  await rm(`${folder}/run/results/deskew/cell1.tif`);
  const page = renderReport(await collectReport(ledger, 'r1'));
  expect(page).toMatch(/class="empty">no picture: [^<]*cell1\.tif/);
});

test('items beyond those shown are counted', async () => {
  const ledger = await sampleRun(scratch(), ['a', 'b', 'c', 'd']);
  const data = await collectReport(ledger, 'r1', { items: 2 });
  expect(data.pictures.map(({ label }) => label)).toEqual(['a', 'b']);
  expect(data.morePictures).toBe(1);
  expect(renderReport(data)).toContain('1 more item is not shown');
});
