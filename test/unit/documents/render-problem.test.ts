import { expect, it } from 'vitest';
import { renderProblem } from '../../../src/documents/index.ts';
import type { Problem } from '../../../src/model/index.ts';

function problem(source: string, column: number, length: number, more: Partial<Problem> = {}): Problem {
  const place = { file: 'w.yaml', line: 12, column, length, source };
  return { code: 'unknown-step', message: 'there is no step `deskw`', place, ...more };
}

it('shows file, line and column, the line, a caret below what is meant, and what to do', () => {
  expect(renderProblem(problem('  for-each: deskw.image', 13, 5, { hint: 'did you mean `deskew`?' }))).toBe(
    [
      'w.yaml:12:13: there is no step `deskw` [unknown-step]',
      '  12 |   for-each: deskw.image',
      '     |             ^^^^^',
      '  = did you mean `deskew`?',
    ].join('\n'),
  );
});

it('lines the caret up behind tabs, wide letters, pictures and combined letters', () => {
  const lines = (source: string, column: number): string[] =>
    renderProblem(problem(source, column, 1))
      .split('\n')
      .slice(1);
  expect(lines('\ta: b', 5)).toEqual(['  12 |     a: b', '     |        ^']);
  expect(lines('細胞: b', 5)).toEqual(['  12 | 細胞: b', '     |       ^']);
  expect(lines('🔬: b', 5)).toEqual(['  12 | 🔬: b', '     |     ^']);
  expect(lines('e\u0301: b', 5)).toEqual(['  12 | e\u0301: b', '     |    ^']);
});

it('lets no control character through to the terminal', () => {
  const shown = renderProblem(problem('a: \u001b[31mred\u202e', 4, 1, { message: 'x\u0007\ny' }));
  expect(shown.split('\n')[0]).toBe('w.yaml:12:4: x\\u0007\\u000ay [unknown-step]');
  expect(shown.split('\n')[1]).toBe('  12 | a: \\u001b[31mred\\u202e');
});

it('cuts a long line to what surrounds the caret', () => {
  const [, line = '', caret = ''] = renderProblem(
    problem(`${'a'.repeat(500)}X${'b'.repeat(500)}`, 501, 1),
  ).split('\n');
  expect(line).toBe(`  12 | …${'a'.repeat(60)}X${'b'.repeat(60)}…`);
  expect(line[caret.indexOf('^')]).toBe('X');
});

it('says which problems are warnings and how one is accepted', () => {
  expect(renderProblem({ code: 'unused', message: 'm', severity: 'warning' })).toBe('warning: m [unused]');
  expect(renderProblem({ code: 'c', message: 'm', severity: 'acknowledge', acknowledge: 'angle' })).toContain(
    '--acknowledge angle',
  );
});
