import fc from 'fast-check';
import { expect } from 'vitest';
import { renderProblem } from '../src/documents/index.ts';
import type { Problem } from '../src/model/index.ts';

/** Pieces that YAML, nunjucks or JavaScript give a meaning. */
const pieces = [
  '{{',
  '}}',
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  '- ',
  '? ',
  '&a ',
  '*a',
  '!!x ',
  '"',
  "'",
  '|',
  '>',
  '#',
  '%',
  '\n',
  '\t',
  '\r',
  '\u0000',
  '\u2028',
  '😀',
  '__proto__',
  'constructor',
  'null',
  '~',
  '-1',
  '1e999',
  '0x',
  '{%',
  '{#',
  '.',
  ',',
  '\\',
  '  ',
];

/** A text with a few pieces put in, taken out or doubled. */
export function mutated(text: string): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(12),
    piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6 })),
    double: fc.boolean(),
  });
  return fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) =>
    changes.reduce((now, { at, length, piece, double }) => {
      const cut = now.slice(at, at + length);
      return now.slice(0, at) + piece + (double ? cut + cut : '') + now.slice(at + length);
    }, text),
  );
}

/** Each problem must be fit for people: a sentence, a code, and a place that lies in the text. */
export function expectFit(problems: readonly Problem[], text: string): void {
  const lines = text.split('\n');
  for (const { code, message, place, ...rest } of problems) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(message).not.toMatch(/undefined|\[object|NaN|at .*\.ts:/);
    expect(place).toBeDefined();
    if (place === undefined) continue;
    expect(place.line).toBeLessThanOrEqual(lines.length);
    expect(lines[place.line - 1]?.replace(/\r$/, '')).toBe(place.source);
    expect(place.column).toBeLessThanOrEqual(place.source.length + 1);
    expect(renderProblem({ code, message, place, ...rest })).not.toMatch(/[^\P{Cc}\n]/u);
  }
}
