import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutants } from '../../mutants/list.mjs';

it('finds in the house what each mutant breaks, once, and the file of the test that is to see it', () => {
  const misfits = mutants.filter(({ file, find, test }) => {
    const times = existsSync(file) ? readFileSync(file, 'utf8').split(find).length - 1 : 0;
    return times !== 1 || !existsSync(test);
  });
  expect(misfits.map(({ promise }) => promise)).toEqual([]);
});
