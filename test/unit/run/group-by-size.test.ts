import { expect, it } from 'vitest';
import { groupBySize } from '../../../src/run/group-by-size.ts';

const MB = 1024 ** 2;
const sizes = (all: readonly number[]): readonly (readonly number[])[] =>
  groupBySize(all.map((size) => ({ size }))).map((group) => group.map(({ size }) => size));

it.each([
  [[], []],
  [[1, 2, 3], [[1, 2, 3]]],
  [
    [1, 100 * MB, 2],
    [[100 * MB], [1, 2]],
  ],
  [Array(10).fill(15 * MB), [Array(8).fill(15 * MB), Array(2).fill(15 * MB)]],
])('small files travel together, large ones alone: %j', (files, groups) => {
  expect(sizes(files)).toEqual(groups);
});

it('no group holds more than a thousand files, and none is lost', () => {
  const groups = sizes(Array(2500).fill(1));
  expect(groups.map((group) => group.length)).toEqual([1000, 1000, 500]);
});
