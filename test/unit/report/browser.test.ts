import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { collectReport, renderReport } from '../../../src/report/index.ts';
import { scratch } from '../provenance/story.ts';
import { hostile, sampleRun } from './sample-run.ts';

const browsers = [process.env.ESPALIER_CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const browser = browsers.find((path) => path !== '' && existsSync(path));
if (browser === undefined) console.warn('skipped: no Chromium; set ESPALIER_CHROMIUM to its program');

const script = '<script>document.title = "owned"</script>';

test.skipIf(browser === undefined)(
  'in a real browser hostile names are inert, and pictures are seen',
  async () => {
    const folder = scratch();
    const ledger = await sampleRun(folder, [hostile, 'cell2']);
    const readErrors = async (): Promise<string> => script;
    const data = await collectReport(ledger, 'r1', { readErrors });
    const path = join(folder, 'report.html');
    await writeFile(
      path,
      renderReport({ ...data, run: { ...data.run, user: script, folder: `"><img src=x>${hostile}` } }),
    );

    const running = await chromium.launch({ executablePath: browser ?? '', args: ['--no-sandbox'] });
    try {
      const page = await running.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) =>
        complaints.push(...(/^(file|data):/.test(request.url()) ? [] : [request.url()])),
      );
      await page.goto(pathToFileURL(path).href);
      expect(await page.title()).toBe('lattice · r1');
      expect(complaints).toEqual([]);
      expect(await page.locator('script').count()).toBe(0);
      expect(await page.locator('img[src="x"]').count()).toBe(0);
      expect(await page.locator('#failures pre').textContent()).toBe(script);
      expect(await page.locator('.item h3').first().textContent()).toBe(hostile);
      expect(await page.locator('img').count()).toBe(4);
      // Every picture was decoded: it is as wide as the stack it shows.
      const widths =
        'Promise.all([...document.images].map((one) => one.decode().then(() => one.naturalWidth)))';
      expect(await page.evaluate(widths)).toEqual([160, 160, 160, 160]);
    } finally {
      await running.close();
    }
  },
);
