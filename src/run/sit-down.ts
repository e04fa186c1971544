import type { Backend } from '../backends/index.ts';
import type { LedgerEvent, Plan, Resources, RunId, Site, Task, TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import type { Policy, RetryOptions, RunState } from '../scheduler/index.ts';
import type { ProvidedImage } from '../templates/index.ts';
import { askAlone, askTogether } from './ask-together.ts';
import type { DriveContext, Wishes } from './drive/drive-context.ts';
import { orLeave } from './drive/or-leave.ts';
import { type Owner, ownerGuard, releaseRun, takeRun } from './owner.ts';
import { readArrays } from './read-arrays.ts';
import { thisProcess } from './self.ts';
import { type PreparedArrays, prepareArrays, type SendContext } from './send-arrays.ts';
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
  /** Hears what takes long before anything of the run goes on: files sent, images made. */
  readonly say: (text: string) => void;
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
  /** Gives once what was made beforehand, in case that all tasks wait and none was ever done. */
  readonly first?: () => PreparedArrays | undefined;
  /** Written with the run's folder, where nobody else could have been before; absent: the run is still to be taken. */
  readonly owner?: Owner;
}

/** Takes a run, works on it, and lets go of it whatever happens; both are facts in the ledger. */
export async function sitDown<T>(sitting: Sitting, work: (context: DriveContext) => Promise<T>): Promise<T> {
  const { backend, folder, ledger, run, following } = sitting;
  const { owner, before } =
    sitting.owner === undefined
      ? await takeRun(backend, folder, thisProcess(), following.force)
      : { owner: sitting.owner, before: undefined };
  // Only now: a driver that was pushed aside sends no more.
  if (before !== undefined && before.epoch > lastEpoch(ledger, run)) {
    const foreign = await readArrays(folder, backend, run, knownArrays(ledger, run));
    if (foreign.length > 0) ledger.append(foreign);
  }
  ledger.appendAhead([
    { kind: 'driver-attached', run, epoch: owner.epoch, host: owner.host, pid: owner.pid },
  ]);
  let why: 'finished' | 'interrupted' | 'failed' = 'failed';
  try {
    const result = await work(driveContext(sitting, owner));
    why = following.wishes.drain ? 'interrupted' : 'finished';
    return result;
  } finally {
    ledger.append([{ kind: 'driver-detached', run, epoch: owner.epoch, why }]);
    // What became of the run must be heard even where the disk takes no more.
    await orLeave(releaseRun(backend, folder, owner), following.wishes).catch((error: Error) => {
      ledger.append([{ kind: 'noted', run, about: 'owner', note: error.message }]);
    });
  }
}

/** The last time that this ledger's espalier took the run; 0: never. */
function lastEpoch(ledger: Ledger, run: RunId): number {
  const epochs = [...ledger.events(run)].map(({ event }) =>
    event.kind === 'driver-attached' ? event.epoch : 0,
  );
  return epochs.reduce((a, b) => Math.max(a, b), 0);
}

function knownArrays(ledger: Ledger, run: RunId): ReadonlySet<string> {
  return new Set(
    [...ledger.events(run)].flatMap(({ event }) => (event.kind === 'array-packed' ? [event.array] : [])),
  );
}

function driveContext(sitting: Sitting, owner: Owner): DriveContext {
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
    ask:
      backend.batch.takes === 'arrays'
        ? askTogether({ backend, site, settings, sleep, leaves: () => following.wishes.drain })
        : askAlone(backend, settings.clock),
    guard: ownerGuard(folder, owner),
    rule:
      backend.batch.takes === 'elements'
        ? { takes: 'elements', capacity: settings.capacity, isHere: site.transport.kind === 'local' }
        : { takes: 'arrays', ...(submitted !== undefined && { submitted }) },
    policy: policyOf(plan, site, longest),
    retry: retryOptions(sitting, send.tasks),
    pace: { shortest, longest, fileDelay },
    clock: settings.clock,
    sleep,
    wishes: following.wishes,
    arrange: arrangeAndSend(send, sitting.first),
    onChange: following.onChange,
  };
}

function arrangeAndSend(send: SendContext, first: Sitting['first']): DriveContext['arrange'] {
  return async (tasks, state) => {
    const ready = first?.();
    const isReady = ready?.tasks.length === tasks.length && ready.tasks.every((task, n) => task === tasks[n]);
    const prepared = isReady && ready !== undefined ? ready : await prepareArrays(tasks, state, send);
    await send.backend.transport.put(prepared.files);
    return prepared.arrays;
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function policyOf({ steps }: Plan, { limits }: Site, patience: number): Policy {
  const byName = new Map(steps.map((step) => [step.name, step]));
  return {
    onFailure: (step) => byName.get(step)?.onFailure,
    retriesStuck: (step) => byName.get(step)?.retry?.stuck !== undefined,
    failures: limits.failures,
    patienceMs: patience * 1000,
  };
}

function retryOptions(
  { run, plan, site, backend, settings }: Sitting,
  tasks: ReadonlyMap<TaskId, Task>,
): RetryOptions {
  const { capacity } = settings;
  const fits = (wanted: Resources): boolean =>
    site.batch === 'local'
      ? wanted.memory <= capacity.memory && wanted.cpus <= capacity.cpus
      : backend.batch.refusals(wanted).length === 0;
  return {
    run,
    steps: plan.steps,
    task: (id) => tasks.get(id),
    fits,
    most: (what, wanted) => {
      if (site.batch === 'local') return what === 'memory' ? capacity.memory : undefined;
      return mostOf(site, what, wanted, fits);
    },
  };
}

/** The greatest amount that a partition has which can give all the rest; undefined where one says no limit. */
function mostOf(
  { partitions }: Site,
  what: 'memory' | 'time',
  wanted: Resources,
  fits: (wanted: Resources) => boolean,
): number | undefined {
  const { partition } = wanted;
  const open = Object.values(partitions).filter(({ name }) => partition === undefined || name === partition);
  const amounts = open.map((each) => each[what]);
  if (amounts.length === 0 || amounts.includes(undefined)) return undefined;
  const possible = amounts.filter((most) => most !== undefined && fits({ ...wanted, [what]: most }));
  return Math.max(wanted[what], ...possible.map((most) => most ?? 0));
}

/** How arrays of this run are packed and written. */
export function sendContext(
  sitting: Omit<Sitting, 'following'> & { readonly following: Packing },
): SendContext {
  const { run, plan, folder, ledger, backend, site, settings, following } = sitting;
  return {
    run,
    plan,
    tasks: new Map(plan.tasks.map((task) => [task.id, task])),
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
