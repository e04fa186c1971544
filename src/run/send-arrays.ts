import type { Backend, SiteFile } from '../backends/index.ts';
import type { ArrayPacked, JobArray, PackedTask, Plan, RunId, Site, Task, TaskId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import {
  type ArrangeOptions,
  adjustTask,
  arrange,
  lastAttempt,
  livePlaces,
  type RunState,
} from '../scheduler/index.ts';
import {
  type Assignment,
  arrayFolder,
  type ElementContext,
  jobScriptPath,
  type ProvidedImage,
  type Reuse,
  renderElement,
  renderJobScript,
  TaskFile,
} from '../templates/index.ts';

export interface SendContext {
  readonly run: RunId;
  readonly plan: Plan;
  /** All of the plan. */
  readonly tasks: ReadonlyMap<TaskId, Task>;
  readonly folder: string;
  readonly backend: Backend;
  readonly ledger: Ledger;
  readonly site: Site;
  readonly images: ReadonlyMap<string, ProvidedImage>;
  readonly slots: number;
  readonly random: () => string;
  readonly fuse: boolean;
  readonly pack: boolean;
  readonly batch: boolean;
  /** Shell lines before the wrapper: PATH, modules. */
  readonly prelude: readonly string[];
}

/** Arrays for tasks, and what their jobs need on the site. */
export interface PreparedArrays {
  readonly tasks: readonly Task[];
  readonly arrays: readonly JobArray[];
  readonly files: readonly SiteFile[];
}

/** Packs waiting tasks into arrays and writes down what these need. Nothing is sent yet. */
export async function prepareArrays(
  tasks: readonly Task[],
  state: RunState,
  context: SendContext,
): Promise<PreparedArrays> {
  await turn();
  const arrays = arrangeTasks(tasks, state, context);
  await turn();
  const files: SiteFile[] = [];
  for (const array of arrays) files.push(...(await arrayFiles(array, context, state)));
  return { tasks, arrays, files };
}

/** Gives them once, because their ids are given out once; nothing holds on to the texts of a million tasks while these run. */
export function handOutOnce(prepared: PreparedArrays): () => PreparedArrays | undefined {
  let left: PreparedArrays | undefined = prepared;
  return () => {
    const given = left;
    left = undefined;
    return given;
  };
}

export function arrangeTasks(
  tasks: readonly Task[],
  state: RunState,
  context: SendContext,
): readonly JobArray[] {
  const options: ArrangeOptions = {
    run: context.run,
    newArrayId: (ordinal) => `${context.run}.${tokenOf(state.arrays.size + ordinal)}${context.random()}`,
    attempts: (task) => lastAttempt(state.tasks.get(task)),
    usualSeconds: (step) => context.ledger.usualSeconds(context.plan.workflow.name, step),
    targetSeconds: context.site.limits.elementSeconds,
    slots: context.slots,
    // One larger than what may be submitted would be refused for ever.
    maxArraySize: Math.min(
      context.site.limits.arraySize,
      context.site.limits.submitted ?? Number.POSITIVE_INFINITY,
    ),
    fuse: context.fuse,
    pack: context.pack,
    batch: context.batch,
    fits: (resources) => context.backend.batch.refusals(resources).length === 0,
    earlier: livePlaces(state),
  };
  const adjusted = tasks.map((task) => adjustTask(task, state.tasks.get(task.id) ?? {}));
  return arrange(adjusted, context.plan.steps, options).map((array) => noteAdjusted(array, state));
}

/** So that who takes the run in from its folder knows what each attempt asked for, and did without. */
function noteAdjusted(array: JobArray, { tasks: known }: RunState): JobArray {
  const isPlain = ({ task, attempt }: PackedTask): boolean => {
    const status = known.get(task);
    return attempt === 1 && status?.ask === undefined && status?.without === undefined;
  };
  const elements = array.elements.map((element) =>
    element.tasks.every(isPlain) ? element : { ...element, tasks: element.tasks.map(noted) },
  );
  return { ...array, elements };

  function noted(packed: PackedTask): PackedTask {
    const { ask, without } = known.get(packed.task) ?? {};
    // Of a later attempt always: what an earlier one was given no longer holds.
    if (packed.attempt > 1) return { ...packed, ask: ask ?? {}, without: without ?? [] };
    return { ...packed, ...(ask && { ask }), ...(without && { without }) };
  }
}

function tokenOf(ordinal: number): string {
  return `a${ordinal + 1}-`;
}

/** The job script, and the tasks it reads by index. */
async function arrayFiles(
  array: JobArray,
  context: SendContext,
  state: RunState,
): Promise<readonly SiteFile[]> {
  const { folder, backend } = context;
  const steps = new Map(context.plan.steps.map((step) => [step.name, step]));
  const elements: ElementContext = {
    runFolder: folder,
    task: (id) => known(context.tasks, id),
    environment: (step) => steps.get(step)?.environment ?? {},
    logWithout: (step) => steps.get(step)?.logWithout ?? [],
    image: (step) => context.images.get(step),
    batch: (step) => (context.batch ? steps.get(step)?.batch : undefined),
  };
  const list = array.elements.flatMap(({ tasks }) =>
    tasks.map(({ task }) => known(context.tasks, task).staticKey),
  );
  const done = context.ledger.keysWithSuccess(list);
  const assigned = ({ task, attempt }: PackedTask): Assignment => {
    const status = state.tasks.get(task);
    // A person wants it made again: nothing that was done serves.
    return assign(
      adjustTask(known(context.tasks, task), status ?? {}),
      attempt,
      status?.anew ? none : done,
      context,
    );
  };
  const { tasks, index } = await writeTasks(array, (list) => renderElement(list.map(assigned), elements));
  const script = renderJobScript({
    array: array.id,
    run: context.run,
    elements: array.elements.length,
    runFolder: folder,
    seconds: array.resources.time,
    directives: backend.directives(array.resources),
    prelude: [...backend.batch.prelude, ...context.prelude],
  });
  return [
    { path: `${arrayFolder(folder, array.id)}/packed`, content: `${JSON.stringify(packedEvent(array))}\n` },
    { path: `${arrayFolder(folder, array.id)}/tasks`, content: tasks },
    { path: `${arrayFolder(folder, array.id)}/index`, content: index },
    { path: jobScriptPath(folder, array.id), content: script, executable: true },
  ];
}

/** Elements that are written down before what else goes on gets its turn. */
const atOnce = 64;

/** Lets go on what waits: a stream of files, a person's Ctrl-C. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function writeTasks(
  { elements }: JobArray,
  render: (tasks: readonly PackedTask[]) => string,
): Promise<TaskFile> {
  const file = new TaskFile();
  for (const [n, { tasks }] of elements.entries()) {
    if (n % atOnce === atOnce - 1) await turn();
    file.add(render(tasks));
  }
  return file;
}

/** The fact that a ledger takes, and that lies beside the array, so that another ledger can take it from there. */
export function packedEvent({ id, run, resources, elements, after }: JobArray): ArrayPacked {
  const lists = elements.map((element) => element.tasks);
  return { kind: 'array-packed', run, array: id, resources, elements: lists, after };
}

function known(tasks: ReadonlyMap<TaskId, Task>, id: TaskId): Task {
  const task = tasks.get(id);
  if (task === undefined) throw new Error(`the plan has no task ${id}`);
  return task;
}

const none: ReadonlySet<string> = new Set();

/** With the earlier result that would serve if the inputs turn out the same, so that the node can stop there. */
function assign(task: Task, attempt: number, done: ReadonlySet<string>, context: SendContext): Assignment {
  if (!done.has(task.staticKey)) return { task, attempt };
  const candidate = context.ledger
    .candidatesFor(task.staticKey, task.label)
    .find(
      (each) => each.site === context.site.name && each.contentKey !== null && each.from.run !== context.run,
    );
  const files = task.outputs.flatMap((output) => {
    const made = candidate?.outputs.find((each) => each.role === output.role && each.state === 'present');
    if (made === undefined) return [];
    return [
      {
        path: made.path,
        size: made.size,
        mtime: Math.floor((made.mtimeMs ?? 0) / 1000),
        sha256: made.sha256,
      },
    ];
  });
  if (candidate === undefined || files.length < task.outputs.length) return { task, attempt };
  const { run, task: from, attempt: number } = candidate.from;
  const reuse: Reuse = { key: candidate.contentKey ?? '', ref: `${run}/${from}/${number}`, files };
  return { task, attempt, reuse };
}
