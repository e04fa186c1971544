import { type Backend, removeFiles, statFiles } from '../../backends/index.ts';
import {
  EspalierError,
  isGood,
  isTerminal,
  type LedgerEvent,
  type Plan,
  type Resources,
  type RunId,
  type TaskId,
} from '../../model/index.ts';
import type { RunRow } from '../../provenance/index.ts';
import { applyEvents, type RunState } from '../../scheduler/index.ts';
import { checkOutputs } from '../check-outputs.ts';
import type { DriveContext } from '../drive/drive-context.ts';
import { RunDriver } from '../drive/run-driver.ts';
import { provideImages } from '../images/provide-images.ts';
import { type RunMemory, recallRun } from '../run-memory.ts';
import type { Settings } from '../settings.ts';
import { type Following, type Sitting, sitDown } from '../sit-down.ts';
import { programFiles } from '../site-programs.ts';
import type { OpenSite } from '../with-site.ts';
import { type Again, type ResumeWishes, selectAgain } from './select-again.ts';
import { findEdits, type WorkflowEdits } from './workflow-edits.ts';

/** What a resume will do, and why, before it does it. */
export interface ResumePlan {
  readonly run: RunId;
  /** Good results that stay. */
  readonly kept: number;
  /** Still waiting or going on. */
  readonly open: readonly TaskId[];
  readonly again: readonly Again[];
  /** Asked for from now on by those that say so. */
  readonly ask?: Partial<Resources>;
  /** Present when the workflow's file is no longer what the run was planned from. */
  readonly edits?: WorkflowEdits;
}

export interface Resuming extends Following {
  /** Also what failed or has lost its result; without it what is there is followed to its end. */
  readonly repeat: boolean;
  readonly wanted: ResumeWishes;
  /** Says what will be done and asks whether it may be; nothing was submitted or changed until it has answered yes. */
  readonly confirm: (plan: ResumePlan, state: RunState) => Promise<boolean>;
}

/**
 * Goes on with a run after any end: first collects what happened meanwhile, then says what it will do and why, then does it. The
 * plan is the run's own, whatever became of the workflow's file. `state` undefined: it was not to be.
 */
export async function resumeRun(
  id: RunId,
  open: OpenSite,
  settings: Settings,
  following: Resuming,
): Promise<{ readonly run: RunId; readonly state: RunState | undefined }> {
  const { ledger, backend, site } = open;
  const row = ledger.run(id);
  const planned = ledger.plan(row.run);
  const { plan } = planned;
  await refuseIfGone(row, backend);
  const images = await provideImages(plan, { site, backend }, following.say);
  const base = { images, run: row.run, plan, folder: row.folder, ledger, backend, site, settings };
  const sitting = { ...base, following };
  const state = await sitDown(sitting, async (context) => {
    await backend.transport.put(programFiles(row.folder, site, settings));
    const driver = await catchUp(context);
    // From the ledger again: what catching up saw is in it.
    const memory = recallRun(ledger, row.run, plan);
    if (!following.repeat) {
      const todo = describe(row.run, memory.state, []);
      return (await following.confirm(todo, memory.state)) ? driver.follow(memory.state) : undefined;
    }
    const found = await findAgain(memory, sitting);
    const edits = await findEdits(row, planned, open, settings);
    const { ask } = following.wanted;
    refuseTooMuch(plan, found.again, ask, context);
    const todo = {
      ...describe(row.run, memory.state, found.again),
      ...(ask && { ask }),
      ...(edits && { edits }),
    };
    if (!(await following.confirm(todo, memory.state))) return undefined;
    return driver.follow(await reset(memory, found, sitting));
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

interface Found {
  readonly again: readonly Again[];
  /** Facts about files that were looked at: touched, or lost. */
  readonly seen: readonly LedgerEvent[];
}

/** What is to be tried again. Looks at the results that stand; changes nothing. */
async function findAgain({ state, outputs }: RunMemory, sitting: ResumeSitting): Promise<Found> {
  const { run, plan, backend, site, settings, following } = sitting;
  const { transport } = backend;
  const check = await checkOutputs(run, site.name, state, outputs.values(), transport, settings.clock());
  const lost = new Map(check.lost.map(({ task, why }) => [task, lostWords[why]]));
  const again = selectAgain(plan, state, lost, following.wanted);
  const chosen = new Set(again.map(({ task }) => task));
  return { again, seen: [...check.remembered, ...check.lost.filter(({ task }) => chosen.has(task))] };
}

type ResumeSitting = Sitting & { readonly following: Resuming };

/** They wait again; what they had made before is taken away, so that nothing reads it meanwhile. */
async function reset(
  { state, outputs }: RunMemory,
  { again, seen }: Found,
  { run, ledger, backend, settings, following }: ResumeSitting,
): Promise<RunState> {
  const good = again.filter(({ task }) => isGood(state.tasks.get(task)?.state ?? 'waiting'));
  await removeFiles(
    backend.transport,
    filesOf(
      good.map(({ task }) => task),
      outputs,
    ),
  );
  const groups = new Map<string, Again[]>();
  for (const each of again) {
    const key = `${each.asks} ${each.anew} ${each.why}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  const { ask } = following.wanted;
  const resets = [...groups.values()].flatMap((group): LedgerEvent[] => {
    const [first] = group;
    if (first === undefined) return [];
    const tasks = group.map(({ task }) => task);
    const more = { ...(first.asks && ask && { ask }), ...(first.anew && { anew: true as const }) };
    return [{ kind: 'tasks-reset', run, tasks, why: first.why, byPerson: true, ...more }];
  });
  // Without a task to try again a person has still seen what failed, and wants the rest to go on.
  if (resets.length === 0)
    resets.push({ kind: 'tasks-reset', run, tasks: [], why: 'the run goes on', byPerson: true });
  const events = [...seen, ...resets];
  ledger.append(events);
  const atMs = settings.clock();
  return applyEvents(
    state,
    events.map((event) => ({ event, atMs })),
  );
}

/** What the site can never give would wait for ever. */
function refuseTooMuch(
  plan: Plan,
  again: readonly Again[],
  ask: Partial<Resources> | undefined,
  { retry }: DriveContext,
): void {
  if (ask === undefined) return;
  const asking = new Set(again.filter(({ asks }) => asks).map(({ task }) => task));
  const tooMuch = plan.tasks.find(
    ({ id, resources }) => asking.has(id) && !retry.fits({ ...resources, ...ask }),
  );
  if (tooMuch === undefined) return;
  throw new EspalierError(
    'too-much',
    `the site can never give step \`${tooMuch.step}\` what \`--with\` asks for`,
    {
      hint: '`espalier site show NAME` tells what its partitions give',
    },
  );
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

function describe(run: RunId, state: RunState, again: ResumePlan['again']): ResumePlan {
  const all = [...state.tasks.values()];
  const redo = new Set(again.map(({ task }) => task));
  return {
    run,
    kept: all.filter((task) => isGood(task.state) && !redo.has(task.id)).length,
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
