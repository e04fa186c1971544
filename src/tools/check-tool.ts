import type { DocumentPath, Places } from '../documents/index.ts';
import type { KnownNames } from '../expressions/index.ts';
import {
  type CommandWord,
  type Problem,
  parseMemory,
  parseTime,
  type ResourceTemplates,
  resourceNames,
  type Tool,
  type ToolBatch,
  wishPattern,
} from '../model/index.ts';
import { checkScript, checkTemplate } from './check-template.ts';
import { readBatchWord } from './read-batch-word.ts';

/**
 * The templates of a tool: that they can be read, and name only what there is. `path` is where it stands; an inline
 * command stands under another key, and its items' dimensions may be known.
 */
export function checkTool(
  tool: Tool,
  places: Places,
  path: DocumentPath,
  options: { readonly commandKey?: string; readonly item?: KnownNames[string] } = {},
): readonly Problem[] {
  const problems: Problem[] = [];
  const known: KnownNames = { ...toolNames(tool), item: options.item ?? 'any' };
  const check = (text: string, below: DocumentPath, names: KnownNames = known): void => {
    problems.push(...checkTemplate(text, names, places, [...path, ...below]));
  };
  const { outputs: _outputs, resources: _resources, ...early } = known;
  for (const [role, { name }] of Object.entries(tool.outputs)) {
    const long = places.has([...path, 'outputs', role, 'name']);
    check(name, long ? ['outputs', role, 'name'] : ['outputs', role], early);
  }
  for (const [name, value] of Object.entries(tool.environment)) check(value, ['environment', name]);
  problems.push(...checkResources(tool.resources, early, places, [...path, 'resources']));
  if ('script' in tool.command) {
    problems.push(
      ...checkScript(tool.command.script, known, places, [...path, options.commandKey ?? 'script']),
    );
  } else {
    problems.push(...checkWords(tool.command, known, places, [...path, options.commandKey ?? 'command']));
  }
  if (tool.check !== undefined)
    problems.push(...checkWords({ words: tool.check }, known, places, [...path, 'check']));
  for (const [name, engine] of Object.entries(tool.engines ?? {})) {
    const at = [...path, 'engines', name];
    problems.push(...checkResources(engine.resources ?? {}, early, places, [...at, 'resources']));
    if (engine.command !== undefined)
      problems.push(...checkCommand(engine.command, known, places, [...at, 'command']));
    problems.push(...checkBatch(engine.batch, engine.command ?? tool.command, places, [...at, 'batch']));
  }
  problems.push(...checkBatch(tool.batch, tool.command, places, [...path, 'batch']));
  return problems;
}

/** What the templates of a tool may name. */
export function toolNames(tool: Pick<Tool, 'inputs' | 'outputs' | 'parameters'>): KnownNames {
  return {
    ...Object.fromEntries(Object.keys(tool.parameters).map((name) => [name, 'value' as const])),
    inputs: Object.keys(tool.inputs),
    outputs: Object.keys(tool.outputs),
    item: 'any',
    resources: resourceNames,
  };
}

function checkCommand(
  command: Tool['command'],
  known: KnownNames,
  places: Places,
  path: DocumentPath,
): readonly Problem[] {
  return 'words' in command ? checkWords(command, known, places, path) : [];
}

export function checkWords(
  command: { readonly words: readonly CommandWord[] },
  known: KnownNames,
  places: Places,
  path: DocumentPath,
): readonly Problem[] {
  return command.words.flatMap((word, i) => {
    if (typeof word === 'string') return checkTemplate(word, known, places, [...path, i]);
    return [
      ...checkTemplate(`{{ ${word.if} }}`, known, places, [...path, i, 'if'], 3),
      ...word.words.flatMap((inner, j) => checkTemplate(inner, known, places, [...path, i, 'words', j])),
    ];
  });
}

/** Its command names the list of items, as it is, and nothing else; what it is given are commands, never scripts. */
function checkBatch(
  batch: ToolBatch | undefined,
  command: Tool['command'],
  places: Places,
  path: DocumentPath,
): readonly Problem[] {
  if (batch === undefined) return [];
  const at = [...path, 'command'];
  const problems = batch.command.flatMap((word, i) =>
    checkTemplate(word, { batch: 'value' }, places, [...at, i]),
  );
  if (problems.length > 0) return problems;
  const fault = batchFault(batch, command);
  return fault === undefined ? [] : [{ code: 'bad-value', ...fault, place: places.key(path) }];
}

function batchFault(
  batch: ToolBatch,
  command: Tool['command'],
): { readonly message: string; readonly hint: string } | undefined {
  const words = batch.command.map(readBatchWord);
  if (words.includes(undefined))
    return {
      message: 'a word of the command for many items changes `{{ batch }}`',
      hint: 'write `{{ batch }}` as it is',
    };
  if (!words.some((word) => word?.includes(null)))
    return {
      message: 'the command for many items does not say where their list goes',
      hint: 'give it the word `{{ batch }}`: the path of a file with a line for each item',
    };
  if ('script' in command)
    return {
      message: 'a `script` cannot be handed to a program for many items',
      hint: 'write `command`, a list of words',
    };
  return undefined;
}

/** Amounts that are written out must be amounts; those with `{{` are templates. */
export function checkResources(
  resources: Readonly<Partial<ResourceTemplates>>,
  known: KnownNames,
  places: Places,
  path: DocumentPath,
): readonly Problem[] {
  return resourceNames.flatMap((name) => {
    const value = resources[name];
    if (value === undefined) return [];
    const here = [...path, name];
    if (typeof value === 'string' && value.includes('{{')) return checkTemplate(value, known, places, here);
    const wrong = amountFault(name, value);
    return wrong === undefined ? [] : [{ code: 'bad-value', ...wrong, place: places.at(here) }];
  });
}

function amountFault(
  name: keyof ResourceTemplates,
  value: string | number,
): { readonly message: string; readonly hint: string } | undefined {
  if (name === 'time') {
    if (parseTime(value) !== undefined) return undefined;
    return { message: `\`${value}\` is no time`, hint: 'write e.g. `90s`, `30m`, `1h30m` or `2-00:00:00`' };
  }
  if (name === 'memory' || name === 'scratch') {
    if (parseMemory(value) !== undefined) return undefined;
    return { message: `\`${value}\` is no amount of memory`, hint: 'write e.g. `512MB` or `16GB`' };
  }
  if (name !== 'cpus' && name !== 'gpus' && name !== 'limit') {
    if (wishPattern.test(String(value))) return undefined;
    return { message: `\`${value}\` is no ${name}`, hint: 'write its name as the batch system knows it' };
  }
  const least = name === 'gpus' ? 0 : 1;
  const count = typeof value === 'number' ? value : Number(/^\d{1,9}$/.test(value) ? value : Number.NaN);
  if (Number.isInteger(count) && count >= least) return undefined;
  return {
    message: `\`${value}\` is no number of ${name}`,
    hint: `write a whole number from ${least}, or an expression`,
  };
}
