import { Backend, LocalTransport, localBatch, type SiteFile } from '../backends/index.ts';
import { EspalierError } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';

/** Who drives a run: a file in its folder, so that a second driver on any machine sees it. */
export interface Owner {
  readonly epoch: number;
  readonly host: string;
  readonly pid: number;
  /** When the driver's process began, in its machine's own terms. */
  readonly start: string;
}

export interface Self {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
}

/**
 * Takes a run: the next epoch, which fences any earlier driver. A driver that is alive on this machine is not pushed aside;
 * one elsewhere is only with `force`, because from here nobody can tell whether it sleeps.
 */
export async function takeRun(
  backend: Backend,
  folder: string,
  self: Self,
  force: boolean,
): Promise<{ readonly owner: Owner; readonly before: Owner | undefined }> {
  const before = await readOwner(backend, folder);
  if (before !== undefined && !force) await refuseIfDriven(before, self);
  const owner = { epoch: (before?.epoch ?? 0) + 1, ...self };
  await backend.transport.put([ownerFile(folder, owner)]);
  return { owner, before };
}

/** The driver of a run whose folder is made by this driver, with its file. */
export function firstOwner(folder: string, self: Self): { readonly owner: Owner; readonly file: SiteFile } {
  const owner = { epoch: 1, ...self };
  return { owner, file: ownerFile(folder, owner) };
}

function ownerFile(folder: string, owner: Owner): SiteFile {
  return { path: `${folder}/owner`, content: `${JSON.stringify(owner)}\n` };
}

/**
 * A shell line that fails unless the run is still this driver's. It stands before what begins or ends jobs, in the same command: a
 * driver that was pushed aside while it slept finds out before it does anything. The whole owner, because two drivers that took
 * the run at the same moment have the same epoch.
 */
export function ownerGuard(folder: string, owner: Owner): string {
  return `[ "$(cat -- ${shellQuote(`${folder}/owner`)})" = ${shellQuote(JSON.stringify(owner))} ]`;
}

export async function readOwner(backend: Backend, folder: string): Promise<Owner | undefined> {
  const bytes = await backend.transport.read(`${folder}/owner`);
  if (bytes === undefined) return undefined;
  try {
    const value: Partial<Owner> = JSON.parse(Buffer.from(bytes).toString());
    return { epoch: value.epoch ?? 0, host: value.host ?? '', pid: value.pid ?? 0, start: value.start ?? '' };
  } catch {
    return undefined;
  }
}

export async function releaseRun(backend: Backend, folder: string, owner: Owner): Promise<void> {
  const now = await readOwner(backend, folder);
  if (now?.epoch !== owner.epoch) return;
  await backend.transport.put([ownerFile(folder, { ...owner, pid: 0, start: '' })]);
}

async function refuseIfDriven(owner: Owner, self: Self): Promise<void> {
  if (owner.pid === 0) return;
  if (owner.host !== self.host) {
    throw new EspalierError('driven-elsewhere', `the run is driven from \`${owner.host}\``, {
      hint: 'stop it there, or take it with --force if that machine is gone',
    });
  }
  // The driver's own process is on this machine, wherever the run is.
  const here = new Backend(localBatch, new LocalTransport());
  const natives = [`0.${owner.pid}.${owner.start}`];
  const listing = await here.list({ natives, tokens: [], ageSeconds: 0 });
  if (listing === undefined || listing.alive.size > 0) {
    throw new EspalierError('driven-already', `another espalier (process ${owner.pid}) drives this run`, {
      hint: 'wait for it, or stop it with Ctrl-C where it runs',
    });
  }
}
