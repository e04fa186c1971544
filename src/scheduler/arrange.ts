import type {
  ArrayAfter,
  ArrayId,
  Element,
  JobArray,
  PlannedStep,
  Resources,
  RunId,
  Task,
  TaskId,
} from '../model/index.ts';
import { fuseChains, type Unit, unitResources } from './fuse-chains.ts';
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
  /** Whether one process takes many tasks of a step whose tool can. */
  readonly batch: boolean;
  /** Whether the site can ever give what an element asks for: its time grows with what is put into it. */
  readonly fits: (resources: Resources) => boolean;
  /** Where tasks of earlier arrays lie that have not ended: those that read from them wait for these arrays. */
  readonly earlier?: ReadonlyMap<TaskId, Placement>;
}

/**
 * Packs tasks into arrays. Chains of one item that want the same resources become one unit (image 7 need not wait for
 * image 900); short units share an element, and so do those that one process takes together; elements of one kind share an array, up to the site's size. Arrays joined item
 * by item share one index map, so that element i of the later needs only element i of the earlier.
 */
export function arrange(
  tasks: readonly Task[],
  steps: readonly PlannedStep[],
  options: ArrangeOptions,
): readonly JobArray[] {
  const arrays: JobArray[] = [];
  const places = new Map<TaskId, Placement>();
  for (const kind of groupUnits(fuseChains(tasks, steps, options)).values()) {
    const together = options.batch && isBatched(kind, steps);
    for (const packs of placeUnits(kind, packSize(kind, steps, options), places, options)) {
      const placeOf = (task: TaskId): Placement | undefined => places.get(task) ?? options.earlier?.get(task);
      const array = buildArray(packs, arrays.length, together, placeOf, options);
      for (const { index, tasks: list } of array.elements)
        for (const { task } of list) places.set(task, { array: array.id, index });
      arrays.push(array);
    }
  }
  return arrays;
}

/** Where a task lies. */
interface Placement {
  readonly array: ArrayId;
  readonly index: number;
}

type PlaceOf = (task: TaskId) => Placement | undefined;

/** What an array's elements run, by index; nothing at the gaps of a shared index map. */
type Packs = readonly (readonly Unit[])[];

/** Arrays that may share one index map, where what follows an element is more than the site gives one element. */
const mostLayers = 4;

/** Units that each follow one element of one earlier array take its indices; all others are packed in their order. */
function placeUnits(
  units: readonly Unit[],
  pack: { readonly size: number; readonly asked: boolean },
  places: ReadonlyMap<TaskId, Placement>,
  options: ArrangeOptions,
): readonly Packs[] {
  const followed = new Map<ArrayId, Unit[][][]>();
  const free: Unit[] = [];
  for (const unit of units) {
    const before = pack.asked ? undefined : followedPlace(unit, places);
    const layers = before === undefined ? [] : (followed.get(before.array) ?? []);
    if (before === undefined || !placeInLayers(layers, before.index, unit, options)) free.push(unit);
    else followed.set(before.array, layers);
  }
  const mapped = [...followed.values()].flatMap((layers) =>
    layers.map((packs) => Array.from(packs, (list) => list ?? [])),
  );
  return [...mapped, ...cut(cut(free, pack.size), options.maxArraySize)];
}

/** Puts a unit at its index into the first array that has room for it there; false where as many as may be have none. */
function placeInLayers(
  layers: Unit[][][],
  index: number,
  unit: Unit,
  { fits }: Pick<ArrangeOptions, 'fits'>,
): boolean {
  for (let layer = 0; layer < mostLayers; layer++) {
    const packs = layers[layer] ?? [];
    const at = packs[index] ?? [];
    if (at.length > 0 && !fits(unitResources([...at, unit].map(({ resources }) => resources)))) continue;
    layers[layer] = packs;
    packs[index] = at;
    at.push(unit);
    return true;
  }
  return false;
}

/** The element of the latest array that it reads from, if it reads from no other element of that array. */
function followedPlace(unit: Unit, places: ReadonlyMap<TaskId, Placement>): Placement | undefined {
  const needs = outsideNeeds(unit).flatMap((need) => places.get(need) ?? []);
  const last = needs.at(-1);
  if (last === undefined) return undefined;
  const same = needs.filter(({ array }) => array === last.array);
  return same.every(({ index }) => index === last.index) ? last : undefined;
}

function outsideNeeds({ tasks }: Unit): readonly TaskId[] {
  const [only, second] = tasks;
  if (only !== undefined && second === undefined) return needsOf(only);
  const needs = tasks.flatMap(needsOf);
  if (needs.length === 0) return needs;
  const own = new Set(tasks.map(({ id }) => id));
  return needs.filter((need) => !own.has(need));
}

function cut<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  const pieces: T[][] = [];
  for (let start = 0; start < list.length; start += size) pieces.push(list.slice(start, start + size));
  return pieces;
}

/** Units of the same steps and the same request, in the order in which their kind first appears. */
function groupUnits(units: readonly Unit[]): ReadonlyMap<string, readonly Unit[]> {
  const kinds = new Map<string, Unit[]>();
  // The tasks of a step share their request, most of them.
  const texts = new Map<Resources, string>();
  for (const unit of units) {
    const text = texts.get(unit.resources) ?? JSON.stringify(unit.resources);
    texts.set(unit.resources, text);
    const key = `${unit.steps} ${text}`;
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [unit]);
    else kind.push(unit);
  }
  return kinds;
}

function packSize(
  units: readonly Unit[],
  steps: readonly PlannedStep[],
  options: ArrangeOptions,
): { readonly size: number; readonly asked: boolean } {
  const names = units[0]?.steps.split('+') ?? [];
  const asked = steps.find((step) => names.includes(step.name) && step.pack !== undefined)?.pack;
  if (asked !== undefined) return { size: withinSite(asked, units, options), asked: true };
  if (!options.pack) return { size: 1, asked: false };
  const bySlots = Math.ceil(units.length / Math.max(options.slots, 1));
  const size = Math.max(1, Math.min(sizeByTime(names, steps, options), bySlots, 1000));
  return { size: withinSite(size, units, options), asked: false };
}

/** As many as last as long as an element should. While nobody knows how long that is: one, or what one process takes. */
function sizeByTime(
  names: readonly string[],
  steps: readonly PlannedStep[],
  options: ArrangeOptions,
): number {
  const usual = names.map(options.usualSeconds);
  if (usual.every((each) => each !== undefined)) {
    const seconds = usual.reduce((sum, each) => sum + each, 0);
    return Math.floor(options.targetSeconds / Math.max(seconds, 0.01));
  }
  const together = steps.flatMap(({ name, batch }) => (names.includes(name) && batch ? [batch.most] : []));
  return options.batch ? Math.max(1, ...together) : 1;
}

/** The greatest number of these units, at most `size`, that one element may ask the site for. */
function withinSite(size: number, [unit]: readonly Unit[], { fits }: ArrangeOptions): number {
  if (unit === undefined) return size;
  let [least, most] = [1, size];
  while (least < most) {
    const half = Math.ceil((least + most) / 2);
    if (fits(unitResources(Array(half).fill(unit.resources)))) least = half;
    else most = half - 1;
  }
  return least;
}

function buildArray(
  packs: Packs,
  ordinal: number,
  together: boolean,
  placeOf: PlaceOf,
  options: ArrangeOptions,
): JobArray {
  const elements: Element[] = packs.map((units, index) => ({
    index,
    tasks: tasksInOrder(units, together).map(({ id }) => ({ task: id, attempt: options.attempts(id) + 1 })),
  }));
  // The same request many times over asks for no more, but for its time.
  const wanted = new Set(
    packs.flatMap((units) => (units.length > 0 ? [unitResources(units.map((unit) => unit.resources))] : [])),
  );
  const time = [...wanted].reduce((most, each) => Math.max(most, each.time), 0);
  const resources = { ...unitResources([...wanted]), time };
  const earlier = new Set([...(options.earlier?.values() ?? [])].map(({ array }) => array));
  const after = arraysBefore(packs, placeOf, earlier);
  return { id: options.newArrayId(ordinal), run: options.run, elements, resources, after };
}

function isBatched([unit]: readonly Unit[], steps: readonly PlannedStep[]): boolean {
  const names = unit?.steps.split('+') ?? [];
  return steps.some(({ name, batch }) => batch !== undefined && names.includes(name));
}

/**
 * Item after item, so that each is through soon; step after step where one process takes the tasks of a step together. Units of
 * an element have the same steps, and none needs another.
 */
function tasksInOrder(units: readonly Unit[], together: boolean): readonly Task[] {
  const [only, second] = units;
  if (only !== undefined && second === undefined) return only.tasks;
  if (!together) return units.flatMap(({ tasks }) => tasks);
  const length = units[0]?.tasks.length ?? 0;
  return Array.from({ length }).flatMap((_, step) => units.flatMap(({ tasks }) => tasks[step] ?? []));
}

/** The arrays that it reads from: `item` where each element reads from the element of its own index only. */
function arraysBefore(packs: Packs, placeOf: PlaceOf, earlier: ReadonlySet<ArrayId>): readonly ArrayAfter[] {
  const before = new Map<ArrayId, 'item' | 'all'>();
  packs.forEach((units, index) => {
    for (const need of units.flatMap(outsideNeeds)) {
      const place = placeOf(need);
      if (place === undefined) continue;
      if (place.index !== index || earlier.has(place.array)) before.set(place.array, 'all');
      else if (!before.has(place.array)) before.set(place.array, 'item');
    }
  });
  return [...before].map(([array, how]) => ({ array, how }));
}
