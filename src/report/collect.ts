import type { PlannedStep, RunId, TaskId } from '../model/index.ts';
import type { Ledger, RunRow } from '../provenance/index.ts';
import { collectPictures } from './collect-pictures.ts';
import type { FailureGroup, ReadCollection, ReportData } from './report-data.ts';

export interface CollectOptions {
  /** What an attempt wrote to stderr, where it can be read. */
  readonly readErrors?: (task: TaskId, attempt: number) => Promise<string | undefined>;
  /** Results made without some of their inputs. */
  readonly incomplete?: ReportData['incomplete'];
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
    incomplete: options.incomplete ?? [],
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

const shownLines = 20;

function groupFailures(
  ledger: Ledger,
  run: RunId,
  { readErrors }: CollectOptions,
): Promise<readonly FailureGroup[]> {
  return Promise.all(
    ledger.failures(run).map(async (cause) => {
      const { task, attempt } = cause.tasks[0] ?? {};
      const isRead = task !== undefined && attempt !== undefined && attempt > 0;
      const text = isRead ? await readErrors?.(task, attempt) : undefined;
      return { ...cause, lastLines: text === undefined ? null : lastLines(text) };
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
