import { suggest } from '../model/index.ts';
import type { Template } from './compile-template.ts';

/** What a template may name: a plain name, a group of known members, or a group whose members are not known yet. */
export type KnownNames = Readonly<Record<string, 'value' | 'any' | readonly string[]>>;

export interface UnknownName {
  readonly name: string;
  /** Characters from the start of the template. */
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

/** The names of a template that nothing will ever supply, found without evaluating it. */
export function findUnknownNames(template: Template, known: KnownNames): readonly UnknownName[] {
  return template.uses.flatMap(({ name, offset }) => {
    const [root = '', member] = name.split('.');
    const group = Object.hasOwn(known, root) ? known[root] : undefined;
    if (group === undefined) return [unknown(name, offset, root, Object.keys(known), '')];
    if (group === 'any') return [];
    if (group === 'value') return member === undefined ? [] : [noMembers(name, offset, root)];
    if (member === undefined) return [bareGroup(name, offset, root, group)];
    return group.includes(member) ? [] : [unknown(name, offset, member, group, `${root}.`)];
  });
}

function unknown(
  name: string,
  offset: number,
  part: string,
  among: readonly string[],
  prefix: string,
): UnknownName {
  const near = suggest(part, among);
  const list = among.length === 0 ? 'nothing' : among.map((each) => prefix + each).join(', ');
  const hint = `${near === undefined ? '' : `did you mean \`${prefix}${near}\`? `}known here: ${list}`;
  return { name, offset, message: `\`${name}\` is not known here`, hint };
}

function noMembers(name: string, offset: number, root: string): UnknownName {
  return { name, offset, message: `\`${root}\` is one value`, hint: `write \`{{ ${root} }}\` alone` };
}

function bareGroup(name: string, offset: number, root: string, members: readonly string[]): UnknownName {
  const list = members.map((each) => `${root}.${each}`).join(', ');
  return {
    name,
    offset,
    message: `\`${root}\` is a group of values`,
    hint: `name one of them: ${list || 'it is empty'}`,
  };
}
