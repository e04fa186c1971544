/** What canonical JSON can hold. A key whose value is undefined is as absent. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * JSON with the keys of every object in the order of their UTF-16 code units and no white space, so that equal data
 * have equal bytes whatever order they were written in. Numbers that JSON cannot hold are refused, because they
 * would all become `null`.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number') finite(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  // A key of every task is made of some of these: no lists on the way.
  let members = '';
  for (const key of sorted(Object.keys(value))) {
    const member = value[key];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${members}}`;
}

/** A number that JSON can hold. */
export function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`a key cannot hold the number \`${value}\``);
}

/** Most objects are written in order already, which is cheaper to see than to make. */
function sorted(keys: string[]): readonly string[] {
  return keys.every((key, at) => at === 0 || (keys[at - 1] ?? '') < key) ? keys : keys.sort();
}

// Array.isArray does not narrow a readonly array out of a union.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
