import { type Backend, removeFiles, statFiles } from '../backends/index.ts';
import {
  EspalierError,
  isGood,
  isTerminal,
  type LedgerEvent,
  type RunId,
  type TaskId,
} from '../model/index.ts';
import type { Ledger, RunRow } from '../provenance/index.ts';
import { applyEvents, type RunState } from '../scheduler/index.ts';
import { checkOutputs } from './check-outputs.ts';
import { provideImages } from './images/provide-images.ts';
import { type DriveContext, RunDriver } from './run-driver.ts';
import { type RunMemory, recallRun } from './run-memory.ts';
import type { Settings } from './settings.ts';
import { type Following, type Sitting, sitDown } from './sit-down.ts';
import { programFiles } from './site-programs.ts';
import type { OpenSite } from './with-site.ts';

/** What a resume will do, and why, before it does it. */
export interface ResumePlan {
  readonly run: RunId;
  /** Good results that stay. */
  readonly kept: number;
  /** Still waiting or going on. */
  readonly open: readonly TaskId[];
  readonly again: readonly { readonly task: TaskId; readonly why: string }[];
}

/**
 * Goes on with a run after any end: first collects what happened meanwhile, then says what it will do, then does it.
 * `repeat`: also what failed or has lost its result; without it what is there is followed to its end.
 */
export async function resumeRun(
  id: RunId,
  ledger: Ledger,
  { backend, site }: Pick<OpenSite, 'backend' | 'site'>,
  settings: Settings,
  following: Following & { readonly repeat: boolean },
  onPlan: (plan: ResumePlan, state: RunState) => void,
): Promise<{ readonly run: RunId; readonly state: RunState }> {
  const row = ledger.run(id);
  const { plan } = ledger.plan(row.run);
  await refuseIfGone(row, backend);
  const images = await provideImages(plan, { site, backend }, following.say);
  const sitting = {
    images,
    run: row.run,
    plan,
    folder: row.folder,
    ledger,
    backend,
    site,
    settings,
    following,
  };
  const state = await sitDown(sitting, async (context) => {
    await backend.transport.put(programFiles(row.folder, site, settings));
    const driver = await catchUp(context);
    // From the ledger again: what catching up saw is in it.
    const memory = recallRun(ledger, row.run, plan);
    const start = following.repeat ? await reset(memory, sitting) : { state: memory.state, again: [] };
    onPlan(describe(row.run, start.state, start.again), start.state);
    return driver.follow(start.state);
  });
  return { run: row.run, state };
}

/** A driver that knows what the ledger knows and what has happened since. */
export async function catchUp(context: DriveContext): Promise<RunDriver> {
  const before = recallRun(context.ledger, context.run, context.plan);
  const driver = new RunDriver(context, before.state, {
    hashes: hashesOf(before.outputs),
    notes: before.notes,
  });
  await driver.collect();
  return driver;
}

/** What failed, and what has lost its result, waits again. */
async function reset(
  { state, outputs }: RunMemory,
  { run, ledger, backend, site, settings }: Sitting,
): Promise<{ readonly state: RunState; readonly again: ResumePlan['again'] }> {
  const { transport } = backend;
  const check = await checkOutputs(run, site.name, state, outputs.values(), transport, settings.clock());
  const events: LedgerEvent[] = [...check.remembered, ...check.lost];
  const again = toDoAgain(state, check.lost);
  const lost = check.lost.map(({ task }) => task);
  await removeFiles(transport, filesOf(lost, outputs));
  for (const why of new Set(again.map((each) => each.why))) {
    const tasks = again.filter((each) => each.why === why).map(({ task }) => task);
    events.push({ kind: 'tasks-reset', run, tasks, why });
  }
  if (events.length > 0) ledger.append(events);
  const atMs = settings.clock();
  const dated = events.map((event) => ({ event, atMs }));
  return { state: applyEvents(state, dated), again };
}

function hashesOf(outputs: ReadonlyMap<string, { readonly sha256: string }>): ReadonlyMap<string, string> {
  return new Map([...outputs].map(([key, { sha256 }]) => [key, sha256]));
}

/** All files of a task that lost one: a task makes its outputs together. */
function filesOf(
  tasks: readonly TaskId[],
  outputs: ReadonlyMap<string, { readonly task: TaskId; readonly path: string }>,
): readonly string[] {
  const wanted = new Set(tasks);
  return [...outputs.values()].filter(({ task }) => wanted.has(task)).map(({ path }) => path);
}

const lostWords = {
  missing: 'its result is gone',
  size: 'its result has another size',
  content: 'its result was changed',
};

function toDoAgain(
  state: RunState,
  lost: readonly { readonly task: TaskId; readonly why: keyof typeof lostWords }[],
): ResumePlan['again'] {
  const again = new Map<TaskId, string>(lost.map(({ task, why }) => [task, lostWords[why]]));
  for (const task of state.tasks.values()) {
    if (!isTerminal(task.state) || isGood(task.state) || again.has(task.id)) continue;
    again.set(
      task.id,
      task.state === 'skipped' ? 'what it needs is tried again' : `it ${words[task.state] ?? task.state}`,
    );
  }
  return [...again].map(([task, why]) => ({ task, why }));
}

const words: Readonly<Record<string, string>> = {
  failed: 'failed',
  lost: 'was lost',
  cancelled: 'was cancelled',
};

function describe(run: RunId, state: RunState, again: ResumePlan['again']): ResumePlan {
  const all = [...state.tasks.values()];
  const redo = new Set(again.map(({ task }) => task));
  return {
    run,
    kept: all.filter((task) => isGood(task.state)).length,
    open: all.filter((task) => !isTerminal(task.state) && !redo.has(task.id)).map((task) => task.id),
    again,
  };
}

/** Without its folder everything would be made again, in silence: that is for a person to say. */
async function refuseIfGone({ run, folder }: RunRow, backend: Backend): Promise<void> {
  const [plan] = await statFiles(backend.transport, [`${folder}/plan`]);
  if (plan !== undefined) return;
  throw new EspalierError('run-folder-gone', `the folder of run \`${run}\` is gone: \`${folder}\``, {
    hint: 'move it back if it was moved; `espalier run` begins anew, and reuses what other runs still have',
  });
}
