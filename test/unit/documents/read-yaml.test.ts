import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readYaml, readYamlPartly } from '../../../src/documents/index.ts';
import type { Problem } from '../../../src/model/index.ts';

const step = z.strictObject({
  tool: z.string(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  kind: z.enum(['item', 'group']).optional(),
  pack: z.int().min(1).optional(),
  input: z
    .union([
      z.enum(['file', 'directory']),
      z.strictObject({ type: z.enum(['file', 'directory']), help: z.string().optional() }),
    ])
    .optional(),
});
const schema = z.strictObject({
  name: z.string().min(1),
  steps: z.record(z.string().regex(/^[a-z]+$/, 'small letters only'), step),
});

function problemsOf(text: string): readonly Problem[] {
  const read = readYaml(text, 'w.yaml', schema);
  return read.ok ? [] : read.problems;
}

/** `line:column+length code message`, for tables. */
function brief(text: string): string[] {
  return problemsOf(text).map(
    ({ place, code, message }) => `${place?.line}:${place?.column}+${place?.length} ${code} ${message}`,
  );
}

describe('a YAML file', () => {
  it('is read with the place of every part', () => {
    const read = readYaml('name: x\nsteps:\n  a: { tool: "t {{ x }}", with: {n: 1} }\n', 'w.yaml', schema);
    if (!read.ok) throw new Error('not read');
    const { value, places } = read.value;
    expect(value).toEqual({ name: 'x', steps: { a: { tool: 't {{ x }}', with: { n: 1 } } } });
    expect(places.at(['name'])).toEqual({ file: 'w.yaml', line: 1, column: 7, length: 1, source: 'name: x' });
    expect(places.key(['steps', 'a'])).toMatchObject({ line: 3, column: 3, length: 1 });
    expect(places.at(['steps', 'a', 'with'])).toMatchObject({ line: 3, column: 27, length: 4 });
    expect(places.within(['steps', 'a', 'tool'], 2, 7)).toMatchObject({ line: 3, column: 17, length: 7 });
    expect(places.at(['steps', 'a', 'nowhere', 'deeper'])).toMatchObject({ line: 3, column: 3 });
  });

  it('knows where a word stands inside a block text', () => {
    const read = readYaml('name: |\n  one\n  two {{ x }}\nsteps: {}\n', 'w.yaml', schema);
    if (!read.ok) throw new Error('not read');
    expect(read.value.places.within(['name'], 8, 7)).toMatchObject({
      line: 3,
      column: 7,
      source: '  two {{ x }}',
    });
  });

  it('reports all problems together, each with its place', () => {
    const text = [
      'nmae: x',
      'steps:',
      '  a: { tool: 3, kind: itme, pack: 0 }',
      '  B: { tool: t }',
      '  c: { tol: t, pack: 1.5 }',
      '  d: 5',
      '  e: { tool: t, input: fil }',
      '  f: { tool: t, input: { typ: file } }',
      '  g: { tool: t, input: [] }',
    ].join('\n');
    expect(brief(text).sort()).toEqual(
      [
        '1:1+1 missing-key `name` is missing',
        '1:1+4 unknown-key `nmae` is not a key of the file',
        '3:14+1 wrong-type `steps.a.tool` must be a text, not a number (`3`)',
        '3:23+4 unknown-value `steps.a.kind` cannot be `itme`',
        '3:35+1 bad-value `steps.a.pack` must be at least 1',
        '4:3+1 bad-name `B` is no name: small letters only',
        '5:3+1 missing-key `tool` is missing in `steps.c`',
        '5:8+3 unknown-key `tol` is not a key of `steps.c`',
        '5:22+3 wrong-type `steps.c.pack` must be a whole number, not a number (`1.5`)',
        '6:6+1 wrong-type `steps.d` must be a group of keys, not a number (`5`)',
        '7:24+3 unknown-value `steps.e.input` cannot be `fil`',
        '8:17+5 missing-key `type` is missing in `steps.f.input`',
        '8:26+3 unknown-key `typ` is not a key of `steps.f.input`',
        '9:17+5 wrong-type `steps.g.input` must be `file` or `directory` or a group of keys, not a list',
      ].sort(),
    );
  });

  it('suggests the near miss and lists the closed set, keys not yet used first', () => {
    const hints = problemsOf('name: x\nsteps: { a: { tool: t, kind: itme, pac: 1 } }').map(
      (each) => each.hint,
    );
    expect(hints).toEqual([
      'did you mean `item`? there are: item, group',
      'did you mean `pack`? there are: with, pack, input, tool, kind',
    ]);
  });

  it('gives what is in shape although other parts are not', () => {
    const read = readYamlPartly(
      'steps: { a: { tool: t, pack: 0 }, b: { tool: 3 }, c: { tool: u } }',
      'w',
      schema,
      {
        name: 'unnamed',
      },
    );
    expect(read.problems).toHaveLength(3);
    expect(read.file?.value).toEqual({ name: 'unnamed', steps: { a: { tool: 't' }, c: { tool: 'u' } } });
    expect(read.file?.leftOut).toEqual([
      ['name'],
      ['steps', 'a', 'pack'],
      ['steps', 'b', 'tool'],
      ['steps', 'b', 'tool'],
    ]);
  });
});

describe('an unquoted template', () => {
  it('is told to be quoted, and nothing else is said about its line', () => {
    const text =
      'name: {{ x }}\nsteps:\n  a: { tool: t, with: { n: {{ y | int }} deg } }\n  b: { tool: x{{ "y" }} }\n';
    expect(brief(text)).toEqual([
      '1:7+7 unquoted-template `{{ x }}` needs quotes: YAML reads a brace as the beginning of a map',
      '3:28+13 unquoted-template `{{ y | int }}` needs quotes: YAML reads a brace as the beginning of a map',
      '4:15+9 unquoted-template `{{ "y" }}` needs quotes: YAML reads a brace as the beginning of a map',
    ]);
    expect(problemsOf(text)[2]?.hint).toBe(`write \`"{{ 'y' }}"\``);
  });

  it('is none inside quotes, block texts, comments and plain text', () => {
    expect(
      brief(
        'name: a {{ x }}\nsteps: # {{ y }}\n  a:\n    tool: |\n      {{ z }}\n    with: { n: "{{ z }}" }\n',
      ),
    ).toEqual([]);
  });
});

describe('what is no YAML, or more than it should be', () => {
  it.each([
    ['a: 1\na: 2\n', '2:1+1 duplicate-key the key `a` stands twice'],
    ['a: *nope\n', '1:4+5 yaml-syntax `*nope` stands for nothing: there is no `&nope` before it'],
    ['a:\n\t- b\n', '2:1+1 yaml-syntax Tabs are not allowed as indentation'],
    ['? [a]\n: b\n', '1:3+1 yaml-syntax a key must be a text, not a collection'],
    ['a: 1\n---\nb: 2\n', '2:1+3 yaml-syntax the file holds more than one document (`---`)'],
    ['a: !!js/function "x"\n', '1:4+13 yaml-syntax Unresolved tag: tag:yaml.org,2002:js/function'],
    ['%YAML 1.1\n---\na: yes\n', '1:1+1 yaml-syntax `%YAML` cannot be used: the file is read as YAML 1.2'],
    [
      'name: 12345678901234567890\nsteps: {}\n',
      '1:7+20 bad-value `12345678901234567890` cannot be kept as a number',
    ],
    ['', '1:1+1 wrong-type the file must be a group of keys, not empty'],
    ['- a\n', '1:1+1 wrong-type the file must be a group of keys, not a list'],
  ])('%j', (text, expected) => {
    expect(brief(text)).toContain(expected);
  });

  it('keeps `no` a text, and a merge key no merge', () => {
    expect(brief('name: no\nsteps: {}\n')).toEqual([]);
    expect(brief('name: x\nsteps: {}\n<<: { name: y }\n')[0]).toContain('unknown-key `<<`');
  });

  it('meets no inherited name through its keys', () => {
    const read = readYaml(
      '__proto__: { polluted: 1 }\nname: x\nsteps: {}\n',
      'w',
      z.looseObject({ name: z.string() }),
    );
    expect(read.ok && Object.getPrototypeOf(read.value.value)).toBe(Object.prototype);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(brief('constructor: 1\nname: x\nsteps: {}\n')[0]).toContain('unknown-key `constructor`');
  });
});

describe('a YAML bomb', () => {
  const laughs = Array.from(
    { length: 12 },
    (_, i) => `a${i}: &a${i} [${Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*a${i - 1}`)).join(', ')}]`,
  );

  it.each([
    ['of aliases', laughs.join('\n'), 'too-large'],
    ['that holds itself', 'a: &a [*a]', 'too-deep'],
    ['of ten megabytes', `a: ${'x'.repeat(10_000_000)}`, 'too-large'],
    ['of 10⁵ lists in lists', '['.repeat(100_000), 'too-deep'],
    ['of 10⁵ maps in maps', '{a: '.repeat(100_000), 'too-deep'],
    ['of 10⁵ nested dashes', '- '.repeat(100_000), 'too-deep'],
    ['of 10⁵ nested question marks', '? '.repeat(100_000), 'too-deep'],
    [
      'of a thousand indents',
      Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      'too-deep',
    ],
    [
      'of a hundred indents',
      Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      'too-deep',
    ],
    ['of many keys', 'a: 1\n'.repeat(150_000), 'too-large'],
    ['of many line ends', '\n'.repeat(900_000), 'too-large'],
    ['of many tags', '!!a '.repeat(200_000), 'too-large'],
  ])('%s is refused by a counted limit', (_, text, code) => {
    expect(problemsOf(text).map((each) => each.code)).toEqual([code]);
  });

  it('is not what 5,000 keys are', () => {
    const text = `name: x\nsteps:\n${Array.from({ length: 5_000 }, (_, i) => `  ${letters(i)}: { tool: t }`).join('\n')}\n`;
    expect(brief(text)).toEqual([]);
  });

  function letters(n: number): string {
    return [...String(n)].map((digit) => String.fromCharCode(97 + Number(digit))).join('');
  }
});

describe('an alias', () => {
  const texts = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

  it('stands for the nearest anchor before it', () => {
    const read = readYaml('a: &x one\nb: *x\nc: &x [two]\nd: *x\n', 'w', texts);
    expect(read.ok && read.value.value).toEqual({ a: 'one', b: 'one', c: ['two'], d: ['two'] });
  });

  it('has the place where it stands', () => {
    const read = readYaml('a: &x one\nb: *x\n', 'w', texts);
    expect(read.ok && read.value.places.at(['b'])).toMatchObject({ line: 2, column: 4, length: 2 });
  });
});
