import { describe, expect, it } from 'vitest';
import { groupItems, type Keyed, matchItems } from '../../../src/collections/index.ts';

const item = (dims: Keyed['dims'], tags: NonNullable<Keyed['tags']> = {}): Keyed => ({
  label: Object.values({ ...dims, ...tags }).join('/'),
  dims,
  tags,
});

const stacks = [10, 2, 1].flatMap((time) => [0, 1].map((channel) => item({ cell: 'a', channel, time })));
const psfs = [item({ channel: 1, file: 'psf1' }), item({ channel: 0, file: 'psf0' })];
const titles = { left: 'collection `raw`', right: 'collection `psf`' };

function problems(checked: {
  readonly ok: boolean;
  readonly problems?: readonly { code: string; message: string; hint?: string }[];
}) {
  return checked.ok
    ? []
    : (checked.problems ?? []).map(({ code, message, hint }) => `${code}: ${message} (${hint})`);
}

describe('matchItems', () => {
  it('gives each of many items its one partner, in the order of the items', () => {
    const found = matchItems(stacks, psfs, ['channel']);
    expect(found.ok && found.value.map(({ label }) => label)).toEqual([
      '0/psf0',
      '1/psf1',
      '0/psf0',
      '1/psf1',
      '0/psf0',
      '1/psf1',
    ]);
  });

  it('names items without a partner, the first three and how many more', () => {
    const found = matchItems(stacks, psfs.slice(1), ['channel'], titles);
    expect(problems(found)).toEqual([
      'match-missing: collection `raw`: 3 items without a partner in collection `psf`: `a/1/10`, `a/1/2`, `a/1/1` (add a file with the same `channel`, or leave these items out)',
    ]);
  });

  it('names an item with two partners, and the partners', () => {
    const found = matchItems(
      stacks.slice(0, 1),
      [...psfs, item({ channel: 0, file: 'old' })],
      ['channel'],
      titles,
    );
    expect(problems(found)).toEqual([
      'match-ambiguous: collection `raw`: 1 item with more than one partner in collection `psf`: `a/0/10` has `0/psf0`, `0/old` (name more than `channel` to tell them apart)',
    ]);
  });

  it('lets one partner serve all where no name is given, and only one', () => {
    const found = matchItems(stacks, psfs.slice(0, 1), []);
    expect(found.ok && found.value.length).toBe(6);
    expect(problems(matchItems(stacks, psfs, []))[0]).toContain('match-ambiguous');
    expect(problems(matchItems(stacks, [], []))[0]).toContain('match-missing');
  });

  it('joins by tags too, and a number of a name with the same number of a table', () => {
    const found = matchItems([item({ channel: 0 })], [item({}, { channel: '0' })], ['channel']);
    expect(found.ok).toBe(true);
  });

  it('suggests the dimension that was meant', () => {
    expect(problems(matchItems(stacks, psfs, ['chanel'], titles))[0]).toBe(
      'unknown-dimension: collection `raw`: no dimension or tag is called `chanel` (did you mean `channel`?)',
    );
  });
});

describe('groupItems', () => {
  it('gathers by names and orders members naturally', () => {
    const found = groupItems(stacks, ['cell', 'channel'], ['time']);
    expect(
      found.ok &&
        found.value.map(({ label, dims, items }) => [label, dims, items.map(({ label: own }) => own)]),
    ).toEqual([
      ['cell=a channel=0', { cell: 'a', channel: 0 }, ['a/0/1', 'a/0/2', 'a/0/10']],
      ['cell=a channel=1', { cell: 'a', channel: 1 }, ['a/1/1', 'a/1/2', 'a/1/10']],
    ]);
  });

  it('puts all into one group where no name is given', () => {
    const found = groupItems(stacks, [], ['time', 'channel']);
    expect(found.ok && found.value.map(({ label, items }) => [label, items.length])).toEqual([['all', 6]]);
  });

  it('refuses an order that leaves two members at one place', () => {
    expect(problems(groupItems(stacks, ['cell'], ['time']))).toEqual([
      'group-order-tie: `a/0/1` and `a/1/1` stand at the same place in group `cell=a` (add the dimension that tells them apart to `by` or to `order` (now `time`))',
    ]);
  });

  it('refuses an item that lacks a value, and a name that none has', () => {
    expect(
      problems(groupItems([...stacks, item({ cell: 'b' })], ['cell'], ['time', 'channel']))[0],
    ).toContain('missing-dimension: `b` has no value for `time`');
    expect(problems(groupItems(stacks, ['cel'], []))[0]).toContain('did you mean `cell`?');
  });

  it('keeps names of objects apart from their prototypes', () => {
    expect(problems(groupItems(stacks, ['constructor'], []))[0]).toContain('unknown-dimension');
  });
});
