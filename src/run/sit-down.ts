import type { Backend } from '../backends/index.ts';
import type { LedgerEvent, Plan, RunId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import type { RunState } from '../scheduler/index.ts';
import { localSiteName, pathPrelude } from './local-site.ts';
import { releaseRun, takeRun } from './owner.ts';
import type { DriveContext, Wishes } from './run-driver.ts';
import { thisProcess } from './self.ts';
import { sendArrays } from './send-arrays.ts';
import type { Settings } from './settings.ts';

/** What a caller gives to follow a run, and how it hears of it. */
export interface Following {
  readonly wishes: Wishes;
  readonly onChange: (state: RunState, events: readonly LedgerEvent[]) => void;
  readonly fuse: boolean;
  readonly pack: boolean;
  /** Take the run although another machine seems to drive it. */
  readonly force: boolean;
}

export interface Sitting {
  readonly run: RunId;
  readonly plan: Plan;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly backend: Backend;
  readonly settings: Settings;
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
  const { run, plan, folder, ledger, backend, settings, following } = sitting;
  const send = {
    run,
    plan,
    folder,
    backend,
    ledger,
    site: localSiteName,
    slots: settings.capacity.cpus,
    random: settings.random,
    fuse: following.fuse,
    pack: following.pack,
    prelude: pathPrelude(folder),
  };
  return {
    run,
    plan,
    folder,
    site: localSiteName,
    ledger,
    backend,
    capacity: settings.capacity,
    clock: settings.clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    wishes: following.wishes,
    arrange: (tasks, state) => sendArrays(tasks, state, send),
    onChange: following.onChange,
  };
}
