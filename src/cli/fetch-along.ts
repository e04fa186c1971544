import type { LedgerEvent, Plan, RunId } from '../model/index.ts';
import type { OpenSite } from '../run/index.ts';
import { oneLine } from './render/one-line.ts';

/** Results that come to this machine while a run is followed. */
export interface FetchAlong {
  readonly take: (events: readonly LedgerEvent[]) => void;
  /** Once the run has ended. What cannot be fetched ends nothing: it is said, and can be fetched later. */
  readonly end: () => Promise<void>;
}

/** What the workflow names under `fetch`, below `espalier-results/RUN`; nothing where the results lie on this machine anyway. */
export async function fetchAlong(
  run: { readonly run: RunId; readonly folder: string; readonly plan: Plan },
  open: OpenSite,
  say: (text: string) => void,
): Promise<FetchAlong> {
  if (run.plan.fetch === undefined || open.site.transport.kind === 'local') return idle;
  const { ResultCourier } = await import('../run/index.ts');
  const folder = `espalier-results/${run.run}`;
  let count = 0;
  const courier = new ResultCourier(run, open, folder, () => {
    count++;
  });
  return {
    take: (events) => courier.take(events),
    end: async () => {
      try {
        const all = await courier.end();
        say(`${count} result(s) fetched into ${folder}${all > count ? `; ${all - count} were there` : ''}`);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        say(`not all results were fetched: ${oneLine(why)}; again with: espalier attach ${run.run}`);
      }
    },
  };
}

const idle: FetchAlong = { take: () => {}, end: async () => {} };
