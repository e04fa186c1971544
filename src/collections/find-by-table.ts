import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { shownPath } from '../formats/index.ts';
import {
  accept,
  type Checked,
  type Dimension,
  type DimensionType,
  EspalierError,
  namePattern,
  type Problem,
  refuse,
  type Scalar,
  suggest,
} from '../model/index.ts';
import type { Candidate, Found } from './candidate.ts';
import type { CollectionLimits } from './limits.ts';
import { parseTable, type Table, type TableRow, tableProblem } from './parse-table.ts';

interface Column {
  readonly name: string;
  readonly at: number;
  /** Set for `name:int`: such a column is a dimension, all others are tags. */
  readonly type?: DimensionType;
  /** All cells of a tag column are plain numbers. */
  readonly numeric: boolean;
}

/** Reads a table of files from the disk; paths in it are relative to its own folder. */
export async function findByTable(path: string, limits: CollectionLimits): Promise<Checked<Found>> {
  const table = parseTable(await readTable(path, limits), path);
  return table.ok ? tableCandidates(table.value, path) : table;
}

async function readTable(path: string, limits: CollectionLimits): Promise<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw new EspalierError('table-unreadable', `the table ${shownPath(path)} cannot be read`, {
      hint: 'check the path',
      cause: error,
    });
  });
  if (!found.isFile())
    throw new EspalierError('table-unreadable', `${shownPath(path)} is not a file`, { hint: 'name a table' });
  if (found.size > limits.tableBytes)
    throw new EspalierError(
      'table-too-large',
      `the table ${shownPath(path)} has more than ${limits.tableBytes} bytes`,
      { hint: 'split it' },
    );
  return (await readFile(path)).toString('utf8');
}

/** Candidates of the rows; pure. */
export function tableCandidates(table: Table, path: string): Checked<Found> {
  const fileAt = table.columns.indexOf('file');
  if (fileAt < 0) return refuse(noFileColumn(table, path));
  const columns = table.columns.flatMap((text, at) => (at === fileAt ? [] : [readColumn(table, text, at)]));
  const problems = columns.flatMap((column) => columnProblem(column, path));
  const candidates = table.rows.map((row) => toCandidate(row, fileAt, columns, path, problems));
  if (table.rows.length === 0) problems.push(tableProblem(path, 2, 'file', 'no file is listed'));
  if (problems.length > 0) return refuse(...problems.slice(0, 10));
  const dimensions = columns.flatMap(({ name, type }): Dimension[] =>
    type === undefined ? [] : [{ name, type }],
  );
  return accept({ candidates, dimensions, ignored: [], problems: [] });
}

function noFileColumn(table: Table, path: string): Problem {
  const near =
    table.columns.find((name) => /^(file|path|filename|file.?name|location|image)$/i.test(name)) ??
    suggest('file', table.columns);
  const hint =
    near === undefined
      ? 'name the column that holds the paths `file`'
      : `rename the column \`${near}\` to \`file\``;
  return tableProblem(path, 1, 1, 'no column is called `file`', hint);
}

const types: readonly DimensionType[] = ['text', 'int', 'number'];

function readColumn(table: Table, text: string, at: number): Column {
  const [name = '', typeText] = text.split(/:(.*)/s);
  const type = types.find((candidate) => candidate === typeText);
  const cells = table.rows.map((row) => row.cells[at] ?? '').filter((cell) => cell !== '');
  // A leading zero marks a code such as 007, which is text.
  const numeric = cells.length > 0 && cells.every((cell) => /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(cell));
  return {
    name: typeText === undefined ? name : type === undefined ? text : name,
    at,
    numeric,
    ...(type !== undefined && { type }),
  };
}

function columnProblem({ name, at }: Column, path: string): Problem[] {
  if (namePattern.test(name)) return [];
  const hint =
    'use letters, digits, `_` and `-`, beginning with a letter; `:text`, `:int` or `:number` may follow';
  return [tableProblem(path, 1, at + 1, `\`${name}\` is not a name`, hint)];
}

function toCandidate(
  { row, cells }: TableRow,
  fileAt: number,
  columns: readonly Column[],
  path: string,
  problems: Problem[],
): Candidate {
  const file = cells[fileAt] ?? '';
  const wrong = pathProblem(file);
  if (wrong !== undefined) problems.push(tableProblem(path, row, 'file', wrong));
  const dims: Record<string, Scalar> = {};
  const tags: Record<string, Scalar> = {};
  for (const column of columns) {
    const cell = cells[column.at] ?? '';
    const value =
      column.type === undefined
        ? column.numeric && cell !== ''
          ? Number(cell)
          : cell
        : toDimension(cell, column.type);
    if (value === undefined)
      problems.push(tableProblem(path, row, column.name, `\`${cell}\` is not of type ${column.type}`));
    else if (column.type !== undefined) dims[column.name] = value;
    else if (cell !== '') tags[column.name] = value;
  }
  return {
    path: file,
    location: isAbsolute(file) ? resolve(file) : resolve(dirname(path), file),
    dims,
    tags,
    row,
  };
}

function toDimension(cell: string, type: DimensionType): Scalar | undefined {
  if (type === 'text') return cell === '' ? undefined : cell;
  const form = type === 'int' ? /^-?\d{1,15}$/ : /^-?\d{1,15}(\.\d{1,15})?$/;
  return form.test(cell) ? Number(cell) + 0 : undefined;
}

function pathProblem(file: string): string | undefined {
  if (file === '') return 'the path is empty';
  if (file.includes('\0')) return 'the path holds a NUL character';
  if (file.includes('\ufffd')) return 'the path is not UTF-8; save the table as UTF-8 or rename the file';
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(file)
    ? `\`${file}\` is an address; only files of this machine are read`
    : undefined;
}
