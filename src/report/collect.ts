import type { PlannedStep, RunId, TaskId } from '../model/index.ts';
import type { Ledger, RunRow } from '../provenance/index.ts';
import { collectPictures } from './collect-pictures.ts';
import type { FailureGroup, ReadCollection, ReportData } from './report-data.ts';

export interface CollectOptions {
  /** What an attempt wrote to stderr, where it can be read. */
  readonly readErrors?: (task: TaskId, attempt: number) => Promise<string | undefined>;
  /** How many items are shown in pictures; 6 unless stated. */
  readonly items?: number;
}

/** What a run's page shows, from the ledger's answers and the images themselves. */
export async function collectReport(
  ledger: Ledger,
  id: RunId,
  options: CollectOptions = {},
): Promise<ReportData> {
  const run = ledger.run(id);
  const counts = ledger.stepCounts(id);
  const steps = ledger.steps(id);
  const outputs = ledger.runOutputs(id);
  return {
    run,
    steps: steps.flatMap((step) => {
      const counted = counts.find((one) => one.step === step.name);
      return counted ? [{ step, counts: counted, reads: collectionsOf(ledger, id, step) }] : [];
    }),
    values: ledger.stepValues(id),
    inputs: ledger.runInputs(id),
    outputs,
    failures: await groupFailures(ledger, id, options),
    ...(await collectPictures(ledger, id, steps, outputs, options.items ?? 6)),
    hosts: ledger.runHosts(id),
    workflowText: readText(ledger, run),
  };
}

/** As its first task reads them: all tasks of a step read the same collections. */
function collectionsOf(ledger: Ledger, run: RunId, step: PlannedStep): readonly ReadCollection[] {
  const inputs = ledger.plannedTask(run, `${step.name}:1`)?.inputs ?? [];
  const read = new Map<string, ReadCollection>();
  for (const { from } of inputs) {
    if (from.kind === 'file')
      read.set(from.collection, { name: from.collection, calibration: from.calibration });
  }
  return [...read.values()];
}

const bad = ['failed', 'lost', 'cancelled', 'skipped'] as const;
const shownTasks = 8;
const shownLines = 20;

async function groupFailures(
  ledger: Ledger,
  run: RunId,
  { readErrors }: CollectOptions,
): Promise<readonly FailureGroup[]> {
  const groups = new Map<string, FailureGroup & { readonly attempt: number }>();
  for (const task of ledger.tasks(run, { states: bad })) {
    const state = bad.find((name) => name === task.state) ?? 'failed';
    const [why, message] = [task.why ?? '', task.message ?? ''];
    const key = JSON.stringify([task.step, state, why, message]);
    const group = groups.get(key);
    const tasks = [...(group?.tasks ?? []), { task: task.task, label: task.label }].slice(0, shownTasks);
    const { step, attempt } = group ?? task;
    groups.set(key, {
      step,
      state,
      why,
      message,
      attempt,
      count: (group?.count ?? 0) + 1,
      tasks,
      lastLines: null,
    });
  }
  return Promise.all(
    [...groups.values()].map(async ({ attempt, ...group }) => {
      const first = group.tasks[0]?.task;
      const text = first !== undefined && attempt > 0 ? await readErrors?.(first, attempt) : undefined;
      return { ...group, lastLines: text === undefined ? null : lastLines(text) };
    }),
  );
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-shownLines).join('\n');
}

function readText(ledger: Ledger, run: RunRow): string | null {
  try {
    return ledger.blob(run.workflowSha256);
  } catch {
    return null;
  }
}
