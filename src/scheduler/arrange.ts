import type {
  ArrayId,
  Element,
  JobArray,
  PlannedStep,
  Resources,
  RunId,
  Task,
  TaskId,
} from '../model/index.ts';
import { needsOf } from './run-state.ts';

export interface ArrangeOptions {
  readonly run: RunId;
  readonly newArrayId: (ordinal: number) => ArrayId;
  /** Attempts begun so far of a task. */
  readonly attempts: (task: TaskId) => number;
  /** How long a task of the step took before, in seconds; undefined when nothing is known. */
  readonly usualSeconds: (step: string) => number | undefined;
  /** An element should last about this long, in seconds. */
  readonly targetSeconds: number;
  /** Elements that can run side by side: packing never leaves fewer than that. */
  readonly slots: number;
  readonly maxArraySize: number;
  readonly fuse: boolean;
  readonly pack: boolean;
}

/** What runs in one go, in order: a task, or a chain of tasks of one item. */
interface Unit {
  readonly steps: string;
  readonly tasks: readonly Task[];
  readonly resources: Resources;
}

/**
 * Packs tasks into arrays. Chains of one item that want the same resources become one unit (image 7 need not wait for
 * image 900); short units share an element; elements of one kind share an array, up to the site's size.
 */
export function arrange(
  tasks: readonly Task[],
  steps: readonly PlannedStep[],
  options: ArrangeOptions,
): readonly JobArray[] {
  const units = fuseChains(tasks, steps, options.fuse);
  const kinds = groupUnits(units);
  const arrays: JobArray[] = [];
  for (const kind of kinds.values()) {
    const elements = packUnits(kind, packSize(kind, steps, options));
    for (let start = 0; start < elements.length; start += options.maxArraySize) {
      arrays.push(buildArray(elements.slice(start, start + options.maxArraySize), arrays.length, options));
    }
  }
  return arrays;
}

function fuseChains(tasks: readonly Task[], steps: readonly PlannedStep[], fuse: boolean): readonly Unit[] {
  const unitOf = new Map<TaskId, Task[]>();
  const units: Task[][] = [];
  const fusable = new Map(steps.map((step) => [step.name, fuse && step.fuse && step.shape === 'item']));
  const headSteps = fuse ? chainHeads(tasks, steps) : new Map<string, string>();
  for (const task of tasks) {
    const head = fusable.get(task.step) === true ? headSteps.get(task.step) : undefined;
    const unit = head === undefined ? undefined : unitToJoin(task, unitOf, head);
    if (unit === undefined) {
      const fresh = [task];
      units.push(fresh);
      unitOf.set(task.id, fresh);
    } else {
      unit.push(task);
      unitOf.set(task.id, unit);
    }
  }
  return units.map(toUnit);
}

/**
 * Which step each step may follow inside one element: the one step it reads item by item, if both want the same
 * resources and no other step has joined that one before.
 */
function chainHeads(tasks: readonly Task[], steps: readonly PlannedStep[]): ReadonlyMap<string, string> {
  const producers = new Map<string, Set<string>>();
  const stepOf = new Map(tasks.map((task) => [task.id, task.step]));
  for (const task of tasks) {
    const from = producers.get(task.step) ?? new Set<string>();
    for (const need of needsOf(task)) {
      const step = stepOf.get(need);
      if (step !== undefined) from.add(step);
    }
    producers.set(task.step, from);
  }
  const heads = new Map<string, string>();
  const taken = new Set<string>();
  for (const step of steps) {
    const nearest = [...(producers.get(step.name) ?? [])].sort(byOrder(steps)).at(-1);
    if (step.shape !== 'item' || nearest === undefined || taken.has(nearest)) continue;
    if (!steps.find((other) => other.name === nearest)?.fuse) continue;
    heads.set(step.name, nearest);
    taken.add(nearest);
  }
  return heads;
}

function byOrder(steps: readonly PlannedStep[]): (a: string, b: string) => number {
  const place = new Map(steps.map((step, index) => [step.name, index]));
  return (a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0);
}

/** The unit that ends with this task's producer of step `head`, if everything else it needs is in there or done. */
function unitToJoin(task: Task, unitOf: ReadonlyMap<TaskId, Task[]>, head: string): Task[] | undefined {
  const pending = needsOf(task).map((need) => unitOf.get(need));
  const open = pending.filter((unit): unit is Task[] => unit !== undefined);
  const unit = open[0];
  if (unit === undefined || open.some((other) => other !== unit)) return undefined;
  const last = unit.at(-1);
  if (last === undefined || last.step !== head || !sameRequest(last.resources, task.resources))
    return undefined;
  return unit;
}

function sameRequest(a: Resources, b: Resources): boolean {
  return a.cpus === b.cpus && a.gpus === b.gpus && a.memory === b.memory && a.scratch === b.scratch;
}

function toUnit(tasks: readonly Task[]): Unit {
  const resources = tasks.map((task) => task.resources).reduce(inSequence);
  return { steps: tasks.map((task) => task.step).join('+'), tasks, resources };
}

function inSequence(a: Resources, b: Resources): Resources {
  return {
    cpus: Math.max(a.cpus, b.cpus),
    gpus: Math.max(a.gpus, b.gpus),
    memory: Math.max(a.memory, b.memory),
    time: a.time + b.time,
    scratch: Math.max(a.scratch, b.scratch),
  };
}

/** Units of the same steps and the same request, in the order in which their kind first appears. */
function groupUnits(units: readonly Unit[]): ReadonlyMap<string, readonly Unit[]> {
  const kinds = new Map<string, Unit[]>();
  for (const unit of units) {
    const key = JSON.stringify([unit.steps, unit.resources]);
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [unit]);
    else kind.push(unit);
  }
  return kinds;
}

function packSize(units: readonly Unit[], steps: readonly PlannedStep[], options: ArrangeOptions): number {
  const names = units[0]?.steps.split('+') ?? [];
  const asked = steps.find((step) => names.includes(step.name) && step.pack !== undefined)?.pack;
  if (asked !== undefined) return asked;
  if (!options.pack) return 1;
  const seconds = names.reduce(
    (sum, name) => sum + (options.usualSeconds(name) ?? Number.POSITIVE_INFINITY),
    0,
  );
  const byTime = Math.floor(options.targetSeconds / Math.max(seconds, 0.01));
  const bySlots = Math.ceil(units.length / Math.max(options.slots, 1));
  return Math.max(1, Math.min(byTime, bySlots, 1000));
}

function packUnits(units: readonly Unit[], size: number): readonly (readonly Unit[])[] {
  const packs: Unit[][] = [];
  for (let start = 0; start < units.length; start += size) packs.push(units.slice(start, start + size));
  return packs;
}

function buildArray(packs: readonly (readonly Unit[])[], ordinal: number, options: ArrangeOptions): JobArray {
  const elements: Element[] = packs.map((units, index) => ({
    index,
    tasks: units.flatMap((unit) =>
      unit.tasks.map((task) => ({ task: task.id, attempt: options.attempts(task.id) + 1 })),
    ),
  }));
  const longest = packs.map((units) => units.map((unit) => unit.resources).reduce(inSequence));
  const resources = longest.reduce((a, b) => ({ ...inSequence(a, b), time: Math.max(a.time, b.time) }));
  return { id: options.newArrayId(ordinal), run: options.run, elements, resources };
}
