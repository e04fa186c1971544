import type { DocumentPath, Places } from '../documents/index.ts';
import {
  type CommandWord,
  type ContainerImage,
  type Engine,
  type Parameter,
  type Problem,
  parseMemory,
  type ResourceTemplates,
  resourceNames,
  type Tool,
  type ToolBatch,
  type ToolInput,
  type ToolOutput,
} from '../model/index.ts';
import { buildParameter } from './build-parameter.ts';
import type { ToolFile } from './tool-schema.ts';

/** What a descriptor and an inline step have in common. */
export type ToolParts = Pick<
  Tool,
  | 'inputs'
  | 'outputs'
  | 'parameters'
  | 'command'
  | 'container'
  | 'resources'
  | 'environment'
  | 'logWithout'
  | 'check'
>;

type PartsFile = Pick<
  ToolFile,
  | 'inputs'
  | 'outputs'
  | 'parameters'
  | 'command'
  | 'script'
  | 'container'
  | 'resources'
  | 'environment'
  | 'log-without'
  | 'check'
>;

/** Spells shorthands out. `path` is where the parts stand in the file. */
export function buildTool(
  file: PartsFile,
  places: Places,
  path: DocumentPath,
  problems: Problem[],
): ToolParts {
  return {
    inputs: mapValues(file.inputs ?? {}, buildInput),
    outputs: mapValues(file.outputs, (output, role) =>
      buildOutput(output, places, [...path, 'outputs', role], problems),
    ),
    parameters: mapValues(file.parameters ?? {}, (parameter, name) =>
      buildParameter(name, parameter, places, [...path, 'parameters', name], problems),
    ),
    command: buildCommand(file, places, path, problems),
    ...(file.container === undefined ? {} : { container: buildContainer(file.container) }),
    resources: buildResources(file.resources ?? {}),
    environment: mapValues(file.environment ?? {}, String),
    logWithout: textsOf(file['log-without']),
    ...(file.check === undefined ? {} : { check: file.check.map(buildWord) }),
  };
}

export function textsOf(given: string | readonly string[] | undefined): readonly string[] {
  return typeof given === 'string' ? [given] : (given ?? []);
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  convert: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, convert(value, name)]));
}

const shortInputs = {
  file: { type: 'file', many: false },
  files: { type: 'file', many: true },
  directory: { type: 'directory', many: false },
  directories: { type: 'directory', many: true },
} as const;

function buildInput(input: NonNullable<ToolFile['inputs']>[string]): ToolInput {
  if (typeof input === 'string') return { ...shortInputs[input], optional: false };
  const { type = 'file', many = false, optional = false, help } = input;
  return { type, many, optional, ...(help === undefined ? {} : { help }) };
}

export function buildOutput(
  output: ToolFile['outputs'][string],
  places: Places,
  path: DocumentPath,
  problems: Problem[],
): ToolOutput {
  if (typeof output === 'string') return { type: 'file', name: output, check: { minSize: 1 } };
  const { name, type = 'file', help } = output;
  const written = output['min-size'] ?? 1;
  const minSize = parseMemory(written);
  if (minSize === undefined) {
    const message = `\`${written}\` is no size`;
    problems.push({
      code: 'bad-value',
      message,
      hint: 'write e.g. `10KB`',
      place: places.at([...path, 'min-size']),
    });
  }
  return { type, name, check: { minSize: minSize ?? 1 }, ...(help === undefined ? {} : { help }) };
}

function buildCommand(
  file: PartsFile,
  places: Places,
  path: DocumentPath,
  problems: Problem[],
): Tool['command'] {
  const { command, script } = file;
  if ((command === undefined) === (script === undefined)) {
    const message =
      command === undefined ? 'nothing says what to run' : 'both `command` and `script` say what to run';
    const hint = 'give either `command`, a list of words, or `script`, a text for the shell';
    problems.push({ code: 'no-command', message, hint, place: places.key([...path, 'command']) });
  }
  return script === undefined ? { words: (command ?? []).map(buildWord) } : { script };
}

export function buildWord(word: NonNullable<ToolFile['command']>[number]): CommandWord {
  if (typeof word !== 'object') return String(word);
  return { if: withoutBraces(word.if), words: word.words.map(String) };
}

function withoutBraces(condition: string): string {
  return /^\s*\{\{(.*)\}\}\s*$/s.exec(condition)?.[1]?.trim() ?? condition.trim();
}

export function buildContainer(container: NonNullable<ToolFile['container']>): ContainerImage {
  if (typeof container !== 'string') {
    const { image, digest, optional } = container;
    return { image, ...(digest !== undefined && { digest }), ...(optional !== undefined && { optional }) };
  }
  const pinned = /^(.*)@(sha256:[0-9a-f]{64})$/.exec(container);
  return pinned?.[1] === undefined || pinned[2] === undefined
    ? { image: container }
    : { image: pinned[1], digest: pinned[2] };
}

export function buildResources(
  resources: NonNullable<ToolFile['resources']>,
): Readonly<Partial<ResourceTemplates>> {
  const given: { -readonly [name in keyof ResourceTemplates]?: string | number } = {};
  for (const name of resourceNames) {
    const value = resources[name];
    if (value !== undefined) given[name] = value;
  }
  return given;
}

export function buildBatch({ command, most }: NonNullable<ToolFile['batch']>): ToolBatch {
  return { command: command.map(String), most };
}

/** What each engine says of itself. */
export function buildEngines(engines: NonNullable<ToolFile['engines']>): Readonly<Record<string, Engine>> {
  return mapValues(engines, ({ command, batch, container, resources, cuda }) => ({
    ...(command === undefined ? {} : { command: { words: command.map(buildWord) } }),
    ...(batch === undefined ? {} : { batch: buildBatch(batch) }),
    ...(container === undefined ? {} : { container: buildContainer(container) }),
    ...(resources === undefined ? {} : { resources: buildResources(resources) }),
    ...(cuda === undefined ? {} : { cuda }),
  }));
}

/** The parameter that the engines of a tool make. `auto` is one of them, the best that the site offers. */
export function engineParameter(names: readonly string[]): Parameter {
  const help = 'What computes it; auto: the best that the site offers';
  return { type: 'choice', choices: [...names, 'auto'], default: names[0] ?? '', optional: false, help };
}
