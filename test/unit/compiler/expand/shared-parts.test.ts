import { describe, expect, it } from 'vitest';
import type { Command, Task, Tool } from '../../../../src/model/index.ts';
import { from, type Given, input, item, output, parameter, step, tasksOf, times, tool } from './fixtures.ts';

/** A step over three stacks of one cell. */
function stacks(command: Tool['command'], more: Partial<Tool> = {}): readonly Task[] {
  return tasksOf({ workflow: { steps: [step({ tool: tool({ command, ...more }) })] }, raw: times(1, 2, 3) });
}

function textsOf(command: Command): readonly string[] {
  if (command.kind === 'script') return [];
  return command.words.map((word) => word.map((part) => ('text' in part ? part.text : '@')).join(''));
}

describe('tasks of one step', () => {
  it('share command, request, values and parts of the key where only their files differ', () => {
    const parameters = { angle: parameter({ default: 31.5 }) };
    const words = ['deskew', '--angle', '{{ angle }}', '{{ inputs.image }}', '{{ outputs.image }}'];
    const [first, second] = stacks({ words }, { parameters, resources: { memory: '2 GB' } });
    expect(first?.command).toBe(second?.command);
    expect(first?.resources).toBe(second?.resources);
    expect(first?.values).toBe(second?.values);
    expect(first?.staticKey).not.toBe(second?.staticKey);
  });

  it('share a script, and its checks', () => {
    const check = ['test', '{{ outputs.image }}'];
    const [first, second] = stacks({ script: 'cat {{ inputs.image }} >{{ outputs.image }}' }, { check });
    expect(first?.command).toBe(second?.command);
    expect(first?.checks?.[0]).toBe(second?.checks?.[0]);
  });

  it.each([
    ['an item', '{{ item.time }}', ['1', '2', '3']],
    ['the name of a file', '{{ inputs.image | stem }}', ['a_t1', 'a_t2', 'a_t3']],
    [
      'the name of an output',
      '{{ outputs.image | basename }}',
      ['a_t1_deskewed.tif', 'a_t2_deskewed.tif', 'a_t3_deskewed.tif'],
    ],
    ['the request', '{{ resources.cpus }}', ['1', '2', '3']],
    ['a part of a word', '--time={{ item.time }}', ['--time=1', '--time=2', '--time=3']],
  ])('have a command each where it holds %s', (_, word, wanted) => {
    const tasks = stacks({ words: [word] }, { resources: { cpus: '{{ item.time }}' } });
    expect(tasks.flatMap(({ command }) => textsOf(command))).toEqual(wanted);
    expect(tasks.map(({ resources }) => resources.cpus)).toEqual([1, 2, 3]);
  });

  it('have a command each where a condition holds for some', () => {
    const words = ['run', { if: 'item.time > 1', words: ['--late'] }];
    expect(stacks({ words }).map(({ command }) => textsOf(command))).toEqual([
      ['run'],
      ['run', '--late'],
      ['run', '--late'],
    ]);
  });

  it('have a command each where groups differ in size or in a member that is taken apart', () => {
    const all = (words: readonly string[]): Given => ({
      workflow: {
        steps: [
          step({
            tool: tool({
              inputs: { image: input({ many: true }) },
              outputs: { image: output('{{ item.cell }}.tif') },
              command: { words },
            }),
            group: { from: from('raw'), by: ['cell'], order: ['time'] },
          }),
        ],
      },
      raw: ['a1', 'a2', 'b1', 'c1'].map((name) =>
        item(`/data/${name}.tif`, { dims: { cell: name.slice(0, 1), time: Number(name.slice(1)) } }),
      ),
    });
    const counts = tasksOf(all(['cat', '{{ inputs.image }}'])).map(({ command }) => textsOf(command));
    expect(counts).toEqual([
      ['cat', '@', '@'],
      ['cat', '@'],
      ['cat', '@'],
    ]);
    const first = tasksOf(all(['{{ inputs.image[0] | stem }}'])).map(({ command }) => textsOf(command));
    expect(first).toEqual([['a1'], ['b1'], ['c1']]);
  });

  it('have a command each where there are more different ones than are kept', () => {
    const many = Array.from({ length: 600 }, (_, at) => at % 300);
    const tasks = tasksOf({
      workflow: {
        steps: [
          step({
            tool: tool({
              command: { words: ['{{ item.part }}'] },
              outputs: { image: output('{{ item.time }}.tif') },
            }),
          }),
        ],
      },
      raw: many.map((part, time) => item(`/data/${time}.tif`, { dims: { time, part } })),
    });
    expect(tasks.map(({ command }) => textsOf(command)[0])).toEqual(many.map(String));
  });
});
