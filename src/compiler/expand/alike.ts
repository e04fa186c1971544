import type { Scope, Template, Value } from '../../expressions/index.ts';
import type { Author } from './compile-step.ts';

/** Templates that together make one part of a task, each with the one whose names it uses. */
export type Written = readonly { readonly template: Template; readonly author: Author }[];

/** Gives a part of a task: the one made before from the same values, else a new one. `also`: what it depends on besides names. */
export type Alike<T> = (scopes: Readonly<Record<Author, Scope>>, also: string, make: () => T) => T;

/** More different ones than this mean that every task has its own. */
const most = 256;

/**
 * Most tasks of a step differ in their files alone: what comes out the same for many is made once, and they share it. In a command
 * (`paths`) an input or an output that stands alone is a reference, whatever the file is called.
 */
export function alike<T>(written: Written, { paths = false } = {}): Alike<T> {
  const names = written.flatMap(({ template, author }) =>
    valueNames(template, paths).map((name) => ({ author, path: name.split('.') })),
  );
  const known = new Map<string, T>();
  return (scopes, also, make) => {
    if (known.size >= most) return make();
    let key = also;
    for (const { author, path } of names) key += `\n${textOf(lookUp(scopes[author], path))}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = make();
    known.set(key, made);
    return made;
  };
}

/** Whether any of these takes a value from results or resources, which are known last. */
export function namesResults(written: Written, { paths = false } = {}): boolean {
  return written.some(({ template }) =>
    valueNames(template, paths).some((name) => /^(outputs|resources)(\.|$)/.test(name)),
  );
}

function valueNames(template: Template, paths: boolean): readonly string[] {
  if (!paths) return template.names;
  const alone = new Set(
    template.parts.flatMap((part) => ('literal' in part || part.name === undefined ? [] : [part.offset])),
  );
  const used = template.uses.filter(
    ({ name, offset }) => !(alone.has(offset) && /^(inputs|outputs)\./.test(name)),
  );
  return [...new Set(used.map(({ name }) => name))];
}

/** No value's JSON is empty. */
function textOf(value: Value | undefined): string {
  return value === undefined ? '' : JSON.stringify(value);
}

/** By own properties only, as templates look names up. Of what has no names (a list, a text) the whole, wherever the path goes on. */
function lookUp(scope: Scope, path: readonly string[]): Value | undefined {
  let holder: Value = scope;
  for (const key of path) {
    if (!isRecord(holder)) return holder;
    const next: Value | undefined = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (next === undefined) return undefined;
    holder = next;
  }
  return holder;
}

function isRecord(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
