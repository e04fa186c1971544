import { shownPath } from '../formats/index.ts';
import type { Scalar } from '../model/index.ts';

/** All that joining and grouping needs of an item. */
export interface Keyed {
  readonly label: string;
  readonly dims: Readonly<Record<string, Scalar>>;
  readonly tags?: Readonly<Record<string, Scalar>>;
}

/** A dimension of the item, or else its tag of that name. */
export function keyValue(item: Keyed, name: string): Scalar | undefined {
  if (Object.hasOwn(item.dims, name)) return item.dims[name];
  return item.tags !== undefined && Object.hasOwn(item.tags, name) ? item.tags[name] : undefined;
}

/** Equal texts for equal values of all names; undefined where one is missing. A table's `0` equals a file name's 0. */
export function itemKey(item: Keyed, names: readonly string[]): string | undefined {
  const values = names.map((name) => keyValue(item, name));
  return values.includes(undefined) ? undefined : JSON.stringify(values.map(String));
}

/** `cell=cell5 channel=0`; a value that could be misread stands in quotes. */
export function renderLabel(dims: Readonly<Record<string, Scalar>>): string {
  return Object.entries(dims)
    .map(([name, value]) => `${name}=${renderValue(value)}`)
    .join(' ');
}

function renderValue(value: Scalar): string {
  const text = String(value);
  return /^[\p{L}\p{M}\p{N}_.,+:/@%-]+$/u.test(text) ? text : JSON.stringify(text);
}

/** The first few of many names, for a message. */
export function someOf(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map(shownPath);
  const left = names.length - shown.length;
  return `${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
