import type { PlannedStep, Resources, Task, TaskId } from '../model/index.ts';
import { needsOf } from './run-state.ts';

/** What runs in one go, in order: a task, or a chain of tasks of one item. */
export interface Unit {
  readonly steps: string;
  readonly tasks: readonly Task[];
  readonly resources: Resources;
}

/** Chains of one item that want the same resources become one unit; every other task is a unit of its own. */
export function fuseChains(
  tasks: readonly Task[],
  steps: readonly PlannedStep[],
  options: {
    readonly fuse: boolean;
    /** Whether the site can ever give that. */
    readonly fits: (resources: Resources) => boolean;
  },
): readonly Unit[] {
  const { fuse, fits } = options;
  const unitOf = new Map<TaskId, Task[]>();
  const units: Task[][] = [];
  const fusable = new Map(steps.map((step) => [step.name, fuse && step.fuse && step.shape === 'item']));
  const headSteps = fuse ? chainHeads(tasks, steps) : new Map<string, string>();
  for (const task of tasks) {
    const head = fusable.get(task.step) === true ? headSteps.get(task.step) : undefined;
    const unit = head === undefined ? undefined : unitToJoin(task, unitOf, head);
    if (unit === undefined || !fits(unitResources([...unit, task].map(({ resources }) => resources)))) {
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

/** Time apart: a chain asks for the time of all its tasks. */
function sameRequest(a: Resources, b: Resources): boolean {
  return JSON.stringify({ ...a, time: 0 }) === JSON.stringify({ ...b, time: 0 });
}

function toUnit(tasks: readonly Task[]): Unit {
  const [only, second] = tasks;
  if (only !== undefined && second === undefined)
    return { steps: only.step, tasks, resources: only.resources };
  const resources = unitResources(tasks.map((task) => task.resources));
  return { steps: tasks.map((task) => task.step).join('+'), tasks, resources };
}

/** What a sequence of these asks for. The batch system's own wishes are the same for all that stand together. */
export function unitResources(list: readonly Resources[]): Resources {
  return list.reduce(inSequence);
}

function inSequence(a: Resources, b: Resources): Resources {
  return {
    ...a,
    cpus: Math.max(a.cpus, b.cpus),
    gpus: Math.max(a.gpus, b.gpus),
    memory: Math.max(a.memory, b.memory),
    time: a.time + b.time,
    scratch: Math.max(a.scratch, b.scratch),
  };
}
