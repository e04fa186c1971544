import { createHash } from 'node:crypto';
import type { LedgerEvent, RunId, RunPlanned } from '../model/index.ts';
import { encodePlan, type Ledger, packBlob } from '../provenance/index.ts';
import { applyEvents, initialState, type RunState } from '../scheduler/index.ts';
import { RunDriver } from './drive/run-driver.ts';
import { findReusable, linkReusable } from './find-reusable.ts';
import { provideImages } from './images/provide-images.ts';
import { firstOwner, releaseRun } from './owner.ts';
import { sendInputs } from './place-inputs.ts';
import type { PlannedRun } from './plan-run.ts';
import { thisProcess } from './self.ts';
import { handOutOnce, prepareArrays, turn } from './send-arrays.ts';
import { newRunId, type Settings } from './settings.ts';
import { type Following, type Sitting, sendContext, sitDown } from './sit-down.ts';
import { programFiles } from './site-programs.ts';
import type { OpenSite } from './with-site.ts';

/** Starts a planned run on a site and follows it. Resolves when nothing of it goes on, or the caller wished to stop. */
export async function startRun(
  planned: PlannedRun,
  ledger: Ledger,
  { backend, site }: Pick<OpenSite, 'backend' | 'site'>,
  settings: Settings,
  following: Following,
  onStart: (run: RunId, folder: string) => Promise<void> | void,
): Promise<{ readonly run: RunId; readonly state: RunState }> {
  const run = newRunId(settings);
  const folder = `${site.work}/${run}`;
  const plan = encodePlan(planned.plan, planned.keyParts);
  // Packed for the ledger while its files are sent.
  const { sha256: planSha256, packed } = packBlob(plan);
  // The folder first: a run that cannot be begun is no run.
  await sendInputs(planned.inputs, { backend, ledger }, settings.clock(), following.say);
  const first = firstOwner(folder, thisProcess());
  const event = describe(planned, planSha256, run, folder, site.name, settings);
  const placing = backend.transport.put([
    { path: `${folder}/workflow.yaml`, content: planned.workflow.text },
    { path: `${folder}/plan`, content: plan },
    // The fact as the ledger takes it, so that another ledger can take it from here.
    { path: `${folder}/planned`, content: `${JSON.stringify(event)}\n` },
    first.file,
    ...programFiles(folder, site, settings),
  ]);
  const base = { run, plan: planned.plan, folder, ledger, backend, site, settings, following };
  const start = initialState(planned.plan);
  const preparing = prepareFirst(base, start);
  // What goes wrong there is heard of below, when nothing is under way any more.
  preparing.catch(() => undefined);
  await placing;
  const arrays = await preparing;
  ledger.appendAhead([event], [planned.workflow.text, await packed]);
  await onStart(run, folder);
  const { owner } = first;
  const images = await provideImages(planned.plan, { site, backend }, following.say).catch(async (error) => {
    // Whoever takes the run up again, on whatever machine, need not ask whether this process sleeps.
    await releaseRun(backend, folder, owner).catch(() => undefined);
    throw error;
  });
  const sitting = { ...base, images, owner, ...(arrays && { first: arrays }) };
  const state = await sitDown(sitting, async (context) => {
    const found = await findReusable(planned.plan, ledger, backend.transport, site.name);
    const cached = await linkReusable([...found.values()], backend.transport, run, folder);
    if (cached.length > 0) ledger.append(cached);
    const known = withEvents(start, cached, settings.clock());
    if (cached.length > 0) following.onChange(known, cached);
    return new RunDriver(context, known, { hashes: new Map(), notes: new Set() }).follow(known);
  });
  return { run, state };
}

/** The first arrays, written down while the run's folder travels, where all its tasks are new and need no image. */
async function prepareFirst(
  base: Omit<Sitting, 'images' | 'owner'>,
  start: RunState,
): Promise<Sitting['first']> {
  const { plan, ledger } = base;
  if (plan.steps.some(({ container }) => container !== undefined)) return undefined;
  await turn();
  if (ledger.keysWithSuccess(plan.tasks.map(({ staticKey }) => staticKey)).size > 0) return undefined;
  return handOutOnce(await prepareArrays(plan.tasks, start, sendContext(base)));
}

function withEvents(state: RunState, events: readonly LedgerEvent[], atMs: number): RunState {
  return applyEvents(
    state,
    events.map((event) => ({ event, atMs })),
  );
}

function describe(
  planned: PlannedRun,
  planSha256: string,
  run: RunId,
  folder: string,
  site: string,
  settings: Settings,
): RunPlanned {
  return {
    kind: 'run-planned',
    run,
    workflow: planned.workflow.name,
    workflowFile: planned.workflow.file,
    workflowSha256: sha256(planned.workflow.text),
    planSha256,
    site,
    folder,
    dataFolder: planned.dataFolder,
    user: settings.user,
    host: settings.host,
    version: settings.version,
    arguments: planned.arguments,
    parameters: planned.plan.parameters,
    acknowledged: planned.acknowledged,
  };
}

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
