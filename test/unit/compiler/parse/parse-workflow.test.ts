import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../../../../src/compiler/parse/parse-workflow.ts';
import type { Problem, Tool, Workflow } from '../../../../src/model/index.ts';
import { parseTool } from '../../../../src/tools/index.ts';

function tool(text: string): Tool {
  const parsed = parseTool(text, 't.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const tools: Readonly<Record<string, Tool>> = {
  deskew: tool(`name: deskew
version: "1"
summary: x
inputs: { image: file }
outputs: { image: "{{ inputs.image | stem }}_deskewed.tif" }
parameters: { angle: { type: number, unit: deg, minimum: 0, maximum: 90, from: acquisition } }
command: [deskew, "{{ angle }}", "{{ inputs.image }}", "{{ outputs.image }}"]
resources: { memory: 4GB }
`),
  deconvolve: tool(`name: deconvolve
version: "1"
summary: x
inputs: { image: file, psf: file, mask: { optional: true } }
outputs: { image: d.tif, log: l.txt }
parameters: { iterations: 10 }
command: [deconvolve, "{{ iterations }}"]
`),
  project: tool(`name: project
version: "1"
summary: x
inputs: { images: files }
outputs: { movie: m.tif }
command: [project, "{{ inputs.images }}"]
`),
};

const example = `name: lattice-light-sheet
parameters:
  iterations: { type: integer, default: 10, minimum: 1, maximum: 100, help: Richardson-Lucy iterations }
  angle:      { type: number, unit: deg, from: acquisition }
  engine:     { type: choice, choices: [cpu], default: cpu }
collections:
  raw: { pattern: "{cell}_ch{channel:int}_stack{time:int}.tif" }
  psf: { pattern: "psf_ch{channel:int}.tif", role: calibration }
defaults: { resources: { memory: 2GB, time: 30m }, pack: 4 }
steps:
  movie:      { tool: project, group: { by: [cell, channel], order: time }, from: deconvolve.image, fuse: false }
  deconvolve: { tool: deconvolve, for-each: deskew.image, match: { psf: { on: channel } }, with: { iterations: "{{ iterations }}" }, resources: { gpus: "{{ 0 if engine == 'cpu' else 1 }}" } }
  deskew:     { tool: deskew, for-each: raw, with: { angle: "{{ angle }}" }, outputs: { image: "{{ item.cell }}.tif" } }
acknowledge: [angle]
`;

function workflow(text: string): Workflow {
  const parsed = parseWorkflow(text, 'w.yaml', tools);
  if (!parsed.ok)
    throw new Error(parsed.problems.map((each) => `${each.place?.line} ${each.message}`).join('\n'));
  return parsed.value;
}

function problemsOf(text: string): readonly Problem[] {
  const parsed = parseWorkflow(text, 'w.yaml', tools);
  return parsed.ok ? [] : parsed.problems;
}

function brief(text: string): string[] {
  return problemsOf(text).map(
    ({ place, code, message }) => `${place?.line}:${place?.column} ${code} ${message}`,
  );
}

/** A workflow of one collection and the steps given. */
function steps(lines: string): string {
  return `name: w
collections: { raw: "{cell}_t{time:int}.tif", psf: "psf.tif" }
steps:
${lines.replaceAll(/^/gm, '  ')}
`;
}

describe('a workflow', () => {
  it('comes out with its steps in the order in which they read each other', () => {
    const { steps: ordered, acknowledged, parameters, collections } = workflow(example);
    expect(ordered.map((step) => step.name)).toEqual(['deskew', 'deconvolve', 'movie']);
    expect(acknowledged).toEqual(['angle']);
    expect(parameters.angle).toEqual({ type: 'number', unit: 'deg', from: 'angle', optional: false });
    expect(collections.psf).toMatchObject({
      name: 'psf',
      role: 'calibration',
      pattern: 'psf_ch{channel:int}.tif',
      split: [],
    });
  });

  it('resolves what a step works on, by which input, and what goes with it', () => {
    const [deskew, deconvolve, movie] = workflow(example).steps;
    expect(deskew).toMatchObject({
      forEach: { kind: 'collection', name: 'raw' },
      inputRole: 'image',
      with: { angle: { value: '{{ angle }}', place: { line: 13 } } },
      outputNames: { image: '{{ item.cell }}.tif' },
      fuse: true,
      pack: 4,
    });
    expect(deconvolve).toMatchObject({
      forEach: { kind: 'output', step: 'deskew', output: 'image' },
      inputRole: 'image',
      match: [{ role: 'psf', from: { kind: 'collection', name: 'psf' }, on: ['channel'] }],
    });
    expect(movie).toMatchObject({
      group: {
        from: { kind: 'output', step: 'deconvolve', output: 'image' },
        by: ['cell', 'channel'],
        order: ['time'],
      },
      inputRole: 'images',
      fuse: false,
    });
  });

  it('lets defaults give way to what a tool says of itself', () => {
    const [deskew, deconvolve] = workflow(example).steps;
    expect(deskew?.resources).toEqual({ time: '30m' });
    expect(deconvolve?.resources).toEqual({
      memory: '2GB',
      time: '30m',
      gpus: "{{ 0 if engine == 'cpu' else 1 }}",
    });
  });

  it('takes shorthands: a bare step for its only output, a broadcast, a partner of another name', () => {
    const [deskew, deconvolve] = workflow(
      steps(
        'a: { tool: deskew, for-each: raw }\nb: { tool: deconvolve, for-each: a, as: image, match: { psf: all, mask: { from: raw, on: [cell, time] } } }',
      ),
    ).steps;
    expect(deskew?.name).toBe('a');
    expect(deconvolve).toMatchObject({
      forEach: { step: 'a', output: 'image' },
      match: [
        { role: 'psf', on: [] },
        { role: 'mask', from: { name: 'raw' }, on: ['cell', 'time'] },
      ],
    });
  });

  it('makes a tool of a step’s own command, with the parameters it names', () => {
    const text = `name: w
parameters: { sigma: { type: number, default: 2, unit: um, maximum: 9 }, level: 3 }
collections: { raw: "{cell}.tif" }
steps:
  a:
    for-each: raw
    with: { twice: "{{ sigma * 2 }}", three: 3 }
    run: |
      n=\${#0}; blur {{ sigma }} {{ twice }} {{ three }} {{ item.cell }} {{ inputs.image }} > {{ outputs.out }}
    outputs: { out: "{{ item.cell }}_{{ level }}.txt" }
  b: { for-each: a, run: [copy, { if: level > 1, words: [--deep] }, "{{ inputs.image }}"], outputs: { o: { name: o, type: directory } } }
`;
    const [a, b] = workflow(text).steps;
    expect(a?.tool).toMatchObject({
      name: 'a',
      version: 'inline',
      source: 'inline',
      inputs: { image: { type: 'file' } },
    });
    expect(a?.tool.parameters).toEqual({
      twice: { type: 'text', optional: false },
      three: { type: 'number', optional: false },
      level: { type: 'integer', optional: false },
      sigma: { type: 'number', unit: 'um', maximum: 9, optional: false },
    });
    expect(Object.entries(a?.with ?? {}).map(([name, { value }]) => [name, value])).toEqual([
      ['twice', '{{ sigma * 2 }}'],
      ['three', 3],
      ['level', '{{ level }}'],
      ['sigma', '{{ sigma }}'],
    ]);
    expect(b?.tool.command).toEqual({
      words: ['copy', { if: 'level > 1', words: ['--deep'] }, '{{ inputs.image }}'],
    });
  });

  it('warns of a parameter that nothing reads, and says how to pass it on', () => {
    const text = example.replace(', with: { iterations: "{{ iterations }}" }', '');
    const parsed = parseWorkflow(text, 'w.yaml', tools);
    expect(parsed.ok && parsed.warnings).toMatchObject([
      {
        code: 'unused-parameter',
        severity: 'warning',
        message: 'no step uses the parameter `iterations`',
        hint: 'to pass it on, write `with: { iterations: "{{ iterations }}" }` in step `deconvolve`',
        place: { line: 3, column: 3 },
      },
    ]);
  });
});

describe('problems of a workflow', () => {
  it('come all at once, in the order of the file, with places', () => {
    const text = `name: w
parameters:
  n: { type: integer, default: 0, minimum: 1 }
  angle: { type: number, unit: rad, from: acquisition }
  kind: { type: choice, choices: [a, b], default: c }
collections:
  raw: { pattern: "{cell}_{cell}.tif" }
  both: { pattern: a, table: b }
steps:
  a: { tool: deskw, for-each: raw }
  b: { tool: deskew, for-each: rw, with: { angel: 3, angle: 120 } }
  c: { tool: deconvolve, for-each: b.imag, match: { psff: all } }
  d: { tool: project, for-each: b, resources: { memory: lots, ram: 1 }, pack: 0 }
  e: { tool: deskew, for-each: {{ raw }} }
acknowledge: [angel]
`;
    expect(brief(text)).toEqual(
      [
        '3:32 bad-default the default `0` is below the minimum `1`',
        '4:32 wrong-unit `acquisition.angle` is measured in `deg`, not in `rad`',
        '5:51 bad-default the default `c` is not among the choices',
        '7:27 duplicate-dimension pattern, column 8: the dimension `cell` stands twice',
        '8:3 no-source collection `both` needs either a `pattern` or a `table`, not both',
        '10:14 unknown-tool there is no tool `deskw`',
        '11:32 unknown-source there is no collection or step `rw`',
        '11:44 unknown-parameter tool `deskew` has no parameter `angel`',
        '11:61 bad-value `angle`: `120` is above the maximum `90`',
        '12:36 unknown-output step `b` has no output `imag`',
        '12:53 unknown-input tool `deconvolve` has no input `psff`',
        '12:3 unclear-input tool `deconvolve` has several inputs that nothing fills: `image`, `psf`',
        '13:57 bad-value `lots` is no amount of memory',
        '13:63 unknown-key `ram` is not a key of `steps.d.resources`',
        '13:79 bad-value `steps.d.pack` must be at least 1',
        '14:32 unquoted-template `{{ raw }}` needs quotes: YAML reads a brace as the beginning of a map',
        '15:15 unknown-parameter there is no parameter `angel` to acknowledge',
      ].sort((a, b) => place(a) - place(b)),
    );
  });

  function place(line: string): number {
    const [row, column] = line.split(' ', 1)[0]?.split(':') ?? [];
    return Number(row) * 10_000 + Number(column);
  }

  it.each([
    ['a step without items', 'a: { tool: deskew }', '4:3 no-items step `a` works on nothing'],
    [
      'a group of nothing',
      'a: { tool: project, group: { by: cell } }',
      '4:23 no-items step `a` groups nothing',
    ],
    [
      'both kinds of items',
      'a: { tool: project, for-each: raw, group: { by: cell } }',
      '4:23 no-items step `a` says both `for-each` and `group`',
    ],
    [
      'a source without a group',
      'a: { tool: deskew, from: raw }',
      '4:22 no-items step `a` has a `from` without a `group`',
    ],
    ['nothing to run', 'a: { for-each: raw }', '4:3 no-command step `a` says neither `tool` nor `run`'],
    [
      'an unfilled input',
      'a: { tool: deconvolve, for-each: raw, as: image }',
      '4:3 unfilled-input nothing fills input `psf` of tool `deconvolve`',
    ],
    [
      'an input filled twice',
      'a: { tool: deconvolve, for-each: raw, as: psf, match: { psf: all, image: { from: raw, on: cell } } }',
      '4:45 filled-twice input `psf` is filled by the items and by `match`',
    ],
    [
      'no input left',
      'a: { tool: deskew, for-each: raw, match: { image: { from: psf, on: all } } }',
      '4:3 filled-twice tool `deskew` has no input left for the items of step `a`',
    ],
    [
      'a group into one file',
      'a: { tool: deskew, group: { by: cell }, from: raw }',
      '4:22 not-many input `image` of tool `deskew` takes one file, a group brings many',
    ],
    [
      'an unclear output',
      'a: { tool: deconvolve, for-each: raw, as: image, match: { psf: all } }\nb: { tool: deskew, for-each: a }',
      '5:32 unknown-output step `a` has 2 outputs',
    ],
    [
      'a part of a collection',
      'a: { tool: deskew, for-each: raw.image }',
      '4:32 unknown-source `raw` is a collection: it has no `image`',
    ],
    [
      'a step of a collection’s name',
      'psf: { tool: deskew, for-each: raw }',
      '4:3 name-twice `psf` is the name of a collection and of a step',
    ],
    [
      'an unknown dimension of a group',
      'a: { tool: project, group: { by: [cell, chanel], order: tim }, from: raw }',
      '4:43 unknown-dimension the items have no dimension `chanel`',
    ],
    [
      'a join by what the partner lacks',
      'a: { tool: deconvolve, for-each: raw, match: { psf: { on: cell } } }',
      '4:61 unknown-dimension the items have no dimension `cell`',
    ],
    [
      'an unknown name in a value',
      'a: { tool: deskew, for-each: raw, with: { angle: "{{ 1 + item.cel }}" } }',
      '4:60 unknown-name `item.cel` is not known here',
    ],
    [
      'an unknown name in an output',
      'a: { tool: deskew, for-each: raw, outputs: { image: "{{ item.cel }}" } }',
      '4:59 unknown-name `item.cel` is not known here',
    ],
    [
      'an output the tool has not',
      'a: { tool: deskew, for-each: raw, outputs: { img: "x" } }',
      '4:48 unknown-output tool `deskew` has no output `img`',
    ],
    [
      'an unknown name in a command',
      'a: { for-each: raw, run: "cat {{ inputs.imag }} {{ item.cel }}", outputs: { o: o } }',
      '4:36 unknown-name `inputs.imag` is not known here',
    ],
    [
      'a quoted value in a script',
      `a: { for-each: raw, run: "cat '{{ inputs.image }}'", outputs: { o: o } }`,
      '4:34 quoted-value `{{ inputs.image }}` stands inside quotes',
    ],
    [
      'an image of its own for a tool',
      'a: { tool: deskew, for-each: raw, container: x }',
      '4:37 not-inline `container` belongs to a step with `run`; tool `deskew` brings its own',
    ],
    [
      'a circle',
      'a: { tool: deskew, for-each: b }\nb: { tool: deskew, for-each: c }\nc: { tool: deskew, for-each: b }',
      '5:3 circle these steps wait for each other: `b` reads `c` reads `b`',
    ],
    [
      'a step that reads itself',
      'a: { tool: deskew, for-each: a }',
      '4:3 circle these steps wait for each other: `a` reads `a`',
    ],
  ])('name %s', (_, lines, expected) => {
    expect(brief(steps(lines))).toContain(expected);
  });

  it.each([
    ['[a.*, "a/*.tif", "*/x.tif"]', []],
    ['a.image', []],
    ['[a.*, a.imgae]', ['5:14 unknown-output `a.imgae` fits no output of a step']],
    ['["b/*"]', ['5:9 unknown-output `b/*` fits no output of a step']],
  ])('name a pattern of `fetch` that can fit nothing: %s', (patterns, expected) => {
    expect(brief(`${steps('a: { tool: deskew, for-each: raw }').trim()}\nfetch: ${patterns}\n`)).toEqual(
      expected,
    );
  });

  it('know the dimensions of what an earlier step made, and of its groups', () => {
    const group = 'a: { tool: deskew, for-each: raw }\nb: { tool: project, group: { by: chanel }, from: a }';
    expect(brief(steps(group))).toEqual(['5:36 unknown-dimension the items have no dimension `chanel`']);
    const after =
      'a: { tool: project, group: { by: cell }, from: raw }\nb: { tool: project, group: { by: time }, from: a }';
    expect(brief(steps(after))).toEqual(['5:36 unknown-dimension the items have no dimension `time`']);
  });

  it('suggest the near miss', () => {
    expect(problemsOf(steps('a: { tool: deskwe, for-each: raw }'))[0]?.hint).toBe(
      'did you mean `deskew`? there are: deskew, deconvolve, project',
    );
    const grouped =
      'a: { from: raw, group: { by: cell }, run: "ls {{ inputs.image }}", outputs: { list: l } }';
    expect(problemsOf(steps(grouped))[0]?.hint).toContain('`inputs: { image: files }`');
    expect(problemsOf(steps('a: { tool: deskew, for-each: rwa }'))[0]?.hint).toBe(
      'did you mean `raw`? there are: raw, psf, a',
    );
  });

  it('say nothing twice: a step out of shape is still known to those that read it', () => {
    const text = steps('a: { tool: 3, for-each: raw }\nb: { tool: deskew, for-each: a.image }');
    expect(brief(text)).toEqual(['4:14 wrong-type `steps.a.tool` must be a text, not a number (`3`)']);
  });

  it('include a file without steps', () => {
    expect(brief('name: w\ncollections: {}\nsteps: {}\n')).toEqual([
      '2:1 nothing-there the workflow has no collection',
      '3:1 nothing-there the workflow has no step',
    ]);
  });

  it('include units that differ between a workflow and a tool', () => {
    const text = steps('a: { tool: deskew, for-each: raw, with: { angle: "{{ tilt }}" } }').replace(
      'collections',
      'parameters: { tilt: { type: number, unit: rad } }\ncollections',
    );
    expect(brief(text)).toEqual(['5:52 wrong-unit `tilt` is in `rad`, the tool wants `deg`']);
  });
});
