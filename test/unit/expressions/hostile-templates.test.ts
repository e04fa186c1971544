import nunjucks from 'nunjucks';
import { describe, expect, it, vi } from 'vitest';
import { compileTemplate, evaluateText, type Scope } from '../../../src/expressions/index.ts';

/** Nothing here may take longer; a payload that hangs fails by it. */
const watchdog = 60_000;

const list = ['b.tif', 'a.tif'];
const scope: Scope = {
  x: 'a text',
  n: 3,
  long: 'a'.repeat(60_000),
  inputs: { images: list },
  item: Object.assign(Object.create(null), { channel: 1 }),
};

/** What became of a payload: its text, or why it was refused. */
function outcome(text: string): string {
  const compiled = compileTemplate(text);
  if (!compiled.ok) return `refused: ${compiled.code}`;
  try {
    return evaluateText(compiled.template, scope);
  } catch (error) {
    return `refused: ${error instanceof Error && 'code' in error ? String(error.code) : `crash ${String(error)}`}`;
  }
}

describe('escapes to code', () => {
  it.each([
    [`{{ ''.constructor.constructor('return process')() }}`, 'refused: refused-syntax'],
    [`{{ ''.constructor }}`, 'refused: no-members'],
    [`{{ x.constructor }}`, 'refused: no-members'],
    [`{{ x['constr' + 'uctor'] }}`, 'refused: no-members'],
    [`{{ x['constr' ~ 'uctor']['constructor'] }}`, 'refused: no-members'],
    [`{{ item.constructor }}`, 'refused: unknown-name'],
    [`{{ item.__proto__ }}`, 'refused: unknown-name'],
    [`{{ inputs.__proto__.polluted }}`, 'refused: unknown-name'],
    [`{{ inputs['__pro' ~ 'to__'] }}`, 'refused: unknown-name'],
    [`{{ inputs.hasOwnProperty }}`, 'refused: unknown-name'],
    [`{{ inputs.images.length }}`, 'refused: unknown-name'],
    [`{{ inputs.images.constructor }}`, 'refused: unknown-name'],
    [`{{ inputs.images['0'] }}`, 'refused: unknown-name'],
    [`{{ [].constructor }}`, 'refused: unknown-name'],
    [`{{ n.toString.constructor }}`, 'refused: no-members'],
    [`{{ constructor }}`, 'refused: unknown-name'],
    [`{{ __proto__ }}`, 'refused: unknown-name'],
    [`{{ toString }}`, 'refused: unknown-name'],
    [`{{ this }}`, 'refused: unknown-name'],
    [`{{ globalThis }}`, 'refused: unknown-name'],
    [`{{ process.env }}`, 'refused: unknown-name'],
    [`{{ range.constructor("return 1")() }}`, 'refused: refused-syntax'],
    [`{{ range(1000000000) }}`, 'refused: refused-syntax'],
    [`{{ cycler('a') }}`, 'refused: refused-syntax'],
    [`{{ joiner.constructor }}`, 'refused: unknown-name'],
    [`{{ x.replace('a', 'b') }}`, 'refused: refused-syntax'],
    [`{{ super() }}`, 'refused: refused-syntax'],
    [`{{ caller() }}`, 'refused: refused-syntax'],
    [`{{ {'a': 1} }}`, 'refused: refused-syntax'],
    [`{{ r/(a+)+$/ }}`, 'refused: refused-syntax'],
    [`{{ x is callable }}`, 'refused: refused-syntax'],
    [`{{ x | safe }}`, 'refused: unknown-filter'],
    [`{{ x | constructor }}`, 'refused: unknown-filter'],
    [`{{ x | __proto__ }}`, 'refused: unknown-filter'],
    [`{{ x | dump }}`, 'refused: unknown-filter'],
    [`{% set x = 1 %}`, 'refused: refused-syntax'],
    [`{% for i in x %}{{ i }}{% endfor %}`, 'refused: refused-syntax'],
    [`{% macro f() %}{% endmacro %}`, 'refused: refused-syntax'],
    [`{% include "/etc/passwd" %}`, 'refused: refused-syntax'],
    [`{% import "x" as y %}`, 'refused: refused-syntax'],
    [`{% raw %}{{ x }}{% endraw %}`, 'refused: refused-syntax'],
    [`{{- 1 }}`, 'refused: refused-syntax'],
    [`{{ x,n }}`, 'refused: bad-template'],
    [`{{ }}`, 'refused: bad-template'],
    [`{{ x`, 'refused: bad-template'],
    [`{{ 'x }}`, 'refused: bad-template'],
    [`{{ x }`, 'refused: bad-template'],
    [`{# x`, 'refused: bad-template'],
    [`{{ 1 if n > 2 }}`, 'refused: refused-syntax'],
    [`{{ 1 < n < 3 }}`, 'refused: refused-syntax'],
    ['a\u0000b', 'refused: bad-template'],
  ])('%s', { timeout: watchdog }, (payload, expected) => {
    expect(outcome(payload)).toBe(expected);
  });

  it('leave no trace on the prototypes of this process', () => {
    outcome(`{{ inputs.__proto__ | default({}) }}`);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('bombs', () => {
  const chain = (n: number, link: string): string =>
    `{{ ${Array.from({ length: n }, () => 'n').join(link)} }}`;

  it.each([
    ['a width of 10⁸', `{{ 'a' | center(100000000) }}`, 'refused: unknown-filter'],
    ['a padding of 10⁸', `{{ 'a' | pad(100000000) }}`, 'refused: bad-filter'],
    ['a text times 10⁹', `{{ 'a' * 1000000000 }}`, 'refused: bad-operands'],
    ['a power beyond numbers', '{{ 10 ** 400 }}', 'refused: not-a-number'],
    ['a power of powers', '{{ 9 ** 9 ** 9 ** 9 }}', 'refused: not-a-number'],
    ['a text doubled', '{{ long ~ long }}', 'refused: text-too-long'],
    ['a text twice', '{{ long }}{{ long }}', 'refused: text-too-long'],
    ['a doubled text that is thrown away', '{{ (long ~ long) | length }}', 'refused: text-too-long'],
    ['growth by replacing', `{{ long | replace('a', 'aaaaaaaa') }}`, 'refused: text-too-long'],
    ['growth by joining', '{{ [long, long] | join(",") }}', 'refused: text-too-long'],
    ['growth by case', `{{ '${'ß'.repeat(40_000)}' | upper }}`, 'refused: text-too-long'],
    ['nested parentheses', `{{ ${'('.repeat(30_000)}1${')'.repeat(30_000)} }}`, 'refused: too-deep'],
    ['nested lists', `{{ ${'['.repeat(30_000)}${']'.repeat(30_000)} }}`, 'refused: too-deep'],
    ['nested lookups', `{{ x${'[x'.repeat(20_000)}${']'.repeat(20_000)} }}`, 'refused: too-deep'],
    ['many signs', `{{ ${'- '.repeat(30_000)}1 }}`, 'refused: too-deep'],
    ['many nots', `{{ ${'not '.repeat(10_000)}true }}`, 'refused: too-deep'],
    ['many ifs', `{{ ${'1 if true else '.repeat(3_000)}1 }}`, 'refused: too-deep'],
    ['a long sum', chain(300, ' + '), 'refused: too-deep'],
    ['a long path', `{{ item${'.a'.repeat(300)} }}`, 'refused: too-deep'],
    ['a very long list', `{{ [${'1,'.repeat(30_000)}1] }}`, 'refused: too-long'],
    ['a megabyte of text', 'a'.repeat(1_000_000), 'refused: template-too-long'],
    ['a megabyte of braces', '{{'.repeat(500_000), 'refused: template-too-long'],
    ['64 K of braces', '{{'.repeat(30_000), 'refused: too-deep'],
    ['a slow search', `{{ ('${'a'.repeat(20_000)}b') in long }}`, 'refused: too-much-work'],
    ['a slow replacement', `{{ long | replace('${'a'.repeat(20_000)}b', '') }}`, 'refused: too-much-work'],
    ['a slow file name', `{{ '${'/'.repeat(50_000)}' | basename | length }}`, '0'],
    ['a slow number', `{{ '${'1'.repeat(50_000)}x' | float }}`, 'refused: bad-filter'],
    ['a slow trim', `{{ '${' '.repeat(50_000)}x' | trim }}`, 'x'],
  ])('%s', { timeout: watchdog }, (_, payload, expected) => {
    expect(outcome(payload)).toBe(expected);
  });

  it('many big lists are counted, not walked', { timeout: watchdog }, () => {
    const big: Scope = { big: Array.from({ length: 1_000_000 }, (_, i) => i) };
    const compiled = compileTemplate(`{{ ${Array.from({ length: 150 }, () => '(big | max)').join(' + ')} }}`);
    if (!compiled.ok) throw new Error(compiled.message);
    expect(() => evaluateText(compiled.template, big)).toThrow('more than 10000000 steps');
  });

  it('long sums that people write still work', () => {
    expect(outcome(chain(100, ' + '))).toBe('300');
  });
});

it('no template is ever made into JavaScript: templates work where code cannot be made from text', () => {
  vi.stubGlobal('Function', function forbidden() {
    throw new EvalError('code from text');
  });
  try {
    expect(() => nunjucks.renderString('{{ n + 1 }}', { n: 3 })).toThrow('code from text');
    expect(outcome('{{ n + 1 }}')).toBe('4');
  } finally {
    vi.unstubAllGlobals();
  }
});
