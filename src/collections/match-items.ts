import { accept, type Checked, type Problem, refuse, suggest } from '../model/index.ts';
import { itemKey, type Keyed, keyValue, someOf } from './item-key.ts';

/** What the two sides are called in messages. */
export interface MatchTitles {
  readonly left: string;
  readonly right: string;
}

/**
 * Finds for each left item the one right item whose values of all names in `on` are equal (many to one). With no
 * names, the only right item serves all. The result has the length and order of `left`. Problems (without a place)
 * name the items without a partner, and those with several.
 */
export function matchItems<R extends Keyed>(
  left: readonly Keyed[],
  right: readonly R[],
  on: readonly string[],
  titles: MatchTitles = { left: 'items', right: 'partners' },
): Checked<readonly R[]> {
  const unknown = on.flatMap((name) => [
    ...unknownName(left, name, titles.left),
    ...unknownName(right, name, titles.right),
  ]);
  if (unknown.length > 0) return refuse(...unknown);
  const partners = indexByKey(right, on);
  const found = left.map((item) => ({ item, partners: partners.get(itemKey(item, on) ?? '') ?? [] }));
  const problems = [
    ...missingPartner(
      found.filter(({ partners: some }) => some.length === 0).map(({ item }) => item),
      on,
      titles,
    ),
    ...severalPartners(
      found.filter(({ partners: some }) => some.length > 1),
      on,
      titles,
    ),
  ];
  return problems.length > 0 ? refuse(...problems) : accept(found.flatMap(({ partners: some }) => some));
}

function indexByKey<R extends Keyed>(
  items: readonly R[],
  on: readonly string[],
): ReadonlyMap<string, readonly R[]> {
  const index = new Map<string, R[]>();
  for (const item of items) {
    const key = itemKey(item, on);
    if (key === undefined) continue;
    const some = index.get(key);
    if (some === undefined) index.set(key, [item]);
    else some.push(item);
  }
  return index;
}

/** A name that no item of a side has is a slip of the pen, not a missing partner for everything. */
export function unknownName(items: readonly Keyed[], name: string, title: string): readonly Problem[] {
  if (items.length === 0 || items.some((item) => keyValue(item, name) !== undefined)) return [];
  const known = [
    ...new Set(items.flatMap((item) => [...Object.keys(item.dims), ...Object.keys(item.tags ?? {})])),
  ];
  const near = suggest(name, known);
  return [
    {
      code: 'unknown-dimension',
      message: `${title}: no dimension or tag is called \`${name}\``,
      hint: near === undefined ? `there are ${someOf(known, 10) || 'none'}` : `did you mean \`${near}\`?`,
    },
  ];
}

function missingPartner(
  items: readonly Keyed[],
  on: readonly string[],
  titles: MatchTitles,
): readonly Problem[] {
  if (items.length === 0) return [];
  const labels = items.map((item) => item.label);
  return [
    {
      code: 'match-missing',
      message: `${titles.left}: ${count(items.length)} without a partner in ${titles.right}: ${someOf(labels)}`,
      hint:
        on.length === 0
          ? 'add the missing file'
          : `add a file with the same ${names(on)}, or leave these items out`,
    },
  ];
}

function severalPartners(
  found: readonly { readonly item: Keyed; readonly partners: readonly Keyed[] }[],
  on: readonly string[],
  titles: MatchTitles,
): readonly Problem[] {
  const first = found[0];
  if (first === undefined) return [];
  const partners = someOf(first.partners.map((partner) => partner.label));
  return [
    {
      code: 'match-ambiguous',
      message: `${titles.left}: ${count(found.length)} with more than one partner in ${titles.right}: \`${first.item.label}\` has ${partners}`,
      hint:
        on.length === 0
          ? 'name the dimension that tells them apart'
          : `name more than ${names(on)} to tell them apart`,
    },
  ];
}

function count(number: number): string {
  return number === 1 ? '1 item' : `${number} items`;
}

function names(on: readonly string[]): string {
  return on.map((name) => `\`${name}\``).join(', ');
}
