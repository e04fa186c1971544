import { accept, type Checked, type Problem, refuse, type Scalar } from '../model/index.ts';
import { itemKey, type Keyed, keyValue, renderLabel } from './item-key.ts';
import { unknownName } from './match-items.ts';
import { compareBy } from './natural-order.ts';

export interface ItemGroup<T> {
  /** Made of the values that the members share by request. */
  readonly label: string;
  readonly dims: Readonly<Record<string, Scalar>>;
  readonly items: readonly T[];
}

/**
 * Puts items with equal values of all names in `by` together (with no names: all). Groups come in natural order of
 * those values, members in natural order of `order`. Two members at one place in that order are a problem, since their
 * order would be chance; with an empty `order` members keep the order in which they came.
 */
export function groupItems<T extends Keyed>(
  items: readonly T[],
  by: readonly string[],
  order: readonly string[],
  title = 'items',
): Checked<readonly ItemGroup<T>[]> {
  const unknown = [...by, ...order].flatMap((name) => unknownName(items, name, title));
  if (unknown.length > 0) return refuse(...unknown);
  const without = items.find((item) => itemKey(item, [...by, ...order]) === undefined);
  if (without !== undefined) return refuse(lacksValue(without, [...by, ...order]));
  const groups = [...collect(items, by).values()]
    .map((members) => toGroup(members, by, order))
    .sort((a, b) => compareBy(by)(a.dims, b.dims));
  const ties = order.length === 0 ? [] : groups.flatMap((group) => tiesIn(group, order));
  return ties[0] === undefined ? accept(groups) : refuse(ties[0]);
}

function collect<T extends Keyed>(items: readonly T[], by: readonly string[]): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = itemKey(item, by) ?? '';
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [item]);
    else members.push(item);
  }
  return groups;
}

function toGroup<T extends Keyed>(
  members: readonly T[],
  by: readonly string[],
  order: readonly string[],
): ItemGroup<T> {
  const first = members[0];
  const dims = first === undefined ? {} : valuesOf(first, by);
  const places = members.map((item) => ({ item, place: valuesOf(item, order) }));
  const sorted = places.sort((a, b) => compareBy(order)(a.place, b.place)).map(({ item }) => item);
  return { label: renderLabel(dims) || 'all', dims, items: sorted };
}

function valuesOf(item: Keyed, names: readonly string[]): Record<string, Scalar> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = keyValue(item, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function tiesIn<T extends Keyed>(group: ItemGroup<T>, order: readonly string[]): readonly Problem[] {
  const at = group.items.findIndex((item, i) => {
    const before = group.items[i - 1];
    return before !== undefined && itemKey(before, order) === itemKey(item, order);
  });
  const [one, other] = [group.items[at - 1], group.items[at]];
  if (one === undefined || other === undefined) return [];
  return [
    {
      code: 'group-order-tie',
      message: `\`${one.label}\` and \`${other.label}\` stand at the same place in group \`${group.label}\``,
      hint: `add the dimension that tells them apart to \`by\` or to \`order\` (now ${order.map((name) => `\`${name}\``).join(', ')})`,
    },
  ];
}

function lacksValue(item: Keyed, names: readonly string[]): Problem {
  const missing = names.find((name) => keyValue(item, name) === undefined) ?? '';
  return {
    code: 'missing-dimension',
    message: `\`${item.label}\` has no value for \`${missing}\``,
    hint: 'give it one, or leave the item out',
  };
}
