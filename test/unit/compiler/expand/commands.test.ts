import { describe, expect, it } from 'vitest';
import type { Resources, Scalar, Step, Task, Tool } from '../../../../src/model/index.ts';
import { hostileNames } from '../../../hostile-names.ts';
import {
  expandWell,
  from,
  type Given,
  input,
  item,
  oneItem,
  onlyProblem,
  onlyTask,
  output,
  parameter,
  step,
  times,
  tool,
} from './fixtures.ts';

interface CommandGiven extends Partial<Tool> {
  readonly with?: Record<string, Scalar>;
}

function running(command: Tool['command'], { with: values = {}, ...given }: CommandGiven = {}): Given {
  return { workflow: { steps: [step({ tool: tool({ command, ...given }), with: values })] } };
}

function commandOf(given: Given): Task['command'] {
  return onlyTask(given).command;
}

describe('a command of words', () => {
  it('keeps inputs and outputs as references and writes values as text', () => {
    const parameters = { angle: parameter(), fast: parameter({ type: 'boolean', default: true }) };
    const words = [
      'deskew',
      '--angle={{ angle }}',
      '{{ fast }}',
      '{{ inputs.image }}',
      'to:{{ outputs.image }}',
    ];
    expect(commandOf(running({ words }, { parameters, with: { angle: 31.5 } }))).toEqual({
      kind: 'words',
      words: [
        [{ text: 'deskew' }],
        [{ text: '--angle=' }, { text: '31.5' }],
        [{ text: 'true' }],
        [{ input: 'image', index: 0 }],
        [{ text: 'to:' }, { output: 'image' }],
      ],
    });
  });

  it('takes the name of an input as text when it is taken apart', () => {
    expect(commandOf(running({ words: ['{{ inputs.image | stem }}', '{{ item.time }}'] }))).toEqual({
      kind: 'words',
      words: [[{ text: 'a_t1' }], [{ text: '1' }]],
    });
  });

  for (const name of hostileNames) {
    it(`passes ${JSON.stringify(name)} as one word`, () => {
      const given = running(
        { words: ['echo', '{{ label }}'] },
        { parameters: { label: parameter({ type: 'text' }) } },
      );
      const command = commandOf({ ...given, options: { set: { 'deskew.label': name } } });
      expect(command).toEqual({ kind: 'words', words: [[{ text: 'echo' }], [{ text: name }]] });
    });
  }

  it('spells many inputs as one word each', () => {
    const given = gather(['cat', '{{ inputs.image }}']);
    expect(commandOf(given)).toEqual({
      kind: 'words',
      words: [[{ text: 'cat' }], [{ input: 'image', index: 0 }], [{ input: 'image', index: 1 }]],
    });
  });

  it('can name one of many inputs', () => {
    const command = commandOf(gather(['cat', '{{ inputs.image[1] }}']));
    expect(command).toMatchObject({ words: [[{ text: 'cat' }], [{ input: 'image', index: 1 }]] });
  });

  it('refuses many inputs inside one word', () => {
    const problem = onlyProblem(gather(['cat', '--files={{ inputs.image }}']));
    expect(problem.code).toBe('list-in-word');
    expect(problem.hint).toContain('word by itself');
  });

  it('leaves out a group of words whose parameter was not given', () => {
    const command: Tool['command'] = {
      words: ['run', { if: 'padding', words: ['--padding', '{{ padding }}'] }, '{{ inputs.image }}'],
    };
    const parameters = { padding: parameter({ optional: true }) };
    expect(commandOf(running(command, { parameters }))).toMatchObject({
      words: [[{ text: 'run' }], [{ input: 'image', index: 0 }]],
    });
    expect(commandOf(running(command, { parameters, with: { padding: 0 } }))).toMatchObject({
      words: [[{ text: 'run' }], [{ text: '--padding' }], [{ text: '0' }], [{ input: 'image', index: 0 }]],
    });
  });

  it('is refused when a word or the whole is longer than the system takes', () => {
    const given = running({ words: ['echo', '{{ item.text }}', '{{ item.text }}'] });
    const raw = oneItem({ tags: { text: 'ä'.repeat(50) } });
    const limits = (wordBytes: number, commandBytes: number): Given => ({
      ...given,
      raw,
      options: { limits: { wordBytes, commandBytes } },
    });
    // Each word counts its ending NUL: 5 + 101 + 101 bytes.
    expect(onlyTask(limits(101, 207)).command.kind).toBe('words');
    expect(onlyProblem(limits(100, 207))).toMatchObject({ code: 'command-too-long' });
    expect(onlyProblem(limits(101, 206)).message).toContain('207 bytes');
  });

  it('counts the paths of its inputs', () => {
    const problem = onlyProblem({
      ...gather(['cat', '{{ inputs.image }}']),
      raw: times(1, 2).map((each) => ({ ...each, file: { ...each.file, path: `/${'x'.repeat(400)}` } })),
      options: { limits: { commandBytes: 800 } },
    });
    expect(problem.code).toBe('command-too-long');
  });
});

function gather(words: readonly string[]): Given {
  const many = tool({
    inputs: { image: input({ many: true }) },
    outputs: { image: output('all.tif') },
    command: { words },
  });
  const { forEach: _, ...plain } = step({ tool: many });
  const group = { from: from('raw'), by: ['cell'], order: ['time'] };
  return { workflow: { steps: [{ ...plain, group }] }, raw: times(1, 2) };
}

describe('a script', () => {
  it("stays the author's text, with each value as one word", () => {
    const script = 'x="${#HOME}" && cat {{ inputs.image }} > {{ outputs.image }} # {{ item.cell }}\n';
    const [raw] = oneItem();
    const file = item('/data/b.tif', { dims: { cell: '$(touch pwned); "' } });
    expect(raw).toBeDefined();
    expect(commandOf({ ...running({ script }), raw: [file] })).toEqual({
      kind: 'script',
      parts: [
        { literal: 'x="${#HOME}" && cat ' },
        { word: [{ input: 'image', index: 0 }] },
        { literal: ' > ' },
        { word: [{ output: 'image' }] },
        { literal: ' # ' },
        { word: [{ text: '$(touch pwned); "' }] },
        { literal: '\n' },
      ],
    });
  });
});

describe('resources', () => {
  function resourcesOf(asked: Step['resources'], tools: Tool['resources'] = {}): Resources {
    const parameters = { engine: parameter({ type: 'text', default: 'cpu' }) };
    const steps = [step({ tool: tool({ resources: tools }), resources: asked })];
    return onlyTask({ workflow: { parameters, steps } }).resources;
  }

  it('are one cpu, no gpu, 1 GB and an hour unless asked for', () => {
    expect(resourcesOf({})).toEqual({ cpus: 1, gpus: 0, memory: 1_073_741_824, time: 3600, scratch: 0 });
  });

  it('are read with their units, the step before the tool', () => {
    expect(
      resourcesOf({ memory: '2 GB', time: '1h30m' }, { memory: '4 GB', cpus: 8, scratch: '1 KB' }),
    ).toEqual({
      cpus: 8,
      gpus: 0,
      memory: 2_147_483_648,
      time: 5400,
      scratch: 1024,
    });
  });

  it('can be expressions of parameters and of the item', () => {
    expect(
      resourcesOf({
        gpus: "{{ 0 if engine == 'cpu' else 1 }}",
        cpus: '{{ item.time + 1 }}',
        memory: '{{ item.time }} GB',
      }),
    ).toMatchObject({ gpus: 0, cpus: 2, memory: 1_073_741_824 });
  });

  const refused: readonly [Step['resources'], string][] = [
    [{ cpus: 0 }, '`cpus`'],
    [{ cpus: 1.5 }, '`cpus`'],
    [{ gpus: -1 }, '`gpus`'],
    [{ memory: 'lots' }, '`memory`'],
    [{ time: '90' }, '`time`'],
    [{ time: 90 }, '`time`'],
  ];
  for (const [asked, name] of refused) {
    it(`are refused as ${JSON.stringify(asked)}`, () => {
      const problem = onlyProblem({ workflow: { steps: [step({ resources: asked })] } });
      expect(problem.code).toBe('bad-resource');
      expect(problem.message).toContain(name);
    });
  }
});

describe('the environment', () => {
  it('stands in the step where it is the same for all tasks, and in the task where it is its own', () => {
    const tools = tool({ environment: { LANG: 'C', MODE: 'tool', OMP_NUM_THREADS: '{{ resources.cpus }}' } });
    const steps = [
      step({ tool: tools, environment: { MODE: 'step', CELL: '{{ item.cell }}' }, resources: { cpus: 4 } }),
    ];
    const { plan } = expandWell({ workflow: { steps } });
    expect(plan.steps[0]?.environment).toEqual({ LANG: 'C', MODE: 'step' });
    expect(plan.tasks[0]?.environment).toEqual({ OMP_NUM_THREADS: '4', CELL: 'a' });
  });

  it('holds no paths, because they are not known yet', () => {
    const problem = onlyProblem({
      workflow: { steps: [step({ environment: { IMAGE: '{{ inputs.image }}' } })] },
    });
    expect(problem.code).toBe('path-in-environment');
  });
});

describe('a planned step', () => {
  it('holds what is the same for all its tasks', () => {
    const container = { image: 'docker://deskew:1', digest: 'sha256:1' };
    const steps = [step({ tool: tool({ container }), fuse: false, pack: 4 })];
    expect(expandWell({ workflow: { steps } }).plan.steps).toEqual([
      {
        name: 'deskew',
        tool: { name: 'deskew', version: '1.0', sha256: 'f'.repeat(64), cacheVersion: 0 },
        container,
        commandTemplate: 'deskew {{inputs.image}} {{outputs.image}}',
        environment: {},
        after: [],
        fuse: false,
        pack: 4,
        shape: 'item',
      },
    ]);
  });
});

describe('a template that cannot be read', () => {
  it('is told with its step, before anything is expanded', () => {
    const problem = onlyProblem({ workflow: { steps: [step({ outputNames: { image: '{{ item.cell' } })] } });
    expect(problem.code).toBe('bad-template');
    expect(problem.message).toContain('step `deskew`');
  });
});
