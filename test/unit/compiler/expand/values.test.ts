import { describe, expect, it } from 'vitest';
import type { Acquisition, Parameter, Scalar } from '../../../../src/model/index.ts';
import {
  expandWell,
  type Given,
  type ItemGiven,
  item,
  oneItem,
  onlyProblem,
  onlyTask,
  parameter,
  problemsOf,
  step,
  times,
  tool,
} from './fixtures.ts';

const measuredAngle: Acquisition = {
  angle: { value: 31.8, unit: 'deg', source: 'Settings.txt: Angle between stage and bessel beam' },
};

interface Angle {
  readonly workflow?: Partial<Parameter>;
  readonly tool?: Partial<Parameter>;
  /** What the step gives the tool's `angle`; the workflow's `angle`, unless stated. */
  readonly with?: Scalar | null;
  readonly set?: Readonly<Record<string, string>>;
  readonly acknowledge?: readonly string[];
  readonly item?: ItemGiven;
}

/** A step whose tool takes an `angle`, in a workflow that has an `angle`. */
function angleGiven(given: Angle): Given {
  const value = given.with === undefined ? '{{ angle }}' : given.with;
  return {
    workflow: {
      parameters: { angle: parameter({ unit: 'deg', ...given.workflow }) },
      steps: [
        step({
          tool: tool({ parameters: { angle: parameter({ unit: 'deg', ...given.tool }) } }),
          with: value === null ? {} : { angle: value },
        }),
      ],
      collections: {
        raw: {
          name: 'raw',
          role: 'data',
          table: 'samples.csv',
          split: [],
          place: step().place,
        },
      },
    },
    raw: oneItem(given.item),
    options: { set: given.set ?? {}, acknowledge: given.acknowledge ?? [] },
  };
}

function angleOf(given: Angle): unknown {
  return onlyTask(angleGiven(given)).values.angle;
}

describe('a value of a task', () => {
  const row: ItemGiven = { tags: { angle: '31.75' }, row: 3 };

  it('comes from the command line before all else', () => {
    const given = { workflow: { from: 'angle', default: 30 }, item: { ...row, acquisition: measuredAngle } };
    expect(angleOf({ ...given, set: { angle: '31.85' } })).toEqual({
      value: 31.85,
      origin: 'command line',
      source: '--set angle=31.85',
    });
  });

  it('comes from the row of a table before the acquisition', () => {
    const given = { workflow: { from: 'angle', default: 30 }, item: { ...row, acquisition: measuredAngle } };
    expect(angleOf(given)).toEqual({ value: 31.75, origin: 'table row', source: 'samples.csv row 3' });
  });

  it('comes from the step, with its file and line', () => {
    expect(angleOf({ with: 35, tool: { default: 30 } })).toEqual({
      value: 35,
      origin: 'step',
      source: 'cells.yaml:12',
    });
  });

  it('comes from the acquisition before the default', () => {
    const given = { workflow: { from: 'angle', default: 30 }, item: { acquisition: measuredAngle } };
    expect(angleOf(given)).toEqual({
      value: 31.8,
      origin: 'acquisition',
      source: 'Settings.txt: Angle between stage and bessel beam',
    });
  });

  it('comes from the default of the workflow when nothing else supplies it', () => {
    expect(angleOf({ workflow: { from: 'angle', default: 30 }, tool: { default: 45 } })).toEqual({
      value: 30,
      origin: 'default',
      source: 'default of angle in cells.yaml',
    });
  });

  it('comes from the default of the tool when the step does not give it', () => {
    expect(angleOf({ with: null, tool: { default: 45 } })).toEqual({
      value: 45,
      origin: 'default',
      source: 'default of angle in deskew 1.0',
    });
  });

  it('can be set for one step alone, over what the step says', () => {
    expect(angleOf({ with: 35, set: { 'deskew.angle': '40' } })).toEqual({
      value: 40,
      origin: 'command line',
      source: '--set deskew.angle=40',
    });
  });

  it('belongs to the step when it is worked out there', () => {
    expect(angleOf({ with: '{{ angle + 1 }}', workflow: { default: 30 } })).toEqual({
      value: 31,
      origin: 'step',
      source: 'cells.yaml:12',
    });
  });

  it('is taken from the acquisition rather than from a default that the step carries on', () => {
    const given = {
      workflow: { default: 30 },
      tool: { from: 'angle' },
      item: { acquisition: measuredAngle },
    };
    expect(angleOf(given)).toMatchObject({ value: 31.8, origin: 'acquisition' });
  });

  it('is left out when it is optional and nothing supplies it', () => {
    expect(angleOf({ with: null, tool: { optional: true } })).toBeUndefined();
  });

  it('may have a unit that is spelled otherwise in the metadata', () => {
    const acquisition = { dr: { value: 0.104, unit: 'µm', source: 'header' } };
    const steps = [step({ tool: tool({ parameters: { dr: parameter({ unit: 'um', from: 'dr' }) } }) })];
    const task = onlyTask({ workflow: { steps }, raw: oneItem({ acquisition }) });
    expect(task.values.dr).toEqual({ value: 0.104, origin: 'acquisition', source: 'header' });
  });

  it('may use the dimensions and the tags of the item', () => {
    const given = { with: '{{ item.time * 10 + item.offset }}', item: { tags: { offset: 2 } } };
    expect(angleOf(given)).toMatchObject({ value: 12, origin: 'step' });
  });

  it('stands in the plan when it is one for the whole run, and only then', () => {
    const parameters = {
      iterations: parameter({ type: 'integer', default: 10 }),
      engine: parameter({ type: 'text', default: 'cpu' }),
      angle: parameter({ from: 'angle', default: 30 }),
      dz: parameter({ from: 'dz', default: 0.4 }),
      dose: parameter({ default: 1 }),
    };
    const { plan } = expandWell({
      workflow: { parameters },
      raw: oneItem({ tags: { dose: 3 } }),
      options: { set: { engine: 'gpu', dz: '0.5' } },
    });
    expect(plan.parameters).toEqual({
      iterations: { value: 10, origin: 'default', source: 'default of iterations in cells.yaml' },
      engine: { value: 'gpu', origin: 'command line', source: '--set engine=gpu' },
      dz: { value: 0.5, origin: 'command line', source: '--set dz=0.5' },
    });
  });
});

describe('a value that cannot be used', () => {
  it('is told when the command line names no parameter, with the nearest', () => {
    const problem = onlyProblem(angleGiven({ workflow: { default: 30 }, set: { angel: '30' } }));
    expect(problem).toMatchObject({
      code: 'unknown-parameter',
      hint: 'Did you mean `angle`? There are: angle, deskew.angle',
    });
  });

  it('is told when the command line gives no number', () => {
    const problem = onlyProblem(angleGiven({ workflow: { default: 30 }, set: { angle: 'steep' } }));
    expect(problem.code).toBe('bad-value');
    expect(problem.message).toContain('--set angle: `steep`');
  });

  it('is told when the row of a table is out of range', () => {
    const given = { workflow: { maximum: 90 }, item: { tags: { angle: 120 }, row: 3 } };
    const problem = onlyProblem(angleGiven(given));
    expect(problem.code).toBe('bad-value');
    expect(problem.message).toContain('samples.csv row 3');
    expect(problem.message).toContain('`a_t1.tif`');
  });

  it('is told when an expression of the step names nothing', () => {
    const problem = onlyProblem(angleGiven({ with: '{{ item.tiem }}' }));
    expect(problem.message).toContain('`item.tiem`');
    expect(problem.message).toContain('deskew.angle');
  });

  it('is told when metadata are in another unit', () => {
    const acquisition = { angle: { value: 31.8, unit: 'um', source: 'header' } };
    const problem = onlyProblem(angleGiven({ with: null, tool: { from: 'angle' }, item: { acquisition } }));
    expect(problem.code).toBe('wrong-unit');
    expect(problem.message).toContain('header');
  });
});

describe('a missing value', () => {
  it('is asked for by name once, with the number of items, the first three and the option', () => {
    const problem = onlyProblem({
      workflow: {
        parameters: { dr: parameter({ from: 'dr', unit: 'um' }) },
        steps: [step({ tool: tool({ parameters: { dr: parameter() } }), with: { dr: '{{ dr }}' } })],
      },
      raw: times(1, 2, 3, 4),
    });
    expect(problem).toMatchObject({
      code: 'missing-value',
      message:
        'no pixel size `dr` for 4 items (`a_t1.tif`, `a_t2.tif`, `a_t3.tif`, …): neither a Settings.txt beside it nor its own header tells it',
      hint: 'Give it in um with --set dr=…',
    });
  });

  it('counts an item once, however many steps want the value for it', () => {
    const tools = tool({ parameters: { dr: parameter() } });
    const steps = ['deskew', 'rotate'].map((name) => step({ name, tool: tools, with: { dr: '{{ dr }}' } }));
    const workflow = { parameters: { dr: parameter({ from: 'dr' }) }, steps };
    expect(onlyProblem({ workflow, raw: times(1, 2) }).message).toContain('for 2 items (');
  });

  it('is asked for under the name of its step when only the tool knows it', () => {
    const problem = onlyProblem(angleGiven({ with: null }));
    expect(problem).toMatchObject({
      code: 'missing-value',
      message: 'no value `angle` for `a_t1.tif`: it has no default',
      hint: 'Give it in deg with --set deskew.angle=…',
    });
  });

  it('is not replaced by a default of the tool when the step hands on a parameter that has none', () => {
    const problem = onlyProblem(angleGiven({ workflow: { from: 'angle' }, tool: { default: 45 } }));
    expect(problem).toMatchObject({ code: 'missing-value', hint: 'Give it in deg with --set angle=…' });
  });

  it('is not asked for when it is the tool that has, and names, a parameter of that name', () => {
    const steps = [
      step({
        tool: tool({
          parameters: { dr: parameter({ default: 0.1 }) },
          command: { words: ['a', '{{ dr }}'] },
          environment: { DR: '{{ dr }}' },
        }),
      }),
    ];
    const task = onlyTask({ workflow: { parameters: { dr: parameter() }, steps } });
    expect(task.values.dr).toMatchObject({ value: 0.1, origin: 'default' });
  });

  it('is asked for together with all others', () => {
    const parameters = { angle: parameter({ from: 'angle' }), dz: parameter({ from: 'dz' }) };
    const problems = problemsOf({ workflow: { steps: [step({ tool: tool({ parameters }) })] } });
    expect(problems.map((problem) => problem.message.slice(0, 25))).toEqual([
      'no angle `angle` for `a_t',
      'no stage step `dz` for `a',
    ]);
  });
});

describe('a value that contradicts the acquisition', () => {
  const item31: ItemGiven = { acquisition: measuredAngle };
  const declared = { workflow: { from: 'angle' }, item: item31 };

  it('has to be acknowledged by name', () => {
    const problem = onlyProblem(angleGiven({ ...declared, set: { angle: '35' } }));
    expect(problem).toMatchObject({
      code: 'contradicts-acquisition',
      severity: 'acknowledge',
      acknowledge: 'angle',
      message:
        '`angle` is 35 (--set angle=35) in step `deskew`, but the acquisition says 31.8 deg (Settings.txt: Angle between stage and bessel beam) for `a_t1.tif`',
    });
    expect(problem.hint).toContain('--acknowledge angle');
  });

  it('stays as a warning when it is acknowledged', () => {
    const { warnings, plan } = expandWell(
      angleGiven({ ...declared, set: { angle: '35' }, acknowledge: ['angle'] }),
    );
    expect(plan.tasks[0]?.values.angle?.value).toBe(35);
    expect(warnings).toMatchObject([{ code: 'contradicts-acquisition', severity: 'warning' }]);
  });

  it('can be acknowledged in the file', () => {
    const given = angleGiven({ ...declared, set: { angle: '35' } });
    const { warnings } = expandWell({ ...given, workflow: { ...given.workflow, acknowledged: ['angle'] } });
    expect(warnings).toHaveLength(1);
  });

  it('is told for a table row and for a step, too', () => {
    const inRow = { ...declared, item: { ...item31, tags: { angle: 35 } } };
    expect(onlyProblem(angleGiven(inRow)).code).toBe('contradicts-acquisition');
    const inStep = { with: 35, tool: { from: 'angle' }, item: item31 };
    expect(onlyProblem(angleGiven(inStep)).code).toBe('contradicts-acquisition');
  });

  it('is told where a template works with the value, too', () => {
    const given = { ...declared, with: '{{ angle + 90 }}', set: { angle: '35' } };
    expect(onlyProblem(angleGiven(given)).acknowledge).toBe('angle');
  });

  it('is told once for many items, and counted', () => {
    const raw = [1, 2, 3, 4].map((time) => item(`/data/t${time}.tif`, { dims: { time }, ...item31 }));
    const problem = onlyProblem({ ...angleGiven({ ...declared, set: { angle: '35' } }), raw });
    expect(problem.message).toContain('for 4 items (`t1.tif`, `t2.tif`, `t3.tif`, …)');
  });

  const field = (name: string, value: number, set: string): Given => ({
    workflow: {
      steps: [step({ tool: tool({ parameters: { [name]: parameter({ from: name }) } }) })],
    },
    raw: oneItem({ acquisition: { [name]: { value, source: 'header' } } }),
    options: { set: { [`deskew.${name}`]: set } },
  });

  const allowed = [
    ['angle', 31.8, '31.9'],
    ['angle', 31.8, '31.7'],
    ['angle', 147.55, '-32.45'],
    ['dr', 0.1, '0.1005'],
    ['dz', 0.4, '0.398'],
    ['dz', 0.4, '-0.4'],
  ] as const;
  for (const [name, value, set] of allowed) {
    it(`is none where ${name} is ${set} and the acquisition says ${value}`, () => {
      expect(expandWell(field(name, value, set)).plan.tasks).toHaveLength(1);
    });
  }

  const refused = [
    ['angle', 31.8, '31.91'],
    ['angle', 31.8, '-31.8'],
    ['angle', 31.8, '-170'],
    ['dr', 0.1, '0.1006'],
    ['dr', 0.1, '-0.1'],
    ['dz', 0.4, '0.3979'],
  ] as const;
  for (const [name, value, set] of refused) {
    it(`is one where ${name} is ${set} and the acquisition says ${value}`, () => {
      expect(onlyProblem(field(name, value, set)).code).toBe('contradicts-acquisition');
    });
  }

  it('cannot be waved through by a name that does not exist', () => {
    const problems = problemsOf(angleGiven({ ...declared, set: { angle: '35' }, acknowledge: ['angel'] }));
    expect(problems.map((problem) => problem.code)).toContain('unknown-acknowledgement');
  });
});
