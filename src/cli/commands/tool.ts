import { existsSync } from 'node:fs';
import type { Argv } from 'yargs';
import { EspalierError, suggest, type Tool } from '../../model/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { oneLine } from '../render/one-line.ts';
import { refused, valueOrProblems } from '../render/problems.ts';
import { renderTable } from '../render/table.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & {
  readonly action: 'list' | 'show' | 'check';
  readonly name?: string | undefined;
};

export const tool = defineCommand({
  command: 'tool <action> [name]',
  describe: 'List the tools there are, show one, or check a descriptor file',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('action', {
        choices: ['list', 'show', 'check'] as const,
        demandOption: true,
        describe: 'What to do',
      })
      .positional('name', { type: 'string', describe: 'A tool, or for check a descriptor file (YAML)' }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    if (options.action !== 'list' && options.name === undefined) {
      throw new EspalierError(
        'bad-usage',
        `\`tool ${options.action}\` wants a ${options.action === 'show' ? 'tool' : 'file'}`,
      );
    }
    switch (options.action) {
      case 'list':
        return list(options, terminal);
      case 'show':
        return showOne(options.name ?? '', options, terminal);
      case 'check':
        return checkOne(options.name ?? '', options, terminal);
    }
  },
});

async function list(options: CommonOptions, terminal: Terminal): Promise<number> {
  const { loadTools } = await import('../../run/index.ts');
  const { tools } = await loadTools(readSurroundings().toolFolders);
  const all = Object.values(tools);
  const rows = all.map(({ name, version, summary }) => [name, version, oneLine(summary)]);
  terminal.out(
    options.output === 'json'
      ? renderJson({ tools: all })
      : renderTable(['tool', 'version', 'what it does'], rows, terminal.room),
  );
  return exitCode.done;
}

async function showOne(name: string, options: CommonOptions, terminal: Terminal): Promise<number> {
  const { loadTools } = await import('../../run/index.ts');
  const { tools } = await loadTools(readSurroundings().toolFolders);
  const found = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (found === undefined) {
    const near = suggest(name, Object.keys(tools));
    throw new EspalierError('unknown-tool', `there is no tool \`${name}\``, {
      hint: near === undefined ? `there are: ${Object.keys(tools).join(', ')}` : `did you mean \`${near}\`?`,
    });
  }
  terminal.out(options.output === 'json' ? renderJson({ tool: found }) : renderTool(found, terminal.room));
  return exitCode.done;
}

async function checkOne(file: string, options: CommonOptions, terminal: Terminal): Promise<number> {
  const { checkToolFile } = await import('../../run/index.ts');
  if (!existsSync(file)) throw new EspalierError('no-file', `there is no file \`${file}\``);
  const checked = await valueOrProblems(await checkToolFile(file), options, terminal);
  if (checked === undefined) return refused;
  terminal.out(
    options.output === 'json'
      ? renderJson({ tool: checked })
      : `\`${checked.name}\` ${checked.version} is in order`,
  );
  return exitCode.done;
}

function renderTool(found: Tool, room: number): string {
  const inputs = Object.entries(found.inputs).map(([name, input]) => [
    name,
    `${input.type}${input.many ? ', many' : ''}${input.optional ? ', optional' : ''}`,
    input.help ?? '',
  ]);
  const outputs = Object.entries(found.outputs).map(([name, output]) => [
    name,
    oneLine(output.name),
    output.help ?? '',
  ]);
  const parameters = Object.entries(found.parameters).map(([name, each]) => [
    name,
    `${each.type}${each.unit === undefined ? '' : ` (${each.unit})`}${each.choices === undefined ? '' : `: ${each.choices.join(', ')}`}`,
    each.default === undefined
      ? each.from === undefined
        ? each.optional
          ? 'optional'
          : 'required'
        : `from the acquisition's ${each.from}`
      : String(each.default),
    each.help ?? '',
  ]);
  const facts = [
    ['version', found.version],
    ['licence', found.licence],
    ['citation', found.citation],
    ['homepage', found.homepage],
    ['container', found.container?.image],
    ['engines', found.engines === undefined ? undefined : Object.keys(found.engines).join(', ')],
    ['batch', found.batch && `up to ${found.batch.most} items in one process`],
    ['read from', found.source],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${oneLine(value)}`]));
  return [
    `${found.name}: ${oneLine(found.summary)}`,
    facts.join('\n'),
    renderTable(['input', 'kind', 'what it is'], inputs, room),
    renderTable(['output', 'name', 'what it is'], outputs, room),
    parameters.length === 0
      ? ''
      : renderTable(['parameter', 'type', 'default', 'what it does'], parameters, room),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
