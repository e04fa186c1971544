import type { DimensionType, Scalar } from '../model/index.ts';
import type { FilePattern, PatternPart } from './parse-pattern.ts';

/** A name on which the pattern took more steps than any honest pair needs. */
export class PatternTooHard extends Error {}

/** Steps allowed for one name; a usual name takes fewer than a thousand. */
const mostSteps = 1_000_000;
const longestName = 4096;

/**
 * The dimensions of a path (relative, with `/`) under the pattern, or undefined where it does not match. Text matches
 * as little as it can, at least one character; numbers as much as they can. Nothing here is a regular expression of
 * the author's: time grows with the product of both lengths at most, and is counted.
 */
export function matchPattern(
  pattern: FilePattern,
  path: string,
): Readonly<Record<string, Scalar>> | undefined {
  if (path.length > longestName) return undefined;
  const { parts } = pattern;
  const state: State = { parts, path, found: [], failed: new Set(), steps: 0 };
  return follow(state, 0, 0) ? Object.fromEntries(state.found.reverse()) : undefined;
}

interface State {
  readonly parts: readonly PatternPart[];
  readonly path: string;
  /** Dimensions of the match, last first: filled on the way back from success. */
  readonly found: [string, Scalar][];
  /** Pairs of part and position that are known to lead nowhere. */
  readonly failed: Set<number>;
  steps: number;
}

function follow(state: State, index: number, at: number): boolean {
  const part = state.parts[index];
  if (part === undefined) return at === state.path.length;
  const key = index * (longestName + 1) + at;
  if (state.failed.has(key)) return false;
  for (const end of endsOf(part, state.path, at)) {
    state.steps += 1;
    if (state.steps > mostSteps) throw new PatternTooHard(state.path);
    if (!follow(state, index + 1, end)) continue;
    if (part.kind === 'dimension')
      state.found.push([part.name, toValue(state.path.slice(at, end), part.type)]);
    return true;
  }
  state.failed.add(key);
  return false;
}

/** Where the part may end when it starts at `at`, the preferred end first. */
function endsOf(part: PatternPart, path: string, at: number): Iterable<number> {
  switch (part.kind) {
    case 'literal':
      return path.startsWith(part.text, at) ? [at + part.text.length] : [];
    case 'any':
      return textEnds(path, at, at);
    case 'folders':
      return folderEnds(path, at);
    case 'dimension':
      return part.type === 'text' ? textEnds(path, at, at + 1) : numberEnds(path, at, part.type);
  }
}

function* folderEnds(path: string, at: number): Generator<number> {
  yield at;
  for (let slash = path.indexOf('/', at); slash >= 0; slash = path.indexOf('/', slash + 1)) yield slash + 1;
}

function* textEnds(path: string, at: number, first: number): Generator<number> {
  const slash = path.indexOf('/', at);
  const last = slash < 0 ? path.length : slash;
  for (let end = first; end <= last; end++) yield end;
}

/** Digits of a number, so that every value is exact. */
const mostDigits = 15;

/** The longest first; a number may have a fraction. */
function numberEnds(path: string, at: number, type: 'int' | 'number'): readonly number[] {
  const ends: number[] = [];
  const whole = digitsFrom(path, path[at] === '-' ? at + 1 : at, ends);
  if (type === 'number' && ends.length > 0 && path[whole] === '.') digitsFrom(path, whole + 1, ends);
  return ends.reverse();
}

/** Notes each place after a digit; gives the last. */
function digitsFrom(path: string, start: number, ends: number[]): number {
  let end = start;
  while (end - start < mostDigits && isDigit(path.charCodeAt(end))) ends.push(++end);
  return end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function toValue(text: string, type: DimensionType): Scalar {
  // Minus zero would be a second zero.
  return type === 'text' ? text : Number(text) + 0;
}
