import { EspalierError } from '../model/index.ts';

/** What expressions work on: plain data. A number is always finite. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** The names an expression may use. Only own properties are ever looked at. */
export type Scope = { readonly [name: string]: Value };

/** How a value is called in messages. */
export function kindOf(value: Value): string {
  if (value === null) return 'nothing';
  if (isList(value)) return 'a list';
  if (typeof value === 'object') return 'a group of names';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The text of a scalar as it enters a command or a file name. Lists and groups have none, and are refused. */
export function valueToText(value: Value, what: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const hint = isList(value) ? 'join its entries with `| join(" ")`' : 'name one value of it';
  throw new EspalierError('not-a-text', `\`${what}\` is ${kindOf(value)}, which has no text`, { hint });
}
