import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/cli/render/table.ts';

const head = ['step', 'tasks', 'why'];
const rows = [
  ['deskew', 6, 'no earlier attempt'],
  ['細胞', 12, ''],
] as const;

describe('a table', () => {
  it('puts words to the left and numbers to the right, and counts wide letters as two columns', () => {
    expect(renderTable(head, rows).split('\n')).toEqual([
      'step    tasks  why',
      '------  -----  ------------------',
      'deskew      6  no earlier attempt',
      '細胞       12',
    ]);
  });

  it('wraps the words of its last column where it is too wide', () => {
    expect(renderTable(head, rows, 32).split('\n')).toEqual([
      'step    tasks  why',
      '------  -----  ----------',
      'deskew      6  no earlier',
      '               attempt',
      '細胞       12',
    ]);
  });

  it('puts the last column below its row where there is hardly room', () => {
    expect(renderTable(head, rows, 24).split('\n')).toEqual([
      'step    tasks',
      '------  -----',
      'deskew      6',
      '    no earlier attempt',
      '細胞       12',
    ]);
  });
});
