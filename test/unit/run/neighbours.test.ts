import { expect, test } from 'vitest';
import { Backend, LocalTransport, localBatch } from '../../../src/backends/index.ts';
import type { SitePaused } from '../../../src/model/index.ts';
import { Neighbours } from '../../../src/run/drive/neighbours.ts';
import { newLedger, startRun } from '../provenance/story.ts';

test('a pause of the site by another run is heeded; one of another site, or from before we began, is not', () => {
  const ledger = newLedger();
  const paused = (run: string, site: string, why: string): SitePaused => ({
    kind: 'site-paused',
    run,
    site,
    why,
  });
  startRun(ledger, 'theirs');
  ledger.append([paused('theirs', 'cluster', 'long ago')]);
  startRun(ledger, 'ours');
  const backend = new Backend(localBatch, new LocalTransport());
  const context = { run: 'ours', site: 'cluster', ledger, backend, rule: { takes: 'arrays' } as const };
  const neighbours = new Neighbours(context, ledger.lastSeq('ours'));
  expect(neighbours.whyPaused()).toBeUndefined();
  ledger.append([paused('theirs', 'other', '10 failures in a row')]);
  expect(neighbours.whyPaused()).toBeUndefined();
  ledger.append([paused('theirs', 'cluster', '20 failures in a row')]);
  expect(neighbours.whyPaused()).toBe('20 failures in a row');
});
