import type { Backend } from '../backends/index.ts';
import type { LedgerEvent, Plan, RunId, Site } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import type { RunState } from '../scheduler/index.ts';
import type { ProvidedImage } from '../templates/index.ts';
import { releaseRun, takeRun } from './owner.ts';
import type { DriveContext, Wishes } from './run-driver.ts';
import { thisProcess } from './self.ts';
import { type SendContext, sendArrays } from './send-arrays.ts';
import type { Settings } from './settings.ts';
import { sitePrelude } from './site-programs.ts';

export interface Packing {
  readonly fuse: boolean;
  readonly pack: boolean;
  readonly batch: boolean;
}

/** What a caller gives to follow a run, and how it hears of it. */
export interface Following extends Packing {
  readonly wishes: Wishes;
  readonly onChange: (state: RunState, events: readonly LedgerEvent[]) => void;
  /** Take the run although another machine seems to drive it. */
  readonly force: boolean;
}

export interface Sitting {
  readonly run: RunId;
  readonly plan: Plan;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly backend: Backend;
  readonly site: Site;
  readonly settings: Settings;
  /** What steps run in, by step; absent where all run on the host. */
  readonly images?: ReadonlyMap<string, ProvidedImage>;
  readonly following: Following;
}

/** Takes a run, works on it, and lets go of it whatever happens; both are facts in the ledger. */
export async function sitDown<T>(sitting: Sitting, work: (context: DriveContext) => Promise<T>): Promise<T> {
  const { backend, folder, ledger, run, following } = sitting;
  const owner = await takeRun(backend, folder, thisProcess(), following.force);
  ledger.append([{ kind: 'driver-attached', run, epoch: owner.epoch, host: owner.host, pid: owner.pid }]);
  let why: 'finished' | 'interrupted' | 'failed' = 'failed';
  try {
    const result = await work(driveContext(sitting));
    why = following.wishes.drain ? 'interrupted' : 'finished';
    return result;
  } finally {
    ledger.append([{ kind: 'driver-detached', run, epoch: owner.epoch, why }]);
    // What became of the run must be heard even where the disk takes no more.
    await releaseRun(backend, folder, owner).catch((error: Error) => {
      ledger.append([{ kind: 'noted', run, about: 'owner', note: error.message }]);
    });
  }
}

function driveContext(sitting: Sitting): DriveContext {
  const { run, plan, folder, ledger, backend, site, settings, following } = sitting;
  const send = sendContext(sitting);
  const { pollShortest: shortest, pollLongest: longest, fileDelay, submitted } = site.limits;
  return {
    run,
    plan,
    folder,
    site: site.name,
    ledger,
    backend,
    rule:
      backend.batch.takes === 'elements'
        ? { takes: 'elements', capacity: settings.capacity }
        : { takes: 'arrays', ...(submitted !== undefined && { submitted }) },
    pace: { shortest, longest, fileDelay },
    clock: settings.clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    wishes: following.wishes,
    arrange: (tasks, state) => sendArrays(tasks, state, send),
    onChange: following.onChange,
  };
}

/** How arrays of this run are packed and written. */
export function sendContext(
  sitting: Omit<Sitting, 'following'> & { readonly following: Packing },
): SendContext {
  const { run, plan, folder, ledger, backend, site, settings, following } = sitting;
  return {
    run,
    plan,
    folder,
    backend,
    ledger,
    site,
    images: sitting.images ?? new Map(),
    slots: site.batch === 'local' ? settings.capacity.cpus : site.limits.slots,
    random: settings.random,
    fuse: following.fuse,
    pack: following.pack,
    batch: following.batch,
    prelude: sitePrelude(site, folder),
  };
}
