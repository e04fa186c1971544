import { describe, expect, it } from 'vitest';
import type { Problem, Tool } from '../../../../src/model/index.ts';
import { hostileNames } from '../../../hostile-names.ts';
import {
  expandWell,
  from,
  type Given,
  input,
  item,
  onlyProblem,
  onlyTask,
  output,
  problemsOf,
  step,
  tasksOf,
  times,
  tool,
} from './fixtures.ts';

function naming(name: string, more: Partial<Given> = {}): Given {
  const steps = [step({ tool: tool({ outputs: { image: output(name) } }) })];
  return { workflow: { steps }, ...more };
}

/** An item whose tag `name` is the name of the output. */
function tagged(name: string): Given {
  return naming('{{ item.name }}', { raw: [item('/data/a.tif', { dims: { cell: 'a' }, tags: { name } })] });
}

describe('the name of an output', () => {
  it('is made of the input and the item', () => {
    const task = onlyTask(naming('{{ item.cell }}/{{ inputs.image | stem }}_{{ item.time | pad(3) }}.tif'));
    expect(task.outputs).toEqual([
      { role: 'image', type: 'file', name: 'a/a_t1_001.tif', check: { minSize: 1 } },
    ]);
  });

  it('can be set by the step, over the tool', () => {
    const steps = [step({ outputNames: { image: '{{ item.cell }}.tif' } })];
    expect(onlyTask({ workflow: { steps } }).outputs[0]?.name).toBe('a.tif');
  });

  it('stands for each of several outputs', () => {
    const outputs: Tool['outputs'] = {
      image: output('{{ item.cell }}.tif'),
      log: output('{{ item.cell }}.log'),
    };
    const task = onlyTask({ workflow: { steps: [step({ tool: tool({ outputs }) })] } });
    expect(task.outputs.map(({ role, name }) => ({ role, name }))).toEqual([
      { role: 'image', name: 'a.tif' },
      { role: 'log', name: 'a.log' },
    ]);
  });

  for (const name of hostileNames) {
    it(`keeps ${JSON.stringify(name)} as it is`, () => {
      const file = item(`/data/${name}.tif`, { dims: { cell: name } });
      const task = onlyTask(naming('{{ item.cell }}/{{ inputs.image | stem }}.tif', { raw: [file] }));
      expect(task.outputs[0]?.name).toBe(`${name}/${name}.tif`);
    });
  }

  const refused: Readonly<Record<string, readonly [name: string, why: string]>> = {
    'an empty name': ['', 'is empty'],
    'an absolute path': ['/etc/passwd', 'is an absolute path'],
    'a way up': ['../a.tif', 'has the part `..`'],
    'a way up in the middle': ['a/../../b.tif', 'has the part `..`'],
    'a dot for a part': ['a/./b.tif', 'has the part `.`'],
    'a slash at the end': ['a/', 'has an empty part'],
    'two slashes in a row': ['a//b', 'has an empty part'],
    'a NUL': ['a\0b', 'holds a NUL character'],
    'half a character': ['a\ud83d.tif', 'is not valid Unicode'],
    'a part of 256 bytes': [`${'ä'.repeat(126)}.tif`, 'longer than 255 bytes'],
    'a path of more than 2048 bytes': [
      Array.from({ length: 300 }, () => 'folders').join('/'),
      'longer than 2048 bytes',
    ],
  };
  for (const [what, [name, why]] of Object.entries(refused)) {
    it(`must not be or hold ${what}`, () => {
      const problem = onlyProblem(tagged(name));
      expect(problem.code).toBe('bad-output-name');
      expect(problem.message).toContain('output `image`');
      expect(problem.message).toContain(why);
    });
  }

  it('may have parts of 255 bytes', () => {
    const name = `${'ä'.repeat(125)}x.tif`;
    expect(onlyTask(tagged(name)).outputs[0]?.name).toBe(name);
  });
});

describe('two outputs with one name', () => {
  it('are found when planned, naming both items, with what could tell them apart', () => {
    const problem = onlyProblem(naming('{{ item.cell }}.tif', { raw: times(1, 2) }));
    expect(problem).toMatchObject({
      code: 'output-collision',
      message: 'step `deskew`, output `image`: `a_t2.tif` would write `a.tif`, as `a_t1.tif` does',
      hint: 'Put what tells them apart into the name: `{{ item.cell }}`, `{{ item.time }}`',
    });
    expect(problem.place?.line).toBe(10);
  });

  it('are one problem however many there are', () => {
    const problem = onlyProblem(naming('{{ item.cell }}.tif', { raw: times(1, 2, 3, 4, 5) }));
    expect(problem.message).toContain('4 items (`a_t2.tif`, `a_t3.tif`, `a_t4.tif`, …)');
  });

  it('are found within one task', () => {
    const outputs = { image: output('a.tif'), copy: output('a.tif') };
    const problem = onlyProblem({ workflow: { steps: [step({ tool: tool({ outputs }) })] } });
    expect(problem.code).toBe('output-collision');
    expect(problem.message).toContain('`image` and `copy` of `a_t1.tif`');
  });

  it('are found where one is the folder of the other, in either order', () => {
    const named = (names: readonly string[]): Given =>
      naming('{{ item.name }}', {
        raw: names.map((name, i) => item(`/data/${i}.tif`, { dims: { i }, tags: { name } })),
      });
    expect(onlyProblem(named(['a', 'a/b'])).code).toBe('output-collision');
    expect(onlyProblem(named(['a/b', 'a'])).code).toBe('output-collision');
    expect(tasksOf(named(['a/b', 'a/c']))).toHaveLength(2);
  });

  it('are no collision in two steps', () => {
    const steps = [step({ outputNames: { image: 'a.tif' } })];
    const second = step({ name: 'rotate', forEach: from('raw'), outputNames: { image: 'a.tif' } });
    expect(tasksOf({ workflow: { steps: [...steps, second] } })).toHaveLength(2);
  });

  it('are a warning where they differ only in case or Unicode form', () => {
    const warned = (...names: readonly string[]): readonly Problem[] =>
      expandWell(
        naming('{{ item.name }}', {
          raw: names.map((name, i) => item(`/data/${i}.tif`, { dims: { i }, tags: { name } })),
        }),
      ).warnings;
    expect(warned('Cell.tif', 'cell.tif')).toMatchObject([
      { code: 'output-case-clash', severity: 'warning' },
    ]);
    expect(warned('caf\u00e9', 'cafe\u0301')).toHaveLength(1);
    expect(warned('cell1', 'cell2')).toEqual([]);
  });

  it('are a collision although a third differs from them in case', () => {
    const raw = ['A', 'a', 'a'].map((name, i) => item(`/data/${i}.tif`, { dims: { i }, tags: { name } }));
    const problems = problemsOf(naming('{{ item.name }}', { raw }));
    expect(problems.map((problem) => problem.code)).toEqual(['output-collision', 'output-case-clash']);
  });
});

describe('what depends on an output without a name', () => {
  it('is not complained of', () => {
    const steps = [
      step({ outputNames: { image: '{{ item.name }}' } }),
      step({
        name: 'rotate',
        tool: tool({ inputs: { image: input(), straight: input() } }),
        match: [{ role: 'straight', from: from('deskew.image'), on: ['time'] }],
      }),
    ];
    const [first, ...others] = times(1, 2);
    const raw = first === undefined ? [] : [{ ...first, tags: { name: 'a.tif' } }, ...others];
    const problem = onlyProblem({ workflow: { steps }, raw });
    expect(problem.message).toContain('`item.name`');
    expect(problem.message).toContain('`a_t2.tif`');
  });
});
