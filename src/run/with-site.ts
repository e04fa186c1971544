import type { Backend } from '../backends/index.ts';
import { EspalierError, type Site } from '../model/index.ts';
import { Ledger, type RunRow } from '../provenance/index.ts';
import { ledgerPath, type Settings } from './settings.ts';
import { loadSite } from './sites/load-site.ts';
import { openSite } from './sites/open-site.ts';

export interface OpenSite {
  readonly ledger: Ledger;
  readonly site: Site;
  readonly backend: Backend;
}

/** Opens the ledger for as long as the work takes. No site is asked: what the ledger knows can be told on a train. */
export async function withLedger<T>(settings: Settings, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = Ledger.open(ledgerPath(settings), { clock: settings.clock });
  try {
    return await work(ledger);
  } finally {
    ledger.close();
  }
}

/** Opens the ledger and a site. Throws with all that is wrong with the site's profile. */
export function withSite<T>(
  settings: Settings,
  name: string,
  work: (open: OpenSite) => Promise<T>,
): Promise<T> {
  return withLedger(settings, (ledger) => withSiteOf(ledger, settings, name, work));
}

/** The run that is meant (the latest where none is named), and the site it is on. */
export function withRun<T>(
  settings: Settings,
  ref: string | undefined | ((ledger: Ledger) => RunRow),
  work: (open: OpenSite, run: RunRow) => Promise<T>,
): Promise<T> {
  return withLedger(settings, (ledger) => {
    const run = typeof ref === 'function' ? ref(ledger) : runOrLatest(ledger, ref);
    return withSiteOf(ledger, settings, run.site, (open) => work(open, run));
  });
}

async function withSiteOf<T>(
  ledger: Ledger,
  settings: Settings,
  name: string,
  work: (open: OpenSite) => Promise<T>,
): Promise<T> {
  const loaded = await loadSite(name, settings);
  if (!loaded.ok) {
    const { problems } = loaded;
    throw new EspalierError('bad-site', `the site \`${name}\` cannot be used`, { problems });
  }
  const backend = await openSite(loaded.value, settings);
  try {
    return await work({ ledger, site: loaded.value, backend });
  } finally {
    await backend.transport.close();
  }
}

/** The run that is meant: by id or its beginning, or the latest. */
export function runOrLatest(ledger: Ledger, ref: string | undefined): RunRow {
  if (ref !== undefined) return ledger.run(ref);
  const latest = ledger.latestRun();
  if (latest === undefined) {
    throw new EspalierError('no-run', 'the ledger holds no run yet', { hint: 'begin with `espalier demo`' });
  }
  return latest;
}
