import { linkFiles, type SeenFile, statFiles, type Transport } from '../backends/index.ts';
import { contentKey } from '../compiler/index.ts';
import type { Plan, Task, TaskCached, TaskId } from '../model/index.ts';
import type { Ledger, Serving } from '../provenance/index.ts';
import { resultPath } from '../templates/index.ts';

/** A task that an earlier attempt serves, known before anything runs. */
export interface Reusable {
  readonly task: Task;
  readonly contentKey: string;
  readonly serving: Serving;
  readonly inputs: TaskCached['inputs'];
}

/**
 * Which tasks of a plan need not run: every input's content is known, an attempt with the same content key has succeeded, and
 * its outputs are still there as they were recorded. Nothing is reused on anything less.
 */
export async function findReusable(
  plan: Plan,
  ledger: Ledger,
  transport: Transport,
  site: string,
): Promise<ReadonlyMap<TaskId, Reusable>> {
  const found = new Map<TaskId, Reusable>();
  // One question for all: of most plans nothing, or little, was ever done.
  const done = ledger.keysWithSuccess(plan.tasks.map(({ staticKey }) => staticKey));
  if (done.size === 0) return found;
  for (const step of plan.steps) {
    const wanted = plan.tasks
      .filter((task) => task.step === step.name && done.has(task.staticKey))
      .map((task) => ({ task, inputs: knownInputs(task, found, ledger) }))
      .flatMap(({ task, inputs }) => (inputs === undefined ? [] : [lookUp(task, inputs, ledger, site)]));
    for (const reusable of await stillThere(wanted, transport)) found.set(reusable.task.id, reusable);
  }
  return found;
}

/** Undefined where the content of any input is not known for certain. */
function knownInputs(
  task: Task,
  found: ReadonlyMap<TaskId, Reusable>,
  ledger: Ledger,
): TaskCached['inputs'] | undefined {
  const inputs: TaskCached['inputs'][number][] = [];
  for (const { role, index: n, from } of task.inputs) {
    if (from.kind === 'file') {
      const sha256 = ledger.rememberedHash(from.file);
      if (sha256 === undefined) return undefined;
      inputs.push({ role, n, sha256, path: from.file.path, size: from.file.size });
    } else {
      const output = found.get(from.task)?.serving.outputs.find((each) => each.role === from.output);
      if (output === undefined) return undefined;
      inputs.push({ role, n, sha256: output.sha256, path: output.path, size: output.size });
    }
  }
  return inputs;
}

interface Wanted {
  readonly task: Task;
  readonly contentKey: string;
  readonly inputs: TaskCached['inputs'];
  readonly servings: readonly Serving[];
}

function lookUp(task: Task, inputs: TaskCached['inputs'], ledger: Ledger, site: string): Wanted {
  const key = contentKey(
    task.staticKey,
    inputs.map(({ role, n, sha256 }) => ({ role, index: n, sha256 })),
  );
  const servings = ledger
    .succeededByContentKey(key)
    .filter((serving) => serving.site === site && isWhole(task, serving));
  return { task, contentKey: key, inputs, servings };
}

function isWhole(task: Task, serving: Serving): boolean {
  return task.outputs.every((output) =>
    serving.outputs.some((each) => each.role === output.role && each.state === 'present'),
  );
}

/** One question to the site for all files of all candidates. */
async function stillThere(wanted: readonly Wanted[], transport: Transport): Promise<readonly Reusable[]> {
  const paths = [
    ...new Set(
      wanted.flatMap(({ servings }) => servings.flatMap(({ outputs }) => outputs.map(({ path }) => path))),
    ),
  ];
  if (paths.length === 0) return [];
  const seen = await statFiles(transport, paths);
  const byPath = new Map(paths.map((path, index) => [path, seen[index]]));
  return wanted.flatMap(({ servings, ...rest }) => {
    const serving = servings.find(({ outputs }) =>
      outputs.every((output) => isSame(output, byPath.get(output.path))),
    );
    return serving === undefined ? [] : [{ ...rest, serving }];
  });
}

/** The same file as recorded, by size, time and inode; anything else is `missing`, not reusable. */
function isSame(recorded: Serving['outputs'][number], seen: SeenFile | undefined): boolean {
  return (
    seen !== undefined &&
    seen.size === recorded.size &&
    seen.inode === recorded.inode &&
    seen.mtime === Math.floor((recorded.mtimeMs ?? 0) / 1000)
  );
}

/** Puts what serves into the run's own folder; gives the facts for the ledger. Tasks whose files went meanwhile are left out. */
export async function linkReusable(
  reusable: readonly Reusable[],
  transport: Transport,
  run: string,
  folder: string,
): Promise<readonly TaskCached[]> {
  const pairs = reusable.flatMap(({ task, serving }) =>
    task.outputs.map((output) => ({
      from: serving.outputs.find((each) => each.role === output.role)?.path ?? '',
      to: resultPath(folder, task, output),
    })),
  );
  const seen = pairs.length === 0 ? [] : await linkFiles(transport, pairs);
  let at = 0;
  return reusable.flatMap(({ task, serving, contentKey: key, inputs }) => {
    const outputs = task.outputs.flatMap((output) => {
      const file = seen[at];
      const made = serving.outputs.find((each) => each.role === output.role);
      const to = pairs[at]?.to ?? '';
      at++;
      return file === undefined || made === undefined
        ? []
        : [
            {
              role: output.role,
              path: to,
              sha256: made.sha256,
              size: made.size,
              mtime: file.mtime,
              inode: file.inode,
            },
          ];
    });
    if (outputs.length < task.outputs.length) return [];
    return [
      {
        kind: 'task-cached',
        run,
        task: task.id,
        from: serving.from,
        contentKey: key,
        inputs,
        outputs,
        found: 'plan',
      },
    ];
  });
}
