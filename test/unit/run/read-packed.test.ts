import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EspalierError } from '../../../src/model/index.ts';
import { readPacked } from '../../../src/run/read-packed.ts';

const good = {
  kind: 'array-packed',
  run: 'r1',
  array: 'r1.a1-xy',
  resources: {
    cpus: 1,
    gpus: 0,
    memory: 1024,
    time: 60,
    scratch: 0,
    partition: 'cpu',
    exclude: ['cn1'],
    limit: 3,
  },
  elements: [[{ task: 'first:1', attempt: 2, ask: { memory: 2048 }, without: ['first:2'] }], []],
  after: [{ array: 'r1.a0-xy', how: 'item' }],
};

const read = (value: unknown): unknown => readPacked(JSON.stringify(value), '/runs/r1', 'r1');
const task = good.elements[0]?.[0];

describe('a fact that lies beside an array', () => {
  it('is read as it was written', () => {
    expect(read(good)).toEqual(good);
  });

  it.each([
    ['another run', { ...good, run: 'r2' }, 'cannot be read as a fact of this run'],
    ['an id that is a path', { ...good, array: 'r1./../x' }, '`array` is wrong'],
    [
      'an attempt that is no number',
      { ...good, elements: [[{ ...task, attempt: 'x' }]] },
      '`elements.0.0.attempt`',
    ],
    [
      'a request in shell',
      { ...good, elements: [[{ ...task, ask: { partition: 'a$(id)' } }]] },
      '`elements.0.0.ask.partition`',
    ],
    [
      'a request for nothing known',
      { ...good, elements: [[{ ...task, ask: { cores: 3 } }]] },
      '`elements.0.0.ask`',
    ],
    [
      'a list that is a text',
      { ...good, elements: [[{ ...task, without: 'first:2' }]] },
      '`elements.0.0.without`',
    ],
    ['no list of elements', { ...good, elements: { 0: [] } }, '`elements`'],
    [
      'memory that is a text',
      { ...good, resources: { ...good.resources, memory: '1GB' } },
      '`resources.memory`',
    ],
  ])('is refused with a place where it has %s', (_, value, place) => {
    expect(() => read(value)).toThrow(EspalierError);
    expect(() => read(value)).toThrow(place);
  });

  it('that is any text or value is refused in words, or is what it says', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(good)), fc.jsonValue())
      .map(([key, value]) => JSON.stringify({ ...good, [key]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), mutated), (line) => {
        try {
          expect(readPacked(line, '/runs/r1', 'r1')).toEqual(JSON.parse(line));
        } catch (error) {
          expect(error).toBeInstanceOf(EspalierError);
        }
      }),
    );
  });
});
