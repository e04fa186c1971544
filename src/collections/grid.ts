import type { Dimension, Scalar } from '../model/index.ts';
import { type Keyed, renderLabel } from './item-key.ts';
import { compareNatural } from './natural-order.ts';

export interface DimensionSummary extends Dimension {
  readonly count: number;
  /** In natural order; at most 20. */
  readonly values: readonly Scalar[];
  readonly first?: Scalar;
  readonly last?: Scalar;
}

export interface Grid {
  /** Combinations of all values that occur. */
  readonly expected: number;
  readonly present: number;
  readonly holeCount: number;
  /** Labels of combinations without a file; at most 50. */
  readonly holes: readonly string[];
}

const mostValues = 20;
const mostHoles = 50;
/** Above this many combinations holes are only counted. */
const mostVisited = 1_000_000;

export function summariseDimensions(
  items: readonly Keyed[],
  dimensions: readonly Dimension[],
): readonly DimensionSummary[] {
  return dimensions.map(({ name, type }) => {
    const values = valuesOf(items, name);
    const [first, last] = [values[0], values.at(-1)];
    return {
      name,
      type,
      count: values.length,
      values: values.slice(0, mostValues),
      ...(first !== undefined && { first }),
      ...(last !== undefined && { last }),
    };
  });
}

function valuesOf(items: readonly Keyed[], name: string): readonly Scalar[] {
  return [...new Set(items.flatMap(({ dims }) => (dims[name] === undefined ? [] : [dims[name]])))].sort(
    compareNatural,
  );
}

/**
 * Compares the combinations that occur with all that could. A dimension that another one fixes (the wavelength of a
 * channel) spans no axis of its own, or every grid would look full of holes.
 */
export function findHoles(items: readonly Keyed[], dimensions: readonly Dimension[]): Grid {
  const names = independent(
    items,
    dimensions.map(({ name }) => name),
  );
  const values = names.map((name) => valuesOf(items, name));
  const present = new Set(items.map(({ dims }) => key(names.map((name) => dims[name]))));
  const expected = values.reduce((product, some) => product * some.length, 1);
  const holeCount = expected - present.size;
  const holes = holeCount > 0 && expected <= mostVisited ? listHoles(names, values, present, expected) : [];
  return { expected, present: present.size, holeCount, holes };
}

function key(values: readonly (Scalar | undefined)[]): string {
  return JSON.stringify(values.map((value) => value ?? null));
}

/** Leaves out each name whose value follows from that of one name kept before it or after it. */
function independent(items: readonly Keyed[], names: readonly string[]): readonly string[] {
  const kept = [...names];
  for (const name of [...names].reverse()) {
    const others = kept.filter((other) => other !== name);
    if (others.some((other) => fixes(items, other, name))) kept.splice(kept.indexOf(name), 1);
  }
  return kept;
}

function fixes(items: readonly Keyed[], by: string, name: string): boolean {
  const values = new Map<Scalar | undefined, Scalar | undefined>();
  return items.every(({ dims }) => {
    if (!values.has(dims[by])) values.set(dims[by], dims[name]);
    return values.get(dims[by]) === dims[name];
  });
}

function listHoles(
  names: readonly string[],
  values: readonly (readonly Scalar[])[],
  present: ReadonlySet<string>,
  expected: number,
): readonly string[] {
  const holes: string[] = [];
  for (let index = 0; index < expected && holes.length < mostHoles; index++) {
    const combination = combinationAt(values, index);
    if (!present.has(key(combination)))
      holes.push(renderLabel(Object.fromEntries(names.map((name, i) => [name, combination[i] ?? '']))));
  }
  return holes;
}

/** The last name runs fastest. */
function combinationAt(
  values: readonly (readonly Scalar[])[],
  index: number,
): readonly (Scalar | undefined)[] {
  return values.reduceRight<{ rest: number; found: (Scalar | undefined)[] }>(
    ({ rest, found }, some) => ({
      rest: Math.floor(rest / some.length),
      found: [some[rest % some.length], ...found],
    }),
    { rest: index, found: [] },
  ).found;
}
