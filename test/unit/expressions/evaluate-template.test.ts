import { describe, expect, it } from 'vitest';
import {
  compileTemplate,
  evaluateCondition,
  evaluateParts,
  evaluateText,
  evaluateValue,
  findUnknownNames,
  type Scope,
  type Template,
} from '../../../src/expressions/index.ts';

function template(text: string): Template {
  const compiled = compileTemplate(text);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.template;
}

const scope: Scope = {
  angle: 31.5,
  engine: 'cpu',
  verbose: false,
  background: 0,
  empty: '',
  inputs: { image: '/data/Cell 1/ex_ch0.ome.tif', images: ['b.tif', 'a.tif'] },
  item: { channel: 0, time: 7, cell: "it's" },
};

const text = (source: string): string => evaluateText(template(source), scope);
const value = (source: string): unknown => evaluateValue(template(source), scope);

describe('a template', () => {
  it('puts values into the text around them', () => {
    expect(text('{{ inputs.image | stem }}_t{{ item.time | pad(4) }}.tif')).toBe('ex_ch0_t0007.tif');
  });

  it('keeps text without values as it is, newline and all', () => {
    expect(text('a } b\n')).toBe('a } b\n');
    expect(text('')).toBe('');
  });

  it('gives the value itself when it is one expression and nothing else', () => {
    expect(value('{{ angle }}')).toBe(31.5);
    expect(value('{{ inputs.images }}')).toEqual(['b.tif', 'a.tif']);
    expect(value('{{ angle }} deg')).toBe('31.5 deg');
  });

  it('leaves comments out, unless it is a script', () => {
    expect(text('a{# no #}b')).toBe('ab');
    const script = compileTemplate('n=$' + '{#name} {{ angle }}', { comments: false });
    expect(script.ok && evaluateText(script.template, scope)).toBe('n=$' + '{#name} 31.5');
  });

  it('gives its parts, so that a command keeps values and the author’s text apart', () => {
    expect(evaluateParts(template('--in={{ inputs.image }}{{ angle + 1 }}'), scope)).toEqual([
      { literal: '--in=' },
      { value: '/data/Cell 1/ex_ch0.ome.tif', expression: 'inputs.image', name: 'inputs.image' },
      { value: 32.5, expression: 'angle + 1' },
    ]);
  });

  it('lists the names it uses, each once, dotted', () => {
    expect(template('{{ angle * item.time + item["time"] }} {{ inputs.images[0] | stem }}').names).toEqual([
      'angle',
      'item.time',
      'inputs.images.0',
    ]);
  });
});

describe('an expression', () => {
  it.each([
    ['{{ 1 + 2 * 3 }}', 7],
    ['{{ (1 + 2) * 3 }}', 9],
    ['{{ 7 // 2 }}', 3],
    ['{{ 7 % 4 }}', 3],
    ['{{ 2 ** 10 }}', 1024],
    ['{{ -angle }}', -31.5],
    ['{{ "a" ~ 1 ~ "b" }}', 'a1b'],
    ['{{ "a" + "b" }}', 'ab'],
    ['{{ 0 if engine == "cpu" else 1 }}', 0],
    ['{{ 0 if engine == "cuda" else 1 }}', 1],
    ['{{ angle > 30 and not (item.channel == 1) }}', true],
    ['{{ angle < 30 or item.channel >= 1 }}', false],
    ['{{ engine in ["cpu", "gpu"] }}', true],
    ['{{ engine not in ["cpu", "gpu"] }}', false],
    ['{{ "pu" in engine }}', true],
    ['{{ inputs.images[1] }}', 'a.tif'],
    ['{{ nowhere | default(3) }}', 3],
    ['{{ item.nowhere | default("x") }}', 'x'],
    ['{{ angle | default(3) }}', 31.5],
  ])('%s is %j', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  it.each([
    ['{{ " a " | trim | upper }}', 'A'],
    ['{{ "AB" | lower }}', 'ab'],
    ['{{ "a-b-c" | replace("-", "_") }}', 'a_b_c'],
    ['{{ 2.5 | round }}', 3],
    ['{{ -2.5 | round }}', -3],
    ['{{ 1.005 | round(2) }}', 1.01],
    ['{{ 1234.5678 | round(1) }}', 1234.6],
    ['{{ 1 | round(15) }}', 1],
    ['{{ "-1e-2" | float }}', -0.01],
    ['{{ "12" | int }}', 12],
    ['{{ -1.9 | int }}', -1],
    ['{{ "1.50" | float }}', 1.5],
    ['{{ inputs.image | basename }}', 'ex_ch0.ome.tif'],
    ['{{ inputs.image | dirname }}', '/data/Cell 1'],
    ['{{ inputs.image | ext }}', '.ome.tif'],
    ['{{ "a.b.tif" | stem }}', 'a.b'],
    ['{{ ".hidden" | ext }}', ''],
    ['{{ "/a/" | basename }}', 'a'],
    ['{{ "a" | dirname }}', '.'],
    ['{{ "/a" | dirname }}', '/'],
    ['{{ 7 | pad(3) }}', '007'],
    ['{{ (-7) | pad(3) }}', '-07'],
    ['{{ inputs.images | join(" ") }}', 'b.tif a.tif'],
    ['{{ inputs.images | length }}', 2],
    ['{{ inputs.images | first }}', 'b.tif'],
    ['{{ inputs.images | last }}', 'a.tif'],
    ['{{ (-3) | abs }}', 3],
    ['{{ [3, 1, 2] | min }}', 1],
    ['{{ [3, 10, 2] | max }}', 10],
  ])('%s is %j', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  it('refuses to mix kinds, where nunjucks would convert in silence', () => {
    expect(() => value('{{ "2" + 1 }}')).toThrow('`+` wants two numbers, not a text and a number');
    expect(() => value('{{ item.channel == "0" }}')).toThrow('`==` compares a number with a text');
    expect(() => value('{{ 1 if angle else 2 }}')).toThrow('`if` wants true or false, not a number');
    expect(() => value('{{ "a" < 1 }}')).toThrow('`<` orders a text and a number');
    expect(() => value('{{ 1 / 0 }}')).toThrow('`1 / 0` is no finite number');
    expect(() => text('x{{ inputs.images }}')).toThrow('`inputs.images` is a list, which has no text');
    expect(() => value('{{ "" | int }}')).toThrow('cannot read `` as a number');
  });

  it('names what has no value, by its whole name, with what there is', () => {
    expect(() => value('{{ item.chanel }}')).toThrow(
      expect.objectContaining({
        message: '`item.chanel` has no value',
        hint: 'did you mean `channel`? there are: channel, time, cell',
      }),
    );
    expect(() => value('{{ inputs.images[2] }}')).toThrow('`inputs.images.2` has no value');
    expect(() => value('{{ angle.deg }}')).toThrow('`angle` is a number: it has no `deg`');
  });
});

describe('a condition', () => {
  const holds = (source: string): boolean => evaluateCondition(template(source), scope);

  it('of a bare name asks whether it was given, so that 0 counts', () => {
    expect(holds('{{ background }}')).toBe(true);
    expect(holds('{{ inputs.images }}')).toBe(true);
    expect(holds('{{ verbose }}')).toBe(false);
    expect(holds('{{ empty }}')).toBe(false);
    expect(holds('{{ nowhere }}')).toBe(false);
    expect(holds('{{ inputs.psf }}')).toBe(false);
  });

  it('of an expression must come out as true or false', () => {
    expect(holds('{{ angle > 3 }}')).toBe(true);
    expect(() => holds('{{ angle + 3 }}')).toThrow('is neither true nor false');
  });
});

describe('unknown names', () => {
  const known = { angle: 'value', item: ['channel', 'time'], row: 'any' } as const;

  it('are found without evaluating, with the nearest known name', () => {
    const found = findUnknownNames(template('{{ angel }}{{ item.chanel }}{{ row.x }}{{ angle }}'), known);
    expect(found.map(({ name, offset, hint }) => ({ name, offset, hint }))).toEqual([
      { name: 'angel', offset: 3, hint: 'did you mean `angle`? known here: angle, item, row' },
      {
        name: 'item.chanel',
        offset: 14,
        hint: 'did you mean `item.channel`? known here: item.channel, item.time',
      },
    ]);
  });

  it('include a group used as a value, and a value used as a group', () => {
    const found = findUnknownNames(template('{{ item }}{{ angle.x }}'), known);
    expect(found.map((each) => each.message)).toEqual([
      '`item` is a group of values',
      '`angle` is one value',
    ]);
  });
});
