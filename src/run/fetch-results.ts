import { join } from 'node:path';
import picomatch from 'picomatch';
import { isGood, type Plan, type RunId, type TaskState } from '../model/index.ts';
import { resultPath } from '../templates/index.ts';
import { bringFiles, type Fetched, type WantedFile } from './bring-files.ts';
import type { OpenSite } from './with-site.ts';

/** What is known of an output: sha256 (hex), bytes. */
interface Content {
  readonly sha256: string;
  readonly size: number;
}

/**
 * Brings results of a run to this machine, below `folder` as `STEP/NAME`. Patterns are of `STEP.OUTPUT` or of `STEP/NAME`; none
 * means all. Each arrives whole and with the content that the ledger knows, or not at all; what is there with that content is left.
 */
export async function fetchResults(
  id: RunId,
  { ledger, backend }: Pick<OpenSite, 'ledger' | 'backend'>,
  patterns: readonly string[],
  folder: string,
  onFile: (file: Fetched) => void,
): Promise<number> {
  const { run, folder: runFolder } = ledger.run(id);
  const { plan } = ledger.plan(run);
  const wanted = wantedFiles(plan, runFolder, patterns, folder, contentsOf(run, ledger));
  await bringFiles(wanted, backend.transport, onFile);
  return wanted.length;
}

/** Files among the outputs of these tasks that fit. `contents`: by `task/role`. */
export function wantedFiles(
  plan: Pick<Plan, 'tasks'>,
  runFolder: string,
  patterns: readonly string[],
  folder: string,
  contents: ReadonlyMap<string, Content>,
): readonly WantedFile[] {
  return plan.tasks.flatMap((task) =>
    task.outputs
      .filter((output) => isWanted(`${task.step}.${output.role}`, `${task.step}/${output.name}`, patterns))
      .flatMap((output) => {
        const content = contents.get(`${task.id}/${output.role}`);
        if (content === undefined || output.type !== 'file') return [];
        return [
          { from: resultPath(runFolder, task, output), to: join(folder, task.step, output.name), ...content },
        ];
      }),
  );
}

function isWanted(byRole: string, byName: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || picomatch([...patterns])(byRole) || picomatch([...patterns])(byName);
}

/** Contents of the outputs of good tasks, by `task/role`. */
function contentsOf(run: RunId, ledger: OpenSite['ledger']): ReadonlyMap<string, Content> {
  const good = new Set(
    ledger
      .tasks(run)
      .filter(({ state }: { state: TaskState }) => isGood(state))
      .map(({ task }) => task),
  );
  const contents = new Map<string, Content>();
  for (const { event } of ledger.events(run)) {
    if (event.kind !== 'task-succeeded' && event.kind !== 'task-cached') continue;
    const outputs = event.kind === 'task-cached' ? event.outputs : event.evidence.outputs;
    if (good.has(event.task))
      for (const { role, sha256, size } of outputs) contents.set(`${event.task}/${role}`, { sha256, size });
  }
  return contents;
}
