import type { Backend } from '../backends/index.ts';
import { EspalierError } from '../model/index.ts';
import { Ledger, type RunRow } from '../provenance/index.ts';
import { openLocalSite } from './local-site.ts';
import { ledgerPath, type Settings } from './settings.ts';

export interface OpenSite {
  readonly ledger: Ledger;
  readonly backend: Backend;
}

/** Opens the ledger and the site for as long as the work takes. */
export async function withSite<T>(settings: Settings, work: (open: OpenSite) => Promise<T>): Promise<T> {
  const ledger = Ledger.open(ledgerPath(settings), { clock: settings.clock });
  const backend = openLocalSite();
  try {
    return await work({ ledger, backend });
  } finally {
    await backend.transport.close();
    ledger.close();
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
