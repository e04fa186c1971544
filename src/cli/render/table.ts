import { displayWidth } from './display-width.ts';

type Cells = readonly (string | number)[];

const gap = 2;
const indent = '    ';
/** A last column narrower than this is hard to read. */
const narrow = 16;

/**
 * A plain table: a head, rows, two blanks between columns; numbers to the right. Where it is wider than `width` columns,
 * the words of its last column go on below themselves, or stand below their row where that has no room for them.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly Cells[],
  width = Number.POSITIVE_INFINITY,
): string {
  const before = widthsOf(head, rows)
    .slice(0, -1)
    .reduce((sum, each) => sum + each + gap, 0);
  const room = width - before;
  if (room >= narrow) return layOut(head, rows, (text) => wrapWords(text, room));
  const below = rows.map((row) => wrapWords(String(row.at(-1) ?? ''), width - indent.length));
  const [titles, line, ...lines] = layOut(withoutLast(head), rows.map(withoutLast), (text) => [text]).split(
    '\n',
  );
  const notes = below.map((texts) => texts.filter((text) => text !== '').map((text) => indent + text));
  return [titles, line, ...lines.flatMap((each, row) => [each, ...(notes[row] ?? [])])].join('\n');
}

function withoutLast<T>(cells: readonly T[]): readonly T[] {
  return cells.slice(0, -1);
}

function layOut(
  head: readonly string[],
  rows: readonly Cells[],
  wrapLast: (text: string) => readonly string[],
): string {
  const isNumber = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const text = rows.flatMap((row) => spread(row.map(String), wrapLast));
  const widths = widthsOf(head, text);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, isNumber[column] ?? false))
      .join(' '.repeat(gap))
      .trimEnd();
  return [line(head), line(widths.map((each) => '-'.repeat(each))), ...text.map(line)].join('\n');
}

function widthsOf(head: readonly string[], rows: readonly Cells[]): readonly number[] {
  return head.map((title, column) =>
    rows.reduce(
      (widest, row) => Math.max(widest, displayWidth(String(row[column] ?? ''))),
      displayWidth(title),
    ),
  );
}

/** A row as the lines it takes when its last column is wrapped. */
function spread(
  row: readonly string[],
  wrapLast: (text: string) => readonly string[],
): readonly (readonly string[])[] {
  const [first = '', ...more] = wrapLast(row.at(-1) ?? '');
  const blank = row.slice(1).map(() => '');
  return [[...row.slice(0, -1), first], ...more.map((text) => [...blank, text])];
}

function wrapWords(text: string, room: number): readonly string[] {
  if (displayWidth(text) <= room) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function pad(cell: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return right ? blanks + cell : cell + blanks;
}
