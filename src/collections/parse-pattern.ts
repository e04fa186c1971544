import {
  accept,
  type Checked,
  type Dimension,
  type DimensionType,
  namePattern,
  type Problem,
  refuse,
  suggest,
} from '../model/index.ts';

/** One part of a file pattern, from left to right. */
export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'dimension'; readonly name: string; readonly type: DimensionType }
  /** `*`: any characters but `/`, also none. */
  | { readonly kind: 'any' }
  /** `**` and its slash: any folders, also none. */
  | { readonly kind: 'folders' };

export interface FilePattern {
  readonly text: string;
  readonly parts: readonly PatternPart[];
  readonly dimensions: readonly Dimension[];
  /** How many folders deep a file that matches can lie; infinite with `**`. */
  readonly depth: number;
}

const longestPattern = 1000;
const mostParts = 100;
const types: readonly DimensionType[] = ['text', 'int', 'number'];

/**
 * Reads `"{cell}_ch{channel:int}_t{time:int}.tif"`: names in braces become dimensions, of type text unless said
 * otherwise; `*`, and `**` with its slash, match what is not asked for; `{{` and `}}` are braces; all other characters are
 * themselves. Problems have a place of one line: the pattern, with the column.
 */
export function parsePattern(text: string): Checked<FilePattern> {
  const parts: PatternPart[] = [];
  const problems: Problem[] = [];
  if (text === '') return refuse(problem(text, 0, 1, 'empty-pattern', 'the pattern is empty'));
  if (text.length > longestPattern)
    return refuse(
      problem(text, 0, 1, 'long-pattern', `the pattern has more than ${longestPattern} characters`),
    );
  for (let at = 0; at < text.length; ) {
    const { part, length, wrong } = readPart(text, at, parts);
    if (wrong !== undefined) problems.push(wrong);
    if (part !== undefined) append(parts, part);
    at += length;
  }
  if (parts.length > mostParts)
    problems.push(
      problem(text, 0, text.length, 'long-pattern', `the pattern has more than ${mostParts} parts`),
    );
  if (problems.length > 0) return refuse(...problems);
  return accept({ text, parts, dimensions: dimensionsOf(parts), depth: depthOf(parts) });
}

interface PartRead {
  readonly part?: PatternPart;
  readonly length: number;
  readonly wrong?: Problem;
}

function readPart(text: string, at: number, before: readonly PatternPart[]): PartRead {
  const two = text.slice(at, at + 2);
  if (two === '{{' || two === '}}') return { part: { kind: 'literal', text: two.slice(1) }, length: 2 };
  if (text[at] === '{') return readDimension(text, at, before);
  if (text[at] === '}')
    return {
      length: 1,
      wrong: problem(text, at, 1, 'stray-brace', '`}` without `{`', 'write `}}` for the character itself'),
    };
  if (two === '**') return readFolders(text, at);
  if (text[at] === '*') return { part: { kind: 'any' }, length: 1 };
  return { part: { kind: 'literal', text: text[at] ?? '' }, length: 1 };
}

function readFolders(text: string, at: number): PartRead {
  const whole = text[at + 2] === '/' && (at === 0 || text[at - 1] === '/');
  if (whole) return { part: { kind: 'folders' }, length: 3 };
  const hint = 'write `**/` at the start or after a slash, or `*`';
  return {
    length: 2,
    wrong: problem(text, at, 2, 'stray-stars', '`**` stands only for whole folders', hint),
  };
}

function readDimension(text: string, at: number, before: readonly PatternPart[]): PartRead {
  const end = text.indexOf('}', at);
  if (end < 0)
    return {
      length: text.length - at,
      wrong: problem(
        text,
        at,
        text.length - at,
        'open-brace',
        '`{` without `}`',
        'write `{{` for the character itself',
      ),
    };
  const [name = '', type = 'text'] = text.slice(at + 1, end).split(/:(.*)/s);
  const length = end + 1 - at;
  const known = types.find((candidate) => candidate === type);
  const wrong =
    dimensionProblem(text, at, length, name, before) ??
    (known ? undefined : typeProblem(text, at + name.length + 2, type));
  if (wrong !== undefined || known === undefined) return { length, ...(wrong !== undefined && { wrong }) };
  return { part: { kind: 'dimension', name, type: known }, length };
}

function dimensionProblem(
  text: string,
  at: number,
  length: number,
  name: string,
  before: readonly PatternPart[],
): Problem | undefined {
  if (!namePattern.test(name))
    return problem(
      text,
      at,
      length,
      'bad-dimension',
      `\`${name}\` is not a name`,
      'use letters, digits, `_` and `-`, beginning with a letter',
    );
  if (before.some((part) => part.kind === 'dimension' && part.name === name))
    return problem(
      text,
      at,
      length,
      'duplicate-dimension',
      `the dimension \`${name}\` stands twice`,
      'give one of the two another name',
    );
  const last = before.at(-1);
  if (last !== undefined && last.kind !== 'literal' && last.kind !== 'folders')
    return problem(
      text,
      at,
      length,
      'ambiguous-pattern',
      `nothing stands between \`${name}\` and what comes before it`,
      'put the text that separates them between',
    );
  return undefined;
}

/** What people write who know the types of other languages. */
const otherNames: Readonly<Record<string, DimensionType>> = {
  integer: 'int',
  string: 'text',
  str: 'text',
  float: 'number',
  double: 'number',
};

function typeProblem(text: string, at: number, type: string): Problem {
  const near = (Object.hasOwn(otherNames, type) ? otherNames[type] : undefined) ?? suggest(type, types);
  const hint = near === undefined ? 'the types are `text`, `int` and `number`' : `did you mean \`${near}\`?`;
  return problem(text, at, type.length, 'unknown-type', `\`${type}\` is not a type`, hint);
}

function problem(
  text: string,
  at: number,
  length: number,
  code: string,
  message: string,
  hint?: string,
): Problem {
  const place = { file: '', line: 1, column: at + 1, length: Math.max(1, length), source: text };
  return {
    code,
    message: `pattern, column ${at + 1}: ${message}`,
    ...(hint !== undefined && { hint }),
    place,
  };
}

function append(parts: PatternPart[], part: PatternPart): void {
  const last = parts.at(-1);
  if (last?.kind === 'literal' && part.kind === 'literal')
    parts[parts.length - 1] = { kind: 'literal', text: last.text + part.text };
  else parts.push(part);
}

function dimensionsOf(parts: readonly PatternPart[]): readonly Dimension[] {
  return parts.flatMap((part) => (part.kind === 'dimension' ? [{ name: part.name, type: part.type }] : []));
}

function depthOf(parts: readonly PatternPart[]): number {
  if (parts.some((part) => part.kind === 'folders')) return Number.POSITIVE_INFINITY;
  const literals = parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
  return literals.split('/').length - 1;
}
