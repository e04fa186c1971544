import { describe, expect, it } from 'vitest';
import type { Item, Step, Task } from '../../../../src/model/index.ts';
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
  problemsOf,
  step,
  tasksOf,
  times,
  tool,
} from './fixtures.ts';

function labels(tasks: readonly Task[]): readonly string[] {
  return tasks.map((task) => task.label);
}

describe('a step for each item', () => {
  it('has one task per item, in the order of the items', () => {
    const tasks = tasksOf({ raw: times(1, 2, 10) });
    expect(tasks.map(({ id, label, dims }) => ({ id, label, dims }))).toEqual([
      { id: 'deskew:1', label: 'a_t1.tif', dims: { cell: 'a', time: 1 } },
      { id: 'deskew:2', label: 'a_t2.tif', dims: { cell: 'a', time: 2 } },
      { id: 'deskew:3', label: 'a_t10.tif', dims: { cell: 'a', time: 10 } },
    ]);
  });

  it('reads a file of the collection as it was listed', () => {
    const [raw] = oneItem();
    expect(onlyTask({}).inputs).toEqual([
      {
        role: 'image',
        index: 0,
        from: { kind: 'file', file: raw?.file, collection: 'raw', label: 'a_t1.tif', calibration: false },
      },
    ]);
  });

  it('reads what an earlier step made, under the name, dimensions, tags and metadata of the item it was made from', () => {
    const second = step({
      name: 'rotate',
      forEach: from('deskew.image'),
      tool: tool({
        name: 'rotate',
        outputs: { image: output('{{ item.cell }}_{{ item.dose }}_{{ inputs.image | stem }}_rotated.tif') },
        parameters: { angle: parameter({ from: 'angle' }) },
      }),
    });
    const acquisition = { angle: { value: 31.8, unit: 'deg', source: 'Settings.txt' } };
    const [, rotate] = tasksOf({
      workflow: { steps: [step(), second] },
      raw: oneItem({ tags: { dose: 3 }, acquisition }),
    });
    expect(rotate).toMatchObject({
      id: 'rotate:1',
      label: 'a_t1.tif',
      dims: { cell: 'a', time: 1 },
      inputs: [{ role: 'image', index: 0, from: { kind: 'task', task: 'deskew:1', output: 'image' } }],
      outputs: [{ role: 'image', name: 'a_3_a_t1_deskewed_rotated.tif' }],
      values: { angle: { value: 31.8, origin: 'acquisition' } },
    });
  });

  it('comes after the steps whose outputs it reads', () => {
    const steps = [step(), step({ name: 'rotate', forEach: from('deskew.image') })];
    expect(
      expandWell({ workflow: { steps } }).plan.steps.map(({ name, after }) => ({ name, after })),
    ).toEqual([
      { name: 'deskew', after: [] },
      { name: 'rotate', after: ['deskew'] },
    ]);
  });

  it('is refused over a collection that holds nothing', () => {
    const problem = onlyProblem({ raw: [] });
    expect(problem.code).toBe('empty-collection');
    expect(problem.hint).toContain('`{cell}_t{time:int}.tif`');
  });
});

const psfTool = tool({ inputs: { image: input(), psf: input() } });

function joined(on: readonly string[]): Step {
  return step({ tool: psfTool, match: [{ role: 'psf', from: from('psf'), on }] });
}

function stack(channel: number, time: number): Item {
  return item(`/data/ch${channel}_t${time}.tif`, { dims: { channel, time } });
}

function psf(channel: number | string, name = `psf_ch${channel}.tif`): Item {
  return item(`/data/${name}`, { dims: { channel } });
}

describe('a join', () => {
  const raw = [stack(0, 1), stack(1, 1), stack(0, 2)];

  it('gives each item the one partner whose dimensions are equal', () => {
    const tasks = tasksOf({
      workflow: { steps: [joined(['channel'])] },
      raw,
      psf: [psf(1), psf(0)],
    });
    const partners = tasks.map((task) => task.inputs[1]);
    expect(partners.map((each) => each?.role)).toEqual(['psf', 'psf', 'psf']);
    expect(partners.map((each) => each?.from)).toMatchObject([
      { label: 'psf_ch0.tif', calibration: true },
      { label: 'psf_ch1.tif' },
      { label: 'psf_ch0.tif' },
    ]);
  });

  it('names the items without a partner', () => {
    const problem = onlyProblem({ workflow: { steps: [joined(['channel'])] }, raw, psf: [psf(0)] });
    expect(problem.code).toBe('match-missing');
    expect(problem.message).toContain('step `deskew`');
    expect(problem.message).toContain('`ch1_t1.tif`');
    expect(problem.message).not.toContain('ch0');
    expect(problem.place?.line).toBe(10);
  });

  it('names an item with two partners, and both', () => {
    const problem = onlyProblem({
      workflow: { steps: [joined(['channel'])] },
      raw,
      psf: [psf(0), psf(1), psf(0, 'psf_ch0_again.tif')],
    });
    expect(problem.code).toBe('match-ambiguous');
    expect(problem.message).toContain('`ch0_t1.tif`');
    expect(problem.message).toContain('`psf_ch0.tif`');
    expect(problem.message).toContain('`psf_ch0_again.tif`');
  });

  it('suggests the dimension that was meant', () => {
    const problems = problemsOf({ workflow: { steps: [joined(['chanel'])] }, raw, psf: [psf(0)] });
    expect(problems.map((problem) => problem.hint)).toContain('did you mean `channel`?');
  });

  it('lets one partner serve every item when it is asked to', () => {
    const tasks = tasksOf({ workflow: { steps: [joined([])] }, raw, psf: [psf(5)] });
    expect(tasks.map((task) => task.inputs[1]?.from)).toMatchObject([
      { label: 'psf_ch5.tif' },
      { label: 'psf_ch5.tif' },
      { label: 'psf_ch5.tif' },
    ]);
  });

  it('refuses to let two partners serve every item', () => {
    const problem = onlyProblem({ workflow: { steps: [joined([])] }, raw, psf: [psf(0), psf(1)] });
    expect(problem.code).toBe('match-ambiguous');
  });
});

const movieTool = tool({
  name: 'project',
  inputs: { images: input({ many: true }) },
  outputs: { movie: output('{{ item.cell }}.tif') },
  command: { words: ['project', '{{ inputs.images }}', '--to', '{{ outputs.movie }}'] },
  parameters: { angle: parameter({ from: 'angle', optional: true }) },
});

function movie(by: readonly string[], source = 'raw'): Step {
  return step({
    name: 'movie',
    tool: movieTool,
    inputRole: 'images',
    group: { from: from(source), by, order: ['time'] },
  });
}

describe('a group', () => {
  it('is one task over its items in natural order, 2 before 10', () => {
    const task = onlyTask({ workflow: { steps: [movie(['cell'])] }, raw: times(10, 1, 2) });
    expect(task.inputs.map(({ role, index, from }) => ({ role, index, from }))).toMatchObject([
      { role: 'images', index: 0, from: { label: 'a_t1.tif' } },
      { role: 'images', index: 1, from: { label: 'a_t2.tif' } },
      { role: 'images', index: 2, from: { label: 'a_t10.tif' } },
    ]);
  });

  it('is ordered by numbers inside texts, too', () => {
    const raw = ['s10', 's9'].map((time) => item(`/data/${time}.tif`, { dims: { cell: 'a', time } }));
    const task = onlyTask({ workflow: { steps: [movie(['cell'])] }, raw });
    expect(task.inputs.map((each) => each.from)).toMatchObject([{ label: 's9.tif' }, { label: 's10.tif' }]);
  });

  it('has the dimensions it was made by and the metadata on which its members agree', () => {
    const angle = (value: number): Given['raw'] =>
      [1, 2].map((time) =>
        item(`/data/a_t${time}.tif`, {
          dims: { cell: 'a', time },
          acquisition: { angle: { value: time === 1 ? 31.8 : value, source: 'Settings.txt' } },
        }),
      );
    const given = (raw: Given['raw']): Given => ({
      workflow: { steps: [movie(['cell'])] },
      ...(raw === undefined ? {} : { raw }),
    });
    const agreeing = onlyTask(given(angle(31.8)));
    expect(agreeing.dims).toEqual({ cell: 'a' });
    expect(agreeing.values.angle?.value).toBe(31.8);
    expect(onlyTask(given(angle(32.8))).values.angle).toBeUndefined();
  });

  it('is made of the outputs of an earlier step and waits for all of them', () => {
    const raw = [...times(2, 1), item('/data/b_t1.tif', { dims: { cell: 'b', time: 1 } })];
    const { plan } = expandWell({ workflow: { steps: [step(), movie(['cell'], 'deskew.image')] }, raw });
    const movies = plan.tasks.filter((task) => task.step === 'movie');
    expect(labels(movies)).toEqual(['cell=a', 'cell=b']);
    expect(movies.map((task) => task.inputs.map((each) => each.from))).toMatchObject([
      [{ task: 'deskew:2' }, { task: 'deskew:1' }],
      [{ task: 'deskew:3' }],
    ]);
    expect(plan.steps.map(({ shape }) => shape)).toEqual(['item', 'group']);
  });

  it('can be joined by the dimensions it was made by, and by no other', () => {
    const tools = tool({ ...movieTool, inputs: { ...movieTool.inputs, psf: input() } });
    const match = (on: string): Step['match'] => [{ role: 'psf', from: from('psf'), on: [on] }];
    const raw = [stack(0, 1), stack(0, 2), stack(1, 1)].map((each) => ({ ...each, tags: { cell: 'a' } }));
    const steps = (on: string): Step[] => [
      step({
        ...movie(['channel', 'cell']),
        tool: tools,
        outputNames: { movie: '{{ item.channel }}.tif' },
        match: match(on),
        with: {},
      }),
    ];
    const tasks = tasksOf({ workflow: { steps: steps('channel') }, raw, psf: [psf(0), psf(1)] });
    expect(tasks.map((task) => task.inputs.at(-1)?.from)).toMatchObject([
      { label: 'psf_ch0.tif' },
      { label: 'psf_ch1.tif' },
    ]);
    const problem = onlyProblem({
      workflow: { steps: steps('time') },
      raw,
      psf: [item('/data/psf.tif', { dims: { time: 1 } })],
    });
    expect(problem.code).toBe('unknown-dimension');
  });

  it('is refused by a dimension that nothing has', () => {
    const problem = onlyProblem({ workflow: { steps: [movie(['cel'])] }, raw: times(1, 2) });
    expect(problem).toMatchObject({ code: 'unknown-dimension', hint: 'did you mean `cell`?' });
  });
});

describe('the limits of a plan', () => {
  it('are on its tasks, over all steps', () => {
    const steps = [step(), step({ name: 'rotate', forEach: from('deskew.image') })];
    const given = { workflow: { steps }, raw: times(1, 2, 3) };
    expect(tasksOf({ ...given, options: { limits: { tasks: 6 } } })).toHaveLength(6);
    const problem = onlyProblem({ ...given, options: { limits: { tasks: 5 } } });
    expect(problem.code).toBe('too-many-tasks');
    expect(problem.message).toContain('step `rotate` would bring 3 tasks');
  });

  it('are on the items of a collection', () => {
    const problem = onlyProblem({ raw: times(1, 2, 3), options: { limits: { items: 2 } } });
    expect(problem.code).toBe('too-many-items');
  });

  it('are on the inputs of one task', () => {
    const given = { workflow: { steps: [movie(['cell'])] }, raw: times(1, 2, 3) };
    expect(tasksOf({ ...given, options: { limits: { inputs: 3 } } })).toHaveLength(1);
    const problem = onlyProblem({ ...given, options: { limits: { inputs: 2 } } });
    expect(problem.code).toBe('too-many-inputs');
    expect(problem.message).toContain('`cell=a`');
  });
});
