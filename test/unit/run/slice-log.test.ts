import { expect, it } from 'vitest';
import { sliceLog } from '../../../src/run/read-logs.ts';

const log = [
  '::espalier:: a:1 attempt 1 of r.a1',
  'alone',
  '::espalier:: a:2 attempt 1 of r.a1 in batch 2',
  '::espalier:: a:3 attempt 2 of r.a1 in batch 2',
  'together',
  '::espalier:: a:4 attempt 1 of r.a1 in batch 3',
  '::espalier:: a:5 attempt 1 of r.a1 in batch 3',
  'the last',
  '',
].join('\n');

it.each([
  ['a:1', 1, 'alone\n'],
  ['a:2', 1, 'together\n'],
  ['a:3', 2, 'together\n'],
  ['a:3', 1, ''],
  ['a:4', 1, 'the last\n'],
  ['a:5', 1, 'the last\n'],
])('the log of %s, attempt %i, is what its process printed', (task, attempt, text) => {
  expect(sliceLog(log, task, attempt, 'r.a1')).toBe(text);
});
