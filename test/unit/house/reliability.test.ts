import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutants } from '../../mutants/list.mjs';

interface Row {
  readonly cells: readonly string[];
  /** What stands around its table. */
  readonly prose: string;
}

/** The rows of every table of the page, without heads and rules. */
function tableRows(text: string): readonly Row[] {
  return text.split(/^## /m).flatMap((section) => {
    const lines = section.split('\n');
    const prose = lines.filter((line) => !line.startsWith('|')).join('\n');
    return lines
      .filter((line) => line.startsWith('| '))
      .slice(1)
      .map((line) => ({ prose, cells: line.split('|').slice(1, -1) }));
  });
}

const page = readFileSync('docs/reliability.md', 'utf8');
const rows = tableRows(page);
const named = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
const byName = new Map(mutants.map((mutant) => [mutant.name, mutant]));

describe('a row of docs/reliability.md', () => {
  it('is one of some eighty, each with a mutant', () => {
    expect(rows.length).toBeGreaterThan(75);
    expect(rows.filter(({ cells }) => named(cells.at(-1) ?? '').length === 0)).toEqual([]);
  });

  it.each(rows.map((row) => [row.cells[0]?.trim() ?? '', row] as const))(
    'names mutants that there are, and their tests: %s',
    (_, { cells, prose }) => {
      const tests = cells.slice(0, -1).join(' ') + prose;
      for (const name of named(cells.at(-1) ?? '')) {
        const mutant = byName.get(name);
        expect(mutant, name).toBeDefined();
        expect(tests).toContain(mutant?.test);
      }
    },
  );
});

it('every named mutant stands in a row of docs/reliability.md, under a name of its own', () => {
  const names = mutants.flatMap(({ name }) => (name === undefined ? [] : [name]));
  expect(new Set(names).size).toBe(names.length);
  const used = new Set(rows.flatMap(({ cells }) => named(cells.at(-1) ?? '')));
  expect(names.filter((name) => !used.has(name))).toEqual([]);
});
