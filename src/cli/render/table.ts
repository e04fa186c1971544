import { displayWidth } from './display-width.ts';

/** A plain table: a head, rows, two blanks between columns; numbers to the right. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const text = rows.map((row) => row.map(String));
  const widths = head.map((title, column) =>
    Math.max(displayWidth(title), ...text.map((row) => displayWidth(row[column] ?? ''))),
  );
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, isNumber[column] ?? false))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...text.map(line)].join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return right ? blanks + cell : cell + blanks;
}
