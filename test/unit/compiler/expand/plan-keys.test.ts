import { describe, expect, it } from 'vitest';
import type { Task, Tool } from '../../../../src/model/index.ts';
import {
  expandWell,
  from,
  type Given,
  input,
  item,
  oneItem,
  output,
  parameter,
  step,
  times,
  tool,
} from './fixtures.ts';

const iterations = parameter({ type: 'integer', default: 10, help: 'how often' });

/** Two steps, the second on the results of the first; `iterations` goes to the second only. */
function chain(first: Partial<Tool> = {}, second: Partial<Tool> = {}, more: Partial<Given> = {}): Given {
  const deconvolve = tool({
    name: 'deconvolve',
    inputs: { image: input() },
    outputs: { image: output('{{ inputs.image | stem }}_decon.tif') },
    parameters: { iterations },
    command: { words: ['deconvolve', '-n', '{{ iterations }}', '{{ inputs.image }}', '{{ outputs.image }}'] },
    ...second,
  });
  const steps = [
    step({ tool: tool(first) }),
    step({ name: 'deconvolve', forEach: from('deskew.image'), tool: deconvolve }),
  ];
  return { workflow: { steps }, ...more };
}

interface Keys {
  readonly statics: readonly string[];
  readonly plans: readonly string[];
}

function keysOf(given: Given): Keys {
  const { tasks } = expandWell(given).plan;
  return { statics: tasks.map((task) => task.staticKey), plans: tasks.map((task) => task.planKey) };
}

const base = keysOf(chain());

/** Which of the two tasks has another key: static, plan. */
function changed(given: Given): { readonly statics: readonly boolean[]; readonly plans: readonly boolean[] } {
  const keys = keysOf(given);
  return {
    statics: keys.statics.map((key, i) => key !== base.statics[i]),
    plans: keys.plans.map((key, i) => key !== base.plans[i]),
  };
}

const nothing = { statics: [false, false], plans: [false, false] };
const secondOnly = { statics: [false, true], plans: [false, true] };
const firstAndWhatFollows = { statics: [true, false], plans: [true, true] };

describe('the keys of a task', () => {
  it('stay when the plan is made again', () => {
    expect(changed(chain())).toEqual(nothing);
  });

  const same: Readonly<Record<string, Given>> = {
    'a help text': chain({ summary: 'other words', licence: 'MIT', sha256: '0'.repeat(64) }),
    'the help of a parameter': chain({}, { parameters: { iterations: { ...iterations, help: 'other' } } }),
    'memory and cpus': chain({ resources: { memory: '99 GB', cpus: 8 } }),
    'the text of the workflow': {
      workflow: { ...chain().workflow, name: 'other', text: '# comment', sha256: '1'.repeat(64) },
    },
    'a value that equals the default': chain({}, {}, { options: { set: { 'deconvolve.iterations': '10' } } }),
  };
  for (const [what, given] of Object.entries(same)) {
    it(`stay when somebody edits ${what}`, () => {
      expect(changed(given)).toEqual(nothing);
    });
  }

  it('stay when parameters stand in another order', () => {
    const [a, b] = [parameter({ default: 1 }), parameter({ default: 2 })];
    expect(keysOf(chain({ parameters: { a, b } }))).toEqual(keysOf(chain({ parameters: { b, a } })));
  });

  it('change with a value, in its step and what follows only', () => {
    expect(changed(chain({}, {}, { options: { set: { 'deconvolve.iterations': '11' } } }))).toEqual(
      secondOnly,
    );
  });

  const first: Readonly<Record<string, Partial<Tool>>> = {
    'the command': { command: { words: ['deskew', '-v', '{{ inputs.image }}', '{{ outputs.image }}'] } },
    'the version of the tool': { version: '1.1' },
    'the cacheVersion': { cacheVersion: 1 },
    'the container': { container: { image: 'docker://deskew:1', digest: 'sha256:1' } },
    'a variable': { environment: { LANG: 'C' } },
  };
  for (const [what, change] of Object.entries(first)) {
    it(`change with ${what}, and the plan keys of what follows`, () => {
      expect(changed(chain(change))).toEqual(firstAndWhatFollows);
    });
  }

  it('change with the name of an output', () => {
    const renamed = chain({ outputs: { image: output('{{ item.cell }}.tif') } });
    // The second task's own output is named after the first's.
    expect(changed(renamed)).toEqual({ statics: [true, true], plans: [true, true] });
  });

  it('go by the digest of a container, not by the tag it was pulled by', () => {
    const at = (image: string, digest: string): Given => chain({ container: { image, digest } });
    expect(keysOf(at('docker://a:1', 'sha256:1'))).toEqual(keysOf(at('docker://a:2', 'sha256:1')));
    expect(keysOf(at('docker://a:1', 'sha256:1'))).not.toEqual(keysOf(at('docker://a:1', 'sha256:2')));
  });

  it('stay static for a file that was touched, while plan keys change', () => {
    expect(changed(chain({}, {}, { raw: oneItem({ mtimeMs: 1 }) }))).toEqual({
      statics: [false, false],
      plans: [true, true],
    });
  });
});

describe('the parts of a key', () => {
  function partsOf(tools: Partial<Tool>, raw = oneItem()): unknown {
    const { plan, keyParts } = expandWell({ workflow: { steps: [step({ tool: tool(tools) })] }, raw });
    return keyParts.get(plan.tasks[0]?.staticKey ?? '');
  }

  it('are kept for every task', () => {
    expect(
      partsOf({
        parameters: { angle: parameter({ default: 31.8 }), unused: parameter({ default: 1 }) },
        command: {
          words: ['deskew', '--angle={{ angle }}', 'a b', '{{ inputs.image }}', '{{ outputs.image }}'],
        },
        environment: { LANG: 'C' },
      }),
    ).toEqual({
      command: 'deskew --angle={{angle}} "a b" {{inputs.image}} {{outputs.image}}',
      values: { angle: 31.8, unused: 1 },
      tool: 'deskew@1.0',
      cacheVersion: 0,
      container: null,
      environment: { LANG: 'C' },
      outputs: { image: 'a_t1_deskewed.tif' },
    });
  });

  it('hold the names besides parameters that reach the command, but no path', () => {
    const words = ['deskew', '{{ inputs.image | stem }}', '{{ item.time }}', '{{ inputs.image }}'];
    expect(partsOf({ command: { words } })).toMatchObject({
      values: { 'inputs.image': 'a_t1.tif', 'item.time': 1 },
    });
  });

  it('hold a variable made of resources as it is written', () => {
    const environment = { THREADS: '{{ resources.cpus }}', CELL: '{{ item.cell }}' };
    expect(partsOf({ environment })).toMatchObject({
      values: {},
      environment: { THREADS: '{{resources.cpus}}', CELL: 'a' },
    });
  });

  it('tell one text for one command, and different texts for different ones', () => {
    const text = (words: Tool['command']): unknown => partsOf({ command: words });
    expect(text({ words: ['a', 'b c'] })).not.toEqual(text({ words: ['a', 'b', 'c'] }));
    expect(text({ words: ['a', { if: 'item.time == 1', words: ['b'] }] })).toMatchObject({
      command: 'a [{{item.time == 1}}: b]',
      values: { 'item.time': 1 },
    });
  });
});

describe('more cpus', () => {
  it('do not repeat a task whose command is told how many there are', () => {
    const words = [
      'deskew',
      '--threads',
      '{{ resources.cpus }}',
      '{{ inputs.image }}',
      '{{ outputs.image }}',
    ];
    const withCpus = (cpus: number): readonly Task[] =>
      expandWell({ workflow: { steps: [step({ tool: tool({ command: { words } }), resources: { cpus } })] } })
        .plan.tasks;
    const [few, many] = [withCpus(1)[0], withCpus(8)[0]];
    expect(few?.command).not.toEqual(many?.command);
    expect(few?.staticKey).toBe(many?.staticKey);
  });
});

describe('a plan that is made twice', () => {
  it('is the same', () => {
    const raw = [...times(1, 2, 3), item('/data/b.tif', { dims: { cell: 'b', time: 1 } })];
    expect(expandWell(chain({}, {}, { raw }))).toEqual(expandWell(chain({}, {}, { raw })));
  });
});
