import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutants } from '../../mutants/list.mjs';

it('finds in the house what each mutant breaks, once, and the file of the test that is to see it', () => {
  const misfits = mutants.filter(({ file, find, put, also = [], test }) => {
    const patches = [{ file, find, put }, ...also];
    return !existsSync(test) || patches.some((patch) => timesIn(patch.file, patch.find) !== 1);
  });
  expect(misfits.map(({ promise }) => promise)).toEqual([]);
});

function timesIn(file: string, text: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split(text).length - 1 : 0;
}
