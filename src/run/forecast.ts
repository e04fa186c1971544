import { diffKeyParts, type KeyDifference } from '../compiler/index.ts';
import { parseTaskId, type Task, type TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import { describeDifference } from './describe-difference.ts';
import { findReusable } from './find-reusable.ts';
import type { PlannedRun } from './plan-run.ts';
import type { OpenSite } from './with-site.ts';

/** What would happen to a task, and why. */
export interface Forecast {
  readonly task: TaskId;
  readonly step: string;
  readonly label: string;
  readonly will: 'run' | 'reuse';
  /** One short clause for people. */
  readonly why: string;
  readonly changed: readonly KeyDifference[];
}

/** For each task of a plan whether it would run, and why, by comparison with the latest attempt on the same item. */
export async function forecastRun(
  planned: PlannedRun,
  ledger: Ledger,
  { backend, site }: Pick<OpenSite, 'backend' | 'site'>,
): Promise<readonly Forecast[]> {
  const { plan } = planned;
  const reusable = await findReusable(plan, ledger, backend.transport, site.name);
  const running = new Set<TaskId>();
  return plan.tasks.map((task) => {
    const about = { task: task.id, step: task.step, label: task.label };
    const serving = reusable.get(task.id)?.serving;
    if (serving !== undefined) {
      return {
        ...about,
        will: 'reuse',
        why: `\`${serving.from.task}\` of run \`${serving.from.run}\` serves`,
        changed: [],
      };
    }
    running.add(task.id);
    return { ...about, will: 'run', ...explain(task, planned, ledger, running) };
  });
}

function explain(
  task: Task,
  planned: PlannedRun,
  ledger: Ledger,
  running: ReadonlySet<TaskId>,
): Pick<Forecast, 'why' | 'changed'> {
  const before = ledger.lastAttemptLike(planned.plan.workflow.name, task.step, task.label);
  if (before === undefined) return { why: 'never done before', changed: [] };
  const parts = planned.keyParts.get(task.staticKey);
  const changed =
    before.keyParts === undefined || parts === undefined ? [] : diffKeyParts(before.keyParts, parts, [], []);
  if (changed.length > 0) return { why: changed.map(describeDifference).join('; '), changed };
  const upstream = upstreamOf(task, running);
  if (upstream !== undefined)
    return { why: `\`${upstream}\` runs; it stops here if the outcome is the same`, changed };
  if (
    task.inputs.some(({ from }) => from.kind === 'file' && ledger.rememberedHash(from.file) === undefined)
  ) {
    return { why: 'an input file is new or was touched; it stops there if the content is the same', changed };
  }
  if (inputsChanged(task, before.inputs, ledger)) return { why: 'an input has another content', changed };
  return { why: 'its earlier result is gone or was changed', changed };
}

function inputsChanged(
  task: Task,
  before: readonly { readonly role: string; readonly n: number; readonly sha256: string }[],
  ledger: Ledger,
): boolean {
  return task.inputs.some(({ role, index, from }) => {
    const earlier = before.find((input) => input.role === role && input.n === index)?.sha256;
    return from.kind === 'file' && earlier !== ledger.rememberedHash(from.file);
  });
}

function upstreamOf(task: Task, running: ReadonlySet<TaskId>): string | undefined {
  const from = task.inputs.flatMap((input) =>
    input.from.kind === 'task' && running.has(input.from.task) ? [input.from.task] : [],
  );
  return from[0] === undefined ? undefined : parseTaskId(from[0])?.step;
}
