import type { Plan, TaskId } from '../model/index.ts';
import { applyEvents, decide, initialState, type RunState } from '../scheduler/index.ts';
import type { Forecast } from './forecast.ts';
import type { PlannedRun } from './plan-run.ts';
import { arrangeTasks, packedEvent } from './send-arrays.ts';
import type { Settings } from './settings.ts';
import { type Packing, sendContext } from './sit-down.ts';
import type { OpenSite } from './with-site.ts';

/** How what a run has to do would be handed over. */
export interface SubmissionForecast {
  readonly arrays: number;
  readonly elements: number;
  /** Elements that go at once; the others wait on this machine until the site's limit leaves room for them. */
  readonly atOnce: number;
  /** The site's limit; absent where none is known. */
  readonly limit?: number;
}

/** Undefined where there are no arrays to hand over: a site without a batch system. */
export function forecastSubmission(
  { plan }: PlannedRun,
  forecast: readonly Forecast[],
  open: OpenSite,
  settings: Settings,
  following: Packing,
): SubmissionForecast | undefined {
  if (open.backend.batch.takes !== 'arrays') return undefined;
  const run = 'RUN';
  const folder = `${open.site.work}/${run}`;
  const reused = new Set(forecast.flatMap(({ task, will }) => (will === 'reuse' ? [task] : [])));
  const start = stateWith(plan, reused);
  const arrays = arrangeTasks(
    plan.tasks.filter(({ id }) => !reused.has(id)),
    start,
    sendContext({ ...open, run, plan, folder, settings, following }),
  );
  const packed = arrays.map((array) => ({ event: packedEvent(array), atMs: 0 }));
  const limit = open.site.limits.submitted;
  const rule = { takes: 'arrays' as const, ...(limit !== undefined && { submitted: limit }) };
  const actions = decide(applyEvents(start, packed), rule, 0, { drain: false });
  const count = (lists: readonly (readonly unknown[])[]): number =>
    lists.reduce((sum, list) => sum + list.length, 0);
  return {
    arrays: arrays.length,
    elements: count(arrays.map(({ elements }) => elements.filter(({ tasks }) => tasks.length > 0))),
    atOnce: count(actions.flatMap((action) => (action.do === 'submit' ? [action.indices] : []))),
    ...(limit !== undefined && { limit }),
  };
}

function stateWith(plan: Plan, reused: ReadonlySet<TaskId>): RunState {
  const start = initialState(plan);
  const tasks = [...start.tasks].map(
    ([id, task]) => [id, reused.has(id) ? { ...task, state: 'cached' as const } : task] as const,
  );
  return { ...start, tasks: new Map(tasks) };
}
