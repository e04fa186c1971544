import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import picomatch from 'picomatch';
import { EspalierError, isGood, type RunId, type TaskState } from '../model/index.ts';
import { resultPath } from '../templates/index.ts';
import type { OpenSite } from './with-site.ts';

export interface Fetched {
  readonly path: string;
  readonly was: 'fetched' | 'there';
}

/** Transfers at once on the one connection. */
const atOnce = 4;

/**
 * Brings results of a run to this machine, below `folder` as `STEP/NAME`. Patterns are of `STEP.OUTPUT` or of `STEP/NAME`; none
 * means all. Each arrives whole and with the content that the ledger knows, or not at all; what is there already is left.
 */
export async function fetchResults(
  id: RunId,
  { ledger, backend }: OpenSite,
  patterns: readonly string[],
  folder: string,
  onFile: (file: Fetched) => void,
): Promise<number> {
  const { run, folder: runFolder } = ledger.run(id);
  const { plan } = ledger.plan(run);
  const hashes = hashesOf(run, ledger);
  const wanted = plan.tasks.flatMap((task) =>
    task.outputs
      .filter((output) => isWanted(`${task.step}.${output.role}`, `${task.step}/${output.name}`, patterns))
      .flatMap((output) => {
        const sha256 = hashes.get(`${task.id}/${output.role}`);
        if (sha256 === undefined || output.type !== 'file') return [];
        return [
          { from: resultPath(runFolder, task, output), to: join(folder, task.step, output.name), sha256 },
        ];
      }),
  );
  const queue = new PQueue({ concurrency: atOnce });
  await Promise.all(
    wanted.map(({ from, to, sha256 }) =>
      queue.add(async () => {
        if (await isThere(to)) return onFile({ path: to, was: 'there' });
        const made = await backend.transport.download(from, to);
        if (made !== sha256)
          throw new EspalierError('changed-result', `\`${from}\` is no longer what the ledger knows`, {
            fault: 'site',
            hint: '`espalier resume` makes it again',
          });
        onFile({ path: to, was: 'fetched' });
      }),
    ),
  );
  return wanted.length;
}

function isWanted(byRole: string, byName: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || picomatch([...patterns])(byRole) || picomatch([...patterns])(byName);
}

/** Contents of the outputs of good tasks, by `task/role`. */
function hashesOf(run: RunId, ledger: OpenSite['ledger']): ReadonlyMap<string, string> {
  const good = new Set(
    ledger
      .tasks(run)
      .filter(({ state }: { state: TaskState }) => isGood(state))
      .map(({ task }) => task),
  );
  const hashes = new Map<string, string>();
  for (const { event } of ledger.events(run)) {
    if (event.kind !== 'task-succeeded' && event.kind !== 'task-cached') continue;
    const outputs = event.kind === 'task-cached' ? event.outputs : event.evidence.outputs;
    if (good.has(event.task))
      for (const { role, sha256 } of outputs) hashes.set(`${event.task}/${role}`, sha256);
  }
  return hashes;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
