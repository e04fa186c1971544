import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { RunId } from '../model/index.ts';
import { describeMissing, madeWithout } from './made-without.ts';
import { readLogs } from './read-logs.ts';
import type { OpenSite } from './with-site.ts';

/** Writes the run's page, one file with everything in it; gives its path. */
export async function writeReport(
  { ledger, backend, site }: OpenSite,
  id: RunId,
  target?: string,
): Promise<string> {
  const { collectReport, renderReport } = await import('../report/index.ts');
  const run = ledger.run(id);
  const isHere = site.transport.kind === 'local';
  const path = resolve(
    target ?? (isHere ? join(run.folder, 'report.html') : `espalier-report-${run.run}.html`),
  );
  const data = await collectReport(ledger, run.run, {
    incomplete: madeWithout(ledger, run.run).map((made) => ({ ...made, missing: describeMissing(made) })),
    readErrors: async (task, attempt) => (await readLogs(ledger, backend, run.run, task, attempt))?.stderr,
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, renderReport(data), { mode: 0o600 });
  return path;
}
