import type { DocumentPath } from './places.ts';
import type { PlainValue } from './plain-value.ts';

export type { PlainValue } from './plain-value.ts';

export function isPlainMap(value: PlainValue | undefined): value is { [key: string]: PlainValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a path; undefined where nothing does. */
export function at(value: PlainValue, path: DocumentPath): PlainValue | undefined {
  let here: PlainValue | undefined = value;
  for (const part of path) {
    if (Array.isArray(here)) here = here[Number(part)];
    else if (isPlainMap(here) && Object.hasOwn(here, String(part))) here = here[String(part)];
    else return undefined;
  }
  return here;
}

/**
 * Leaves out what stands at a path. A list with a bad entry goes as a whole; where a required key is missing, the map
 * that lacks it goes; at the top a stand-in takes its place.
 */
export function removeAt(
  value: PlainValue,
  path: DocumentPath,
  stead: Readonly<Record<string, PlainValue>>,
): PlainValue {
  const [top] = path;
  if (top === undefined) return null;
  const upToList = path.findIndex((_, i) => Array.isArray(at(value, path.slice(0, i))));
  const target = upToList === -1 ? path : path.slice(0, upToList);
  const missing = at(value, target) === undefined && target.length > 1;
  const victim = missing ? target.slice(0, -1) : target;
  const holder = at(value, victim.slice(0, -1));
  const last = victim.at(-1);
  if (!isPlainMap(holder) || last === undefined) return value;
  delete holder[String(last)];
  const stand = victim.length === 1 && Object.hasOwn(stead, String(last)) ? stead[String(last)] : undefined;
  if (stand !== undefined) holder[String(last)] = structuredClone(stand);
  return value;
}
