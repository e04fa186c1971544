import { describe, expect, it } from 'vitest';
import { compareBy, compareNatural } from '../../../src/collections/index.ts';

describe('compareNatural', () => {
  it('puts 2 before 10, as number and inside text', () => {
    expect([10, 2, -1].sort(compareNatural)).toEqual([-1, 2, 10]);
    expect(['cell10', 'cell2', 'cell1b', 'cell1'].sort(compareNatural)).toEqual([
      'cell1',
      'cell1b',
      'cell2',
      'cell10',
    ]);
    expect(['s9t10', 's9t9', 's10t1'].sort(compareNatural)).toEqual(['s9t9', 's9t10', 's10t1']);
  });

  it('orders equal numbers of different spelling always alike', () => {
    expect(['a1', 'a01', 'a001'].sort(compareNatural)).toEqual(['a001', 'a01', 'a1']);
    expect(['a001', 'a1', 'a01'].sort(compareNatural)).toEqual(['a001', 'a01', 'a1']);
  });

  it('compares numbers beyond exact arithmetic by their digits', () => {
    expect(compareNatural('n9007199254740993', 'n9007199254740992')).toBeGreaterThan(0);
  });
});

describe('compareBy', () => {
  it('compares by the first name first, and a missing value comes first', () => {
    const rows = [{ c: 1, t: 2 }, { c: 0, t: 10 }, { c: 0, t: 9 }, { t: 99 }];
    expect(rows.sort(compareBy(['c', 't']))).toEqual([
      { t: 99 },
      { c: 0, t: 9 },
      { c: 0, t: 10 },
      { c: 1, t: 2 },
    ]);
  });
});
