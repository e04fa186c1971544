import { describe, expect, it } from 'vitest';
import { expand, parseWorkflow } from '../../../../src/compiler/index.ts';
import type { Collection, Item, Tool, Workflow } from '../../../../src/model/index.ts';
import { collection, input, item, output, parameter, tool } from './fixtures.ts';

const text = `
name: lattice-light-sheet
parameters:
  iterations: { type: integer, default: 10, minimum: 1, maximum: 100, help: Richardson-Lucy iterations }
  angle: { type: number, unit: deg, from: acquisition }
  engine: { type: choice, choices: [cpu, gpu], default: cpu }
collections:
  raw: { pattern: "{cell}_ch{channel:int}_stack{time:int}.tif" }
  psf: { pattern: "psf_ch{channel:int}.tif", role: calibration }
steps:
  deskew: { tool: deskew, for-each: raw, with: { angle: "{{ angle }}" } }
  deconvolve:
    tool: deconvolve
    for-each: deskew.image
    match: { psf: { on: channel } }
    with: { iterations: "{{ iterations }}" }
    resources: { gpus: "{{ 0 if engine == 'cpu' else 1 }}" }
  movie:
    tool: project
    from: deconvolve.image
    group: { by: [cell, channel], order: time }
  count:
    for-each: movie.movie
    run: 'wc -c < {{ inputs.image }} > {{ outputs.count }} && echo {{ iterations }}'
    outputs: { count: "{{ inputs.image | stem }}.txt" }
`;

const tools: Readonly<Record<string, Tool>> = {
  deskew: tool({ parameters: { angle: parameter({ unit: 'deg', from: 'angle' }) } }),
  deconvolve: tool({
    name: 'deconvolve',
    inputs: { image: input(), psf: input() },
    outputs: { image: output('{{ inputs.image | stem }}_decon.tif') },
    parameters: { iterations: parameter({ type: 'integer', default: 5 }) },
    command: {
      words: [
        'decon',
        '{{ inputs.image }}',
        '{{ inputs.psf }}',
        '{{ outputs.image }}',
        '-n',
        '{{ iterations }}',
      ],
    },
  }),
  project: tool({
    name: 'project',
    inputs: { images: input({ many: true }) },
    outputs: { movie: output('{{ item.cell }}_ch{{ item.channel }}.tif') },
    command: { words: ['project', '{{ inputs.images }}', '{{ outputs.movie }}'] },
  }),
};

function parsed(): Workflow {
  const workflow = parseWorkflow(text, '/lab/lattice.yaml', tools);
  if (!workflow.ok) throw new Error(workflow.problems.map((problem) => problem.message).join('\n'));
  return workflow.value;
}

function stack(channel: number, time: number): Item {
  return item(`/data/cell1_ch${channel}_stack${time}.tif`, {
    dims: { cell: 'cell1', channel, time },
    acquisition: { angle: { value: 31.8, unit: 'deg', source: 'Settings.txt' } },
  });
}

const collections: Readonly<Record<string, Collection>> = {
  raw: collection('raw', [stack(0, 10), stack(0, 2), stack(1, 2), stack(1, 10)]),
  psf: collection(
    'psf',
    [0, 1].map((channel) => item(`/psf/psf_ch${channel}.tif`, { dims: { channel } })),
  ),
};

describe('a workflow file and its collections', () => {
  const planned = expand(parsed(), collections, { set: { iterations: '20' }, acknowledge: [] });
  const tasks = planned.ok ? planned.value.plan.tasks : [];

  it('become a task per stack and step, a movie per channel, and a count per movie', () => {
    expect(tasks.map((task) => task.id)).toEqual([
      'deskew:1',
      'deskew:2',
      'deskew:3',
      'deskew:4',
      'deconvolve:1',
      'deconvolve:2',
      'deconvolve:3',
      'deconvolve:4',
      'movie:1',
      'movie:2',
      'count:1',
      'count:2',
    ]);
  });

  it('give each stack the angle of its acquisition and the iterations of the command line', () => {
    expect(tasks[0]?.values.angle).toEqual({ value: 31.8, origin: 'acquisition', source: 'Settings.txt' });
    expect(tasks[4]?.values.iterations).toEqual({
      value: 20,
      origin: 'command line',
      source: '--set iterations=20',
    });
    expect(tasks[4]?.resources.gpus).toBe(0);
  });

  it('give each stack the point spread function of its channel', () => {
    expect(tasks.slice(4, 8).map((task) => task.inputs.map(({ from }) => from))).toMatchObject([
      [{ task: 'deskew:1' }, { label: 'psf_ch0.tif' }],
      [{ task: 'deskew:2' }, { label: 'psf_ch0.tif' }],
      [{ task: 'deskew:3' }, { label: 'psf_ch1.tif' }],
      [{ task: 'deskew:4' }, { label: 'psf_ch1.tif' }],
    ]);
  });

  it('gather the stacks of a channel in the order of time', () => {
    expect(tasks[8]?.inputs.map(({ from }) => from)).toMatchObject([
      { task: 'deconvolve:2' },
      { task: 'deconvolve:1' },
    ]);
    expect(tasks[8]?.outputs.map(({ name }) => name)).toEqual(['cell1_ch0.tif']);
  });

  it('keep a command of the file as the author wrote it, with its values as words', () => {
    expect(tasks[10]?.outputs[0]?.name).toBe('cell1_ch0.txt');
    expect(tasks[10]?.command).toEqual({
      kind: 'script',
      parts: [
        { literal: 'wc -c < ' },
        { word: [{ input: 'image', index: 0 }] },
        { literal: ' > ' },
        { word: [{ output: 'count' }] },
        { literal: ' && echo ' },
        { word: [{ text: '20' }] },
      ],
    });
  });
});
