import { shownPath } from '../formats/index.ts';
import { accept, type Checked, type Problem, refuse } from '../model/index.ts';

export interface TableRow {
  /** The header is row 1; a row of several lines has one number. */
  readonly row: number;
  /** As many as the header has. */
  readonly cells: readonly string[];
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/**
 * Reads comma- or tab-separated text (RFC 4180: quotes, doubled quotes, line ends inside quotes; either line end; a
 * byte order mark). The separator is the tab where the first line has one, else the comma, else the semicolon that
 * spreadsheets write in half of Europe. Problems name row and column; at most ten are given.
 */
export function parseTable(text: string, file: string): Checked<Table> {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const separator = chooseSeparator(content);
  const problems: Problem[] = [];
  const all = readRows(content, separator, (row, column, message) =>
    problems.push(tableProblem(file, row, column, message)),
  );
  const [header, ...rest] = all;
  if (header === undefined || header.cells.every((cell) => cell.trim() === ''))
    return refuse(tableProblem(file, 1, 1, 'the table is empty'));
  const columns = header.cells.map((cell) => cell.trim());
  problems.push(...headerProblems(columns, file));
  const rows = rest.filter(({ cells }) => cells.some((cell) => cell !== ''));
  for (const { row, cells } of rows)
    if (cells.length !== columns.length)
      problems.push(
        tableProblem(
          file,
          row,
          Math.min(cells.length, columns.length) + 1,
          `it has ${cells.length} cells where the header has ${columns.length}`,
        ),
      );
  return problems.length > 0 ? refuse(...problems.slice(0, 10)) : accept({ columns, rows });
}

export function tableProblem(
  file: string,
  row: number,
  column: number | string,
  message: string,
  hint?: string,
): Problem {
  return {
    code: 'bad-table',
    message: `table ${shownPath(file)}, row ${row}, column ${typeof column === 'string' ? `\`${column}\`` : column}: ${message}`,
    ...(hint !== undefined && { hint }),
  };
}

function chooseSeparator(content: string): string {
  const first = content.slice(0, content.search(/[\r\n]|$/));
  return ['\t', ',', ';'].find((candidate) => first.includes(candidate)) ?? ',';
}

function headerProblems(columns: readonly string[], file: string): readonly Problem[] {
  return columns.flatMap((name, i) => {
    if (name === '') return [tableProblem(file, 1, i + 1, 'the column has no name')];
    return columns.indexOf(name) < i
      ? [tableProblem(file, 1, i + 1, `the column \`${name}\` stands twice`)]
      : [];
  });
}

type Complain = (row: number, column: number, message: string) => void;

function readRows(content: string, separator: string, complain: Complain): readonly TableRow[] {
  const rows: TableRow[] = [];
  for (let at = 0; at < content.length; ) {
    const { cells, next } = readRow(content, at, separator, rows.length + 1, complain);
    rows.push({ row: rows.length + 1, cells });
    at = next;
  }
  return rows;
}

function readRow(content: string, start: number, separator: string, row: number, complain: Complain) {
  const cells: string[] = [];
  for (let at = start; ; ) {
    const quoted = content[at] === '"';
    const { text, end } = quoted ? readQuoted(content, at) : readBare(content, at, separator);
    cells.push(text);
    const after = content[end];
    if (quoted && (end > content.length || (after !== undefined && !`${separator}\r\n`.includes(after))))
      complain(
        row,
        cells.length,
        end > content.length ? 'a quote is not closed' : 'text follows a closing quote',
      );
    if (after === separator) at = end + 1;
    else return { cells, next: afterLineEnd(content, end) };
  }
}

function readBare(content: string, at: number, separator: string) {
  let end = at;
  while (end < content.length && content[end] !== separator && content[end] !== '\n' && content[end] !== '\r')
    end += 1;
  return { text: content.slice(at, end), end };
}

/** The text between quotes; `end` is past the end of the content where the closing quote is missing. */
function readQuoted(content: string, at: number) {
  let text = '';
  for (let from = at + 1; ; ) {
    const quote = content.indexOf('"', from);
    if (quote < 0) return { text: text + content.slice(from), end: content.length + 1 };
    text += content.slice(from, quote);
    if (content[quote + 1] !== '"') return { text, end: quote + 1 };
    text += '"';
    from = quote + 2;
  }
}

function afterLineEnd(content: string, at: number): number {
  let end = at;
  // After a stray closing quote the rest of the line is skipped; the problem was noted.
  while (end < content.length && content[end] !== '\n' && content[end] !== '\r') end += 1;
  return content[end] === '\r' && content[end + 1] === '\n' ? end + 2 : end + 1;
}
