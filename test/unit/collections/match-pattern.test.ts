import { describe, expect, it } from 'vitest';
import { matchPattern, PatternTooHard } from '../../../src/collections/match-pattern.ts';
import { type FilePattern, parsePattern } from '../../../src/collections/parse-pattern.ts';
import { hostileNames } from '../../hostile-names.ts';

function pattern(text: string): FilePattern {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.value;
}

const match = (text: string, path: string) => matchPattern(pattern(text), path);

describe('parsePattern', () => {
  it('lists dimensions in their order with their types', () => {
    const { dimensions, depth } = pattern('{day}/{cell}_ch{channel:int}_{step:number}um.tif');
    expect(dimensions).toEqual([
      { name: 'day', type: 'text' },
      { name: 'cell', type: 'text' },
      { name: 'channel', type: 'int' },
      { name: 'step', type: 'number' },
    ]);
    expect(depth).toBe(1);
    expect(pattern('**/{cell}.tif').depth).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['{cell}_{cell}.tif', 8, 'duplicate-dimension', 'the dimension `cell` stands twice'],
    ['{channel:integer}.tif', 10, 'unknown-type', 'did you mean `int`?'],
    ['a{t:date}.tif', 5, 'unknown-type', 'the types are'],
    ['{}.tif', 1, 'bad-dimension', '`` is not a name'],
    ['x{1st}.tif', 2, 'bad-dimension', '`1st` is not a name'],
    ['{__proto__}', 1, 'bad-dimension', 'is not a name'],
    ['ab{cell.tif', 3, 'open-brace', 'write `{{`'],
    ['cell}.tif', 5, 'stray-brace', 'write `}}`'],
    ['{a}{b}.tif', 4, 'ambiguous-pattern', 'nothing stands between'],
    ['a**b', 2, 'stray-stars', 'whole folders'],
    ['', 1, 'empty-pattern', 'empty'],
    ['x'.repeat(1001), 1, 'long-pattern', '1000'],
  ])('refuses %s at column %i', (text, column, code, words) => {
    const parsed = parsePattern(text);
    const first = parsed.ok ? undefined : parsed.problems[0];
    expect(first).toMatchObject({ code, place: { column, source: text } });
    expect(`${first?.message} ${first?.hint}`).toContain(words);
  });

  it('reports all faults of a pattern together', () => {
    const parsed = parsePattern('{a}_{a}_{b:itn}');
    expect(parsed.ok ? [] : parsed.problems.map(({ code }) => code)).toEqual([
      'duplicate-dimension',
      'unknown-type',
    ]);
  });
});

describe('matchPattern', () => {
  it('reads text and numbers, the text as short as it can be', () => {
    const path = 'a_ch1_b_ch2_stack0012_488nm.tif';
    expect(match('{cell}_ch{channel:int}_stack{time:int}_{wave:int}nm.tif', path)).toEqual({
      cell: 'a_ch1_b',
      channel: 2,
      time: 12,
      wave: 488,
    });
    expect(match('{a}_{b}.tif', 'x_y_z.tif')).toEqual({ a: 'x', b: 'y_z' });
  });

  it('reads negative and fractional numbers, and no minus zero', () => {
    expect(match('{x:int}x_{z:number}um.tif', '-12x_-0.50um.tif')).toEqual({ x: -12, z: -0.5 });
    expect(Object.is(match('{x:int}.tif', '-0.tif')?.x, 0)).toBe(true);
  });

  it.each([
    ['{cell}.tif', '.tif'],
    ['{cell}.tif', 'a/b.tif'],
    ['{n:int}.tif', 'a1.tif'],
    ['{n:int}.tif', '1234567890123456.tif'],
    ['*.tif', 'a/b.tif'],
    ['a.c', 'abc'],
    ['a.tif', 'a.tif.part'],
    ['a.tif', 'A.tif'],
  ])('with %s does not match %s', (text, path) => {
    expect(match(text, path)).toBeUndefined();
  });

  it.each([
    ['*_{t:int}.tif', 'anything_at_all_7.tif', { t: 7 }],
    ['**/{cell}.tif', 'a.tif', { cell: 'a' }],
    ['**/{cell}.tif', 'x/y/a.tif', { cell: 'a' }],
    ['{day}/**/{cell}.tif', 'mon/x/y/a.tif', { day: 'mon', cell: 'a' }],
    ['{{{cell}}}.tif', '{a}.tif', { cell: 'a' }],
    ['[a-z]+(x|y)?^$.{cell}', '[a-z]+(x|y)?^$.b', { cell: 'b' }],
  ])('with %s reads %s', (text, path, dims) => {
    expect(match(text, path)).toEqual(dims);
  });

  it.each(hostileNames)('carries the name %j through unchanged', (name) => {
    expect(match('{cell}_ch{channel:int}.tif', `${name}_ch3.tif`)).toEqual({ cell: name, channel: 3 });
  });

  it('gives up by count on a pattern that would take for ever', () => {
    const stars = `${Array.from({ length: 40 }, (_, i) => `{a${i}}a`).join('')}!`;
    const path = 'a'.repeat(4000);
    expect(() => match(stars, path)).toThrow(PatternTooHard);
    expect(match(`${'*a'.repeat(30)}b`, 'a'.repeat(200))).toBeUndefined();
  });
});
