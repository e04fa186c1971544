import { describe, expect, it } from 'vitest';
import { tableCandidates } from '../../../src/collections/find-by-table.ts';
import { parseTable } from '../../../src/collections/parse-table.ts';

function cells(text: string) {
  const table = parseTable(text, 't.csv');
  return table.ok
    ? [table.value.columns, ...table.value.rows.map((row) => row.cells)]
    : table.problems.map(({ message }) => message);
}

function candidates(text: string) {
  const table = parseTable(text, '/data/t.csv');
  const found = table.ok ? tableCandidates(table.value, '/data/t.csv') : table;
  return found.ok
    ? found.value
    : found.problems.map(({ message, hint }) => `${message}${hint === undefined ? '' : ` (${hint})`}`);
}

describe('parseTable', () => {
  it.each([
    ['commas', 'file,a\nx.tif,1\n'],
    ['tabs', 'file\ta\nx.tif\t1'],
    ['semicolons', 'file;a\nx.tif;1\n'],
    ['other line ends', 'file,a\r\nx.tif,1\r\n'],
    ['a byte order mark', '\ufefffile,a\nx.tif,1'],
    ['empty lines', 'file,a\n\nx.tif,1\n\n'],
  ])('reads %s', (_, text) => {
    expect(cells(text)).toEqual([
      ['file', 'a'],
      ['x.tif', '1'],
    ]);
  });

  it('reads quotes, with separators, doubled quotes and line ends inside', () => {
    expect(cells('file,"a ""b"""\n"x, y.tif","two\nlines"\n"",\n')).toEqual([
      ['file', 'a "b"'],
      ['x, y.tif', 'two\nlines'],
    ]);
  });

  it.each([
    ['', 'table `t.csv`, row 1, column 1: the table is empty'],
    ['file,a\nx.tif', 'table `t.csv`, row 2, column 2: it has 1 cells where the header has 2'],
    ['file,a\nx.tif,1,2', 'table `t.csv`, row 2, column 3: it has 3 cells where the header has 2'],
    ['file,file\nx,y', 'table `t.csv`, row 1, column 2: the column `file` stands twice'],
    ['file,\nx,y', 'table `t.csv`, row 1, column 2: the column has no name'],
    ['file,a\nx,"open', 'table `t.csv`, row 2, column 2: a quote is not closed'],
    ['file,a\n"x"y,1', 'table `t.csv`, row 2, column 1: text follows a closing quote'],
  ])('refuses %j with row and column', (text, message) => {
    expect(cells(text)[0]).toBe(message);
  });
});

describe('tableCandidates', () => {
  it('makes typed columns dimensions and others tags, with paths relative to the table', () => {
    const found = candidates(
      'file,cell:text,time:int,dose,batch\nraw/a.tif,a,10,2.5,007\n/abs/b.tif,b,9,3,\n',
    );
    expect(found).toEqual({
      candidates: [
        {
          path: 'raw/a.tif',
          location: '/data/raw/a.tif',
          dims: { cell: 'a', time: 10 },
          tags: { dose: 2.5, batch: '007' },
          row: 2,
        },
        {
          path: '/abs/b.tif',
          location: '/abs/b.tif',
          dims: { cell: 'b', time: 9 },
          tags: { dose: 3 },
          row: 3,
        },
      ],
      dimensions: [
        { name: 'cell', type: 'text' },
        { name: 'time', type: 'int' },
      ],
      ignored: [],
      problems: [],
    });
  });

  it.each([
    [
      'File,a\nx,1',
      'table `/data/t.csv`, row 1, column 1: no column is called `file` (rename the column `File` to `file`)',
    ],
    ['file,time:int\nx.tif,ten', 'table `/data/t.csv`, row 2, column `time`: `ten` is not of type int'],
    ['file,a\n,1', 'table `/data/t.csv`, row 2, column `file`: the path is empty'],
    [
      'file,a\ns3://b/x.tif,1',
      'table `/data/t.csv`, row 2, column `file`: `s3://b/x.tif` is an address; only files of this machine are read',
    ],
    ['file,a\n', 'table `/data/t.csv`, row 2, column `file`: no file is listed'],
  ])('refuses %j', (text, message) => {
    expect(candidates(text)).toContain(message);
  });

  it('refuses a column that is no name', () => {
    expect(String(candidates('file,my column\nx,1'))).toContain('`my column` is not a name');
    expect(String(candidates('file,time:integer\nx,1'))).toContain('`time:integer` is not a name');
  });
});
