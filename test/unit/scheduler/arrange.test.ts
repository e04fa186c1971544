import { describe, expect, it } from 'vitest';
import type { PlannedStep, Task } from '../../../src/model/index.ts';
import { type ArrangeOptions, arrange, decide, judge } from '../../../src/scheduler/index.ts';
import { elementEnded, elementStarted, judgeOptions, step, success, task, withArray } from './story.ts';

const plain: ArrangeOptions = {
  run: 'r1',
  newArrayId: (ordinal) => `a${ordinal + 1}`,
  attempts: () => 0,
  usualSeconds: () => undefined,
  targetSeconds: 120,
  slots: 2,
  maxArraySize: 1000,
  fuse: true,
  pack: true,
  batch: true,
  fits: () => true,
};

/** Arrays as lists of elements, each a text of its tasks. */
function shape(tasks: readonly Task[], steps: readonly PlannedStep[], more: Partial<ArrangeOptions> = {}) {
  return arrange(tasks, steps, { ...plain, ...more }).map(({ elements }) =>
    elements.map((element) => element.tasks.map(({ task: id }) => id).join(' ')),
  );
}

const items = (name: string, count: number, needs?: string): readonly Task[] =>
  Array.from({ length: count }, (_, i) =>
    task(`${name}:${i + 1}`, needs === undefined ? [] : [`${needs}:${i + 1}`]),
  );

describe('chains', () => {
  const steps = [step('a'), step('b'), step('c')];

  it('of one item become one element when every step asks for the same', () => {
    const tasks = [...items('a', 2), ...items('b', 2, 'a'), ...items('c', 2, 'b')];
    expect(shape(tasks, steps)).toEqual([['a:1 b:1 c:1', 'a:2 b:2 c:2']]);
  });

  it.each([
    ['cpus', { cpus: 2 }],
    ['gpus', { gpus: 1 }],
    ['memory', { memory: 2000 }],
    ['scratch', { scratch: 1 }],
  ])('break where a step asks for other %s', (_, more) => {
    const tasks = [...items('a', 1), task('b:1', ['a:1'], more), task('c:1', ['b:1'], more)];
    expect(shape(tasks, steps)).toEqual([['a:1'], ['b:1 c:1']]);
  });

  it('end where the next task would make them longer than the site allows', () => {
    const wanting = (id: string, needs: readonly string[]) => task(id, needs, { time: 30 });
    const tasks = [wanting('a:1', []), wanting('b:1', ['a:1']), wanting('c:1', ['b:1'])];
    expect(shape(tasks, steps, { fits: ({ time }) => time <= 60 })).toEqual([['a:1 b:1'], ['c:1']]);
  });

  it('ask for the time of all their tasks', () => {
    const tasks = [task('a:1', [], { time: 30 }), task('b:1', ['a:1'], { time: 50 })];
    expect(arrange(tasks, steps, plain)[0]?.resources.time).toBe(80);
  });

  it('do not take in a gather, not even one of a single item', () => {
    const gather = [step('a'), step('b', { shape: 'group' })];
    expect(shape([...items('a', 2), task('b:1', ['a:1', 'a:2'])], gather)).toEqual([['a:1', 'a:2'], ['b:1']]);
    expect(shape([task('a:1'), task('b:1', ['a:1'])], gather)).toEqual([['a:1'], ['b:1']]);
  });

  it('break at a step that says so, before it and after it', () => {
    const tasks = [...items('a', 1), ...items('b', 1, 'a'), ...items('c', 1, 'b')];
    expect(shape(tasks, [step('a'), step('b', { fuse: false }), step('c')])).toEqual([
      ['a:1'],
      ['b:1'],
      ['c:1'],
    ]);
    expect(shape(tasks, steps, { fuse: false })).toEqual([['a:1'], ['b:1'], ['c:1']]);
  });

  it('let one step follow another, and a second one stand beside it', () => {
    const tasks = [...items('a', 1), ...items('b', 1, 'a'), ...items('c', 1, 'a')];
    expect(shape(tasks, steps)).toEqual([['a:1 b:1'], ['c:1']]);
  });

  it('leave out a task that also needs something outside', () => {
    const tasks = [task('a:1'), task('b:1'), task('c:1', ['a:1', 'b:1'])];
    expect(shape(tasks, steps)).toEqual([['a:1'], ['b:1'], ['c:1']]);
  });

  it('go on where what came before is done already', () => {
    expect(shape([task('b:1', ['a:1']), task('c:1', ['b:1'])], steps)).toEqual([['b:1 c:1']]);
  });
});

describe('packing', () => {
  const eight = items('a', 8);

  it('puts short tasks together until an element lasts as long as it should', () => {
    expect(shape(eight, [step('a')], { usualSeconds: () => 40 })).toEqual([
      ['a:1 a:2 a:3', 'a:4 a:5 a:6', 'a:7 a:8'],
    ]);
  });

  it('never leaves a slot of the machine without an element', () => {
    expect(shape(eight, [step('a')], { usualSeconds: () => 0, slots: 4 })).toEqual([
      ['a:1 a:2', 'a:3 a:4', 'a:5 a:6', 'a:7 a:8'],
    ]);
  });

  it('does nothing while nobody knows how long they take, or where it is switched off', () => {
    expect(shape(items('a', 2), [step('a')])).toEqual([['a:1', 'a:2']]);
    expect(shape(items('a', 2), [step('a')], { usualSeconds: () => 1, slots: 1, pack: false })).toEqual([
      ['a:1', 'a:2'],
    ]);
  });

  it('does what the author asked for', () => {
    expect(shape(items('a', 5), [step('a', { pack: 2 })])).toEqual([['a:1 a:2', 'a:3 a:4', 'a:5']]);
  });

  it('asks for the time of all the tasks of the longest element', () => {
    expect(arrange(items('a', 3), [step('a', { pack: 2 })], plain)[0]?.resources.time).toBe(120);
  });

  it.each([
    ['as short tasks', {}],
    ['as the step wants', { pack: 9 }],
  ])('holds no more than the site gives one element the time for: %s', (_, more) => {
    // A task asks for 60 s.
    const list = shape(items('a', 5), [step('a', more)], {
      usualSeconds: () => 1,
      slots: 1,
      fits: ({ time }) => time <= 120,
    });
    expect(list).toEqual([['a:1 a:2', 'a:3 a:4', 'a:5']]);
  });

  it('keeps tasks that ask for something else in arrays of their own', () => {
    expect(shape([task('a:1'), task('a:2', [], { cpus: 2 }), task('a:3')], [step('a')])).toEqual([
      ['a:1', 'a:3'],
      ['a:2'],
    ]);
  });
});

describe('tasks that one process takes together', () => {
  const batch = { words: [['many'], [null]], most: 3 };

  it('share an element while nobody knows how long they take', () => {
    expect(shape(items('a', 8), [step('a', { batch })])).toEqual([['a:1 a:2 a:3', 'a:4 a:5 a:6', 'a:7 a:8']]);
  });

  it('still leave no slot without an element, and last no longer than an element should', () => {
    expect(shape(items('a', 4), [step('a', { batch })], { slots: 4 })).toEqual([
      ['a:1', 'a:2', 'a:3', 'a:4'],
    ]);
    expect(shape(items('a', 4), [step('a', { batch })], { usualSeconds: () => 60 })).toEqual([
      ['a:1 a:2', 'a:3 a:4'],
    ]);
  });

  it('come step after step where chains are fused', () => {
    const steps = [step('a'), step('b', { batch })];
    expect(shape([...items('a', 3), ...items('b', 3, 'a')], steps, { slots: 1 })).toEqual([
      ['a:1 a:2 a:3 b:1 b:2 b:3'],
    ]);
  });

  it.each([['batch'], ['pack']] as const)('have elements of their own where %s is switched off', (what) => {
    expect(shape(items('a', 2), [step('a', { batch })], { slots: 1, [what]: false })).toEqual([
      ['a:1', 'a:2'],
    ]);
  });

  it('come item after item where that is switched off and they are packed all the same', () => {
    const steps = [step('a', { batch, pack: 2 }), step('b', { batch })];
    expect(shape([...items('a', 2), ...items('b', 2, 'a')], steps, { batch: false })).toEqual([
      ['a:1 b:1 a:2 b:2'],
    ]);
  });
});

describe('arrays', () => {
  it('are no longer than the site takes', () => {
    expect(shape(items('a', 5), [step('a')], { maxArraySize: 2 })).toEqual([
      ['a:1', 'a:2'],
      ['a:3', 'a:4'],
      ['a:5'],
    ]);
  });

  describe('that follow an element of many tasks', () => {
    const short = (count: number): readonly Task[] =>
      Array.from({ length: count }, (_, i) => task(`a:${i + 1}`, [], { time: 10 }));
    const long = (count: number): readonly Task[] =>
      Array.from({ length: count }, (_, i) => task(`b:${i + 1}`, [`a:${i + 1}`], { time: 60, cpus: 2 }));
    const made = (count: number, pack: number) =>
      arrange([...short(count), ...long(count)], [step('a', { pack }), step('b')], {
        ...plain,
        fits: ({ time }) => time <= 120,
      });
    const texts = (arrays: ReturnType<typeof made>) =>
      arrays.map(({ elements }) => elements.map((each) => each.tasks.map(({ task: id }) => id).join(' ')));

    it('share its index map, one beside the other, where they do not fit into one element', () => {
      const arrays = made(8, 4);
      expect(texts(arrays)).toEqual([
        ['a:1 a:2 a:3 a:4', 'a:5 a:6 a:7 a:8'],
        ['b:1 b:2', 'b:5 b:6'],
        ['b:3 b:4', 'b:7 b:8'],
      ]);
      expect(arrays.map(({ after }) => after)).toEqual([
        [],
        [{ array: 'a1', how: 'item' }],
        [{ array: 'a1', how: 'item' }],
      ]);
    });

    it('have gaps where an element has fewer to follow it', () => {
      expect(texts(made(7, 4)).slice(1)).toEqual([
        ['b:1 b:2', 'b:5 b:6'],
        ['b:3 b:4', 'b:7'],
      ]);
      expect(texts(made(5, 4)).slice(1)).toEqual([['b:1 b:2', 'b:5'], ['b:3 b:4']]);
    });

    it('are four at most: what is left waits for the whole array', () => {
      const arrays = made(10, 10);
      expect(texts(arrays).slice(1)).toEqual([
        ['b:1 b:2'],
        ['b:3 b:4'],
        ['b:5 b:6'],
        ['b:7 b:8'],
        ['b:9', 'b:10'],
      ]);
      expect(arrays.at(-1)?.after).toEqual([{ array: 'a1', how: 'all' }]);
    });
  });

  it('number their elements from 0 and their attempts on from the last', () => {
    const [array] = arrange(items('a', 2), [step('a')], {
      ...plain,
      attempts: (id) => (id === 'a:2' ? 3 : 0),
    });
    expect(array?.elements.map(({ index, tasks }) => [index, tasks[0]?.attempt])).toEqual([
      [0, 1],
      [1, 4],
    ]);
  });

  it('hold every task once, each after what it needs in its element', () => {
    const steps = [step('a'), step('b'), step('c', { shape: 'group' }), step('d')];
    const tasks = [
      ...items('a', 50),
      ...items('b', 50, 'a'),
      task(
        'c:1',
        items('b', 50).map(({ id }) => id),
      ),
      task('d:1', ['c:1', 'a:1']),
    ];
    const seen = arrange(tasks, steps, { ...plain, usualSeconds: () => 5 }).flatMap(({ elements }) =>
      elements.flatMap((e) => e.tasks.map(({ task: id }) => id)),
    );
    expect([...seen].sort()).toEqual(tasks.map(({ id }) => id).sort());
  });
});

describe('twenty thousand tasks', () => {
  // No timing: a decision that takes the square of the number of tasks does not end within the time a test has.
  it('are arranged, decided on and judged', () => {
    const count = 10_000;
    const tasks = [...items('a', count), ...items('b', count, 'a')];
    const steps = [step('a'), step('b')];
    const arrays = arrange(tasks, steps, { ...plain, usualSeconds: () => 0.001, slots: 10 });
    expect(arrays).toHaveLength(1);
    const elements = (arrays[0]?.elements ?? []).map((element) => element.tasks.map(({ task: id }) => id));
    const state = withArray(tasks, elements, 'sent');
    expect(
      decide(state, { takes: 'elements', capacity: { cpus: 1, gpus: 0, memory: 1 } }, 0, { drain: false }),
    ).toEqual([]);
    const records = new Map(
      elements.map((list, index) => [
        `a1/${index}`,
        [elementStarted(), ...list.flatMap(success), elementEnded],
      ]),
    );
    const byId = new Map(tasks.map((each) => [each.id, each]));
    const seen = { records, alive: new Set<string>(), recordedNative: () => undefined };
    const { events, ended } = judge(state, seen, judgeOptions([], { task: (id) => byId.get(id) }));
    expect([events.length, ended.length]).toEqual([2 * count, elements.length]);
  });
});
