import { describe, expect, it } from 'vitest';
import type { Problem, Tool } from '../../../src/model/index.ts';
import { parseTool } from '../../../src/tools/index.ts';

function tool(text: string): Tool {
  const parsed = parseTool(text, 't.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map((each) => each.message).join('\n'));
  return parsed.value;
}

function problemsOf(text: string): readonly Problem[] {
  const parsed = parseTool(text, 't.yaml');
  return parsed.ok ? [] : parsed.problems;
}

function brief(text: string): string[] {
  return problemsOf(text).map(
    ({ place, code, message }) => `${place?.line}:${place?.column}+${place?.length} ${code} ${message}`,
  );
}

const short = `name: blur
version: 1.0
summary: blurs an image
inputs: { image: file }
outputs: { image: "{{ inputs.image | stem }}_blurred.tif" }
parameters:
  sigma: { type: number, unit: um, minimum: 0, default: 1.5, help: width }
command: [blur, --sigma, "{{ sigma }}", "{{ inputs.image }}", "{{ outputs.image }}"]
licence: MIT
`;

describe('a descriptor', () => {
  it('wraps a simple command in ten lines', () => {
    expect(tool(short)).toEqual({
      name: 'blur',
      version: '1',
      summary: 'blurs an image',
      inputs: { image: { type: 'file', many: false, optional: false } },
      outputs: {
        image: { type: 'file', name: '{{ inputs.image | stem }}_blurred.tif', check: { minSize: 1 } },
      },
      parameters: {
        sigma: { type: 'number', unit: 'um', minimum: 0, default: 1.5, optional: false, help: 'width' },
      },
      command: { words: ['blur', '--sigma', '{{ sigma }}', '{{ inputs.image }}', '{{ outputs.image }}'] },
      resources: {},
      environment: {},
      logWithout: [],
      cacheVersion: 1,
      licence: 'MIT',
      // printf of the text above | sha256sum
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: 't.yaml',
    });
  });

  it('says more where more is to be said', () => {
    const parsed = tool(`name: fuse-views
version: "2.1"
summary: joins views
inputs: { views: files, mask: { type: file, optional: true, help: what to keep } }
outputs:
  volume: { name: out.zarr, type: directory, min-size: 10KB, help: the volume }
parameters: { verbose: false, level: 3, padding: { type: integer, optional: true } }
command:
  - fuse
  - { if: padding, words: [--padding, "{{ padding }}"] }
  - { if: "{{ inputs.mask }}", words: [--mask, "{{ inputs.mask }}"] }
  - "{{ inputs.views }}"
  - 7
container: docker://ghcr.io/x/fuse@sha256:${'a'.repeat(64)}
resources: { cpus: 4, memory: 16GB, time: 1h30m, gpus: "{{ 1 if level > 2 else 0 }}" }
environment: { OMP_NUM_THREADS: "{{ level }}", DEBUG: 1 }
cache-version: 3
`);
    expect(parsed.inputs).toEqual({
      views: { type: 'file', many: true, optional: false },
      mask: { type: 'file', many: false, optional: true, help: 'what to keep' },
    });
    expect(parsed.outputs.volume).toEqual({
      type: 'directory',
      name: 'out.zarr',
      check: { minSize: 10_240 },
      help: 'the volume',
    });
    expect(parsed.parameters.verbose).toEqual({ type: 'boolean', default: false, optional: false });
    expect(parsed.command).toEqual({
      words: [
        'fuse',
        { if: 'padding', words: ['--padding', '{{ padding }}'] },
        { if: 'inputs.mask', words: ['--mask', '{{ inputs.mask }}'] },
        '{{ inputs.views }}',
        '7',
      ],
    });
    expect(parsed.container).toEqual({
      image: 'docker://ghcr.io/x/fuse',
      digest: `sha256:${'a'.repeat(64)}`,
    });
    expect(parsed.environment).toEqual({ OMP_NUM_THREADS: '{{ level }}', DEBUG: '1' });
    expect(parsed.cacheVersion).toBe(3);
  });

  it('reports all that is wrong together, each at its place', () => {
    const text = `name: blur
version: 1
sumary: x
inputs: { image: fil }
outputs: { image: "{{ input.image }}.tif", log: { name: "{{ outputs.image }}", min-size: big } }
parameters: { sigma: { type: number, default: 200, maximum: 100 }, not: 3, dz: { type: number, unit: mm, from: acquisition } }
command: [blur, "{{ sgima }}", { if: pading, words: ["{{ x | safe }}"] }]
resources: { time: 30, memory: much, cpus: 0, gpus: "{{ sigmas }}" }
container: { image: x, digest: abc }
`;
    expect(brief(text).sort()).toEqual(
      [
        '1:1+1 missing-key `summary` is missing',
        '3:1+6 unknown-key `sumary` is not a key of the file',
        '4:18+3 unknown-value `inputs.image` cannot be `fil`',
        '5:23+11 unknown-name `input.image` is not known here',
        '5:61+13 unknown-name `outputs.image` is not known here',
        '5:90+3 bad-value `big` is no size',
        '6:47+3 bad-default the default `200` is above the maximum `100`',
        '6:68+3 bad-name `not` is no name: this word has a meaning of its own',
        '6:102+2 wrong-unit `acquisition.dz` is measured in `um`, not in `mm`',
        '7:21+5 unknown-name `sgima` is not known here',
        '7:38+6 unknown-name `pading` is not known here',
        '7:62+1 unknown-filter there is no filter `safe`',
        '8:20+2 bad-value `30` is no time',
        '8:32+4 bad-value `much` is no amount of memory',
        '8:44+1 bad-value `0` is no number of cpus',
        '8:57+6 unknown-name `sigmas` is not known here',
        '9:32+3 bad-value `container.digest` is `sha256:` and 64 hexadecimal digits',
      ].sort(),
    );
  });

  it('wants one of command and script', () => {
    const head = 'name: a\nversion: 1\nsummary: x\noutputs: { o: o.txt }\n';
    expect(brief(head)).toEqual(['1:1+1 no-command nothing says what to run']);
    expect(brief(`${head}command: [a]\nscript: b\n`)).toEqual([
      '5:1+7 no-command both `command` and `script` say what to run',
    ]);
  });
});

describe('a script', () => {
  const script = (body: string): string =>
    `name: a\nversion: 1\nsummary: x\ninputs: { i: file }\noutputs: { o: o.txt }\nparameters: { n: 1 }\nscript: |\n${body.replaceAll(/^/gm, '  ')}\n`;

  it.each([
    'cat {{ inputs.i }} > {{ outputs.o }}',
    'echo --n={{ n }}x',
    `echo "a" 'b' {{ n }}`,
    `echo "$(cat {{ inputs.i }})"`,
    "# it's {{ n }}\necho {{ n }}",
    'echo \\" {{ n }}',
    `cat <<'END'\nit's "\nEND\necho {{ n }}`,
    'for i in 1 2; do echo $i {{ n }}; done',
    'echo ${' + '#x} $((1 + 2)) ${' + 'x%.*} {{ n }}',
    'case {{ n }} in 1) echo "one" {{ n }};; esac',
    'echo a#"b" {{ n }}',
  ])('may say %j', (body) => {
    expect(brief(script(body))).toEqual([]);
  });

  it.each([
    [`echo "{{ n }}"`, '8:9+7 quoted-value `{{ n }}` stands inside quotes'],
    [`echo '{{ n }}'`, '8:9+7 quoted-value `{{ n }}` stands inside quotes'],
    [`echo "a\\" {{ n }}"`, '8:13+7 quoted-value `{{ n }}` stands inside quotes'],
    [`echo "$(echo ')' "{{ n }}")"`, '8:21+7 quoted-value `{{ n }}` stands inside quotes'],
    ['echo `cat {{ n }}`', '8:13+7 quoted-value `{{ n }}` stands inside back quotes'],
    ['echo $(( {{ n }} + 1 ))', '8:12+7 quoted-value `{{ n }}` stands inside `$(( … ))`'],
    ['echo ${' + 'x:-{{ n }}}', '8:13+7 quoted-value `{{ n }}` stands inside an expansion in braces'],
    ['cat <<END\na\n{{ n }}\nEND', '10:3+7 quoted-value `{{ n }}` stands in a here-document'],
    [`echo "a\n{{ n }}"`, '9:3+7 quoted-value `{{ n }}` stands inside quotes'],
  ])('may not say %j', (body, expected) => {
    expect(brief(script(body))).toEqual([expected]);
  });

  it('is told what to do about its quotes', () => {
    expect(problemsOf(script(`echo "{{ n }}"`))[0]?.hint).toBe(
      'remove the quotes, espalier passes the value as one word',
    );
  });
});

describe('engines', () => {
  const two = `${short}engines:
  cpu: { container: { image: blur.sif, optional: true } }
  gpu: { command: [blur-gpu, "{{ inputs.image }}", "{{ outputs.image }}"], resources: { gpus: 1 } }
`;

  it('make a parameter whose default is the first of them', () => {
    const { engines, parameters } = tool(two);
    expect(parameters.engine).toEqual({
      type: 'choice',
      choices: ['cpu', 'gpu', 'auto'],
      default: 'cpu',
      optional: false,
      help: 'What computes it; auto: the best that the site offers',
    });
    expect(engines).toEqual({
      cpu: { container: { image: 'blur.sif', optional: true } },
      gpu: {
        command: { words: ['blur-gpu', '{{ inputs.image }}', '{{ outputs.image }}'] },
        resources: { gpus: 1 },
      },
    });
  });

  it('are checked like the tool, and leave its parameter to themselves', () => {
    expect(brief(two.replace('blur-gpu, "{{ inputs.image }}"', '"{{ sigmo }}"'))).toEqual([
      expect.stringContaining('unknown-name'),
    ]);
    expect(brief(two.replace('gpus: 1', 'gpus: some'))).toEqual([expect.stringContaining('bad-value')]);
    expect(brief(two.replace('  sigma:', '  engine: cpu\n  sigma:'))).toEqual([
      expect.stringContaining('name-twice the parameter `engine` is made by `engines`'),
    ]);
    expect(brief(`${short}engines: {}\n`)).toEqual([expect.stringContaining('at least one engine')]);
  });
});

describe('a command for many items', () => {
  const many = (batch: string) => `${short}batch: ${batch}\n`;

  it('is kept as words with the place of their list', () => {
    expect(tool(many('{ command: [blur, many, "--list={{ batch }}"], most: 50 }')).batch).toEqual({
      command: ['blur', 'many', '--list={{ batch }}'],
      most: 50,
    });
  });

  it.each([
    ['names no list', '{ command: [blur, many], most: 50 }', 'does not say where their list goes'],
    ['names a parameter', '{ command: [blur, "{{ sigma }}"], most: 50 }', 'unknown-name'],
    [
      'changes the path of the list',
      '{ command: [blur, "{{ batch | stem }}"], most: 50 }',
      'changes `{{ batch }}`',
    ],
    ['takes none', '{ command: [blur, "{{ batch }}"], most: 0 }', 'bad-'],
  ])('is refused where it %s', (_, batch, message) => {
    expect(brief(many(batch)).join()).toContain(message);
  });

  it('is refused of a script, which is no list of words to hand on', () => {
    const text = many('{ command: [blur, "{{ batch }}"], most: 5 }').replace(
      /^command:.*$/m,
      'script: "true"',
    );
    expect(brief(text)).toEqual([expect.stringContaining('a `script` cannot be handed')]);
  });
});
