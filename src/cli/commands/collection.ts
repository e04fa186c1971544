import type { Argv } from 'yargs';
import { formatMemory } from '../../model/index.ts';
import type { CollectionDescription } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { refused, valueOrProblems } from '../render/problems.ts';
import { renderTable } from '../render/table.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & { readonly path: string; readonly pattern?: string | undefined };

export const collection = defineCommand({
  command: 'collection <path>',
  describe:
    'Show what a folder, table or file holds: dimensions, holes, duplicates, sizes, voxel size and where it was read',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('path', {
        type: 'string',
        demandOption: true,
        describe: 'A folder, a table (CSV, TSV) or an image',
      })
      .option('pattern', {
        type: 'string',
        requiresArg: true,
        describe: 'How names are read, e.g. "{cell}_ch{channel:int}.tif", or `janelia`',
      }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { describeCollection } = await import('../../run/index.ts');
    const described = await describeCollection(
      options.path,
      options.pattern === undefined ? {} : { pattern: options.pattern },
    );
    const found = await valueOrProblems(described, options, terminal);
    if (found === undefined) return refused;
    terminal.out(options.output === 'json' ? renderJson({ collection: found }) : renderCollection(found));
    return found.problems.length === 0 ? exitCode.done : refused;
  },
});

function renderCollection(found: CollectionDescription): string {
  const { grid } = found;
  return [
    `${oneLine(found.path)}: ${found.files} file(s), ${formatMemory(found.bytes)}, read as ${oneLine(found.pattern)}`,
    tableOf(
      ['dimension', 'type', 'count', 'values'],
      found.dimensions.map((each) => [each.name, each.type, each.count, describeValues(each)]),
    ),
    found.files === 0
      ? ''
      : `grid: ${grid.present} of ${grid.expected} combinations${grid.holeCount === 0 ? ', no holes' : `; ${grid.holeCount} missing:`}`,
    found.files === 0 ? '' : listed(grid.holes),
    found.duplicates.length === 0
      ? ''
      : `files with the same dimensions:\n${found.duplicates.map((files) => listed(files)).join('\n')}`,
    tableOf(
      ['stacks', 'x', 'y', 'z', 'channels', 'times', 'pixels'],
      found.shapes.map(({ files, width, height, z, c, t, pixelType }) => [
        files,
        width,
        height,
        z,
        c,
        t,
        pixelType,
      ]),
    ),
    renderAcquisition(found),
    found.missing.length === 0 || found.files === 0
      ? ''
      : `not recorded: ${found.missing.map((name) => `${name} (give it with --set ${name}=…)`).join(', ')}`,
    named('not whole, or not readable', found.faulty),
    named('left out', found.ignored),
    ...found.problems.map(({ message, hint }) =>
      [`problem: ${oneLine(message)}`, ...(hint === undefined ? [] : [`  ${oneLine(hint)}`])].join('\n'),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function tableOf(...[head, rows]: Parameters<typeof renderTable>): string {
  return rows.length === 0 ? '' : renderTable(head, rows);
}

function describeValues({ values, count, first, last }: CollectionDescription['dimensions'][number]): string {
  if (count <= 8) return values.map((value) => oneLine(String(value))).join(', ');
  return `${oneLine(String(first))} … ${oneLine(String(last))}`;
}

function renderAcquisition({ acquisition, varying }: CollectionDescription): string {
  const same = Object.entries(acquisition).map(([name, { value, unit, source }]) => [
    name,
    `${value}${unit === undefined ? '' : ` ${unit}`}`,
    oneLine(source),
  ]);
  const differing = Object.entries(varying).map(([name, values]) => [
    name,
    values.map(({ measured, files }) => `${measured.value} (${files})`).join(', '),
    'differs between files',
  ]);
  return tableOf(['acquisition', 'value', 'read from'], [...same, ...differing]);
}

function listed(names: readonly string[]): string {
  return names.map((name) => `  ${oneLine(name)}`).join('\n');
}

function named(title: string, list: readonly { readonly path: string; readonly why: string }[]): string {
  if (list.length === 0) return '';
  const shown = list.slice(0, 20).map(({ path, why }) => `  ${oneLine(path)}: ${oneLine(why)}`);
  const more = list.length > 20 ? [`  … and ${list.length - 20} more`] : [];
  return [`${title}:`, ...shown, ...more].join('\n');
}
