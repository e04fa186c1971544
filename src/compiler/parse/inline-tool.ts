import { createHash } from 'node:crypto';
import { plainAt } from '../../documents/index.ts';
import { compileTemplate } from '../../expressions/index.ts';
import type { CommandWord, Parameter, Scalar, Tool } from '../../model/index.ts';
import { buildTool, buildWord } from '../../tools/index.ts';
import type { StepFile } from '../schema/workflow-schema.ts';
import { own, type ParseContext } from './parse-context.ts';

/**
 * A step's own command as a tool of one step. Its parameters are what the step gives `with`, and every parameter of the
 * workflow that its command names.
 */
export function buildInlineTool(context: ParseContext, name: string, file: StepFile): Tool {
  const path = ['steps', name];
  const { run = [] } = file;
  const command: Tool['command'] = typeof run === 'string' ? { script: run } : { words: run.map(buildWord) };
  const shape = {
    inputs: file.inputs ?? { [file.as ?? 'image']: 'file' as const },
    outputs: file.outputs ?? {},
    container: file.container,
  };
  const parts = buildTool(
    { ...shape, ...(typeof run === 'string' ? { script: run } : { command: run }) },
    context.places,
    path,
    context.problems,
  );
  const written = JSON.stringify(plainAt(context.written, path)) ?? '';
  return {
    name,
    version: 'inline',
    summary: `the command of step ${name}`,
    ...parts,
    command,
    parameters: usedParameters(context, file, command),
    cacheVersion: file['cache-version'] ?? 1,
    sha256: createHash('sha256').update(written).digest('hex'),
    source: 'inline',
  };
}

/** All parameters that the templates of an inline command may name. */
export function inlineNames(context: ParseContext, file: StepFile): Readonly<Record<string, Parameter>> {
  const given = Object.entries(file.with ?? {}).map(([name, value]) => [
    name,
    givenParameter(context, value),
  ]);
  return { ...context.parameters, ...Object.fromEntries(given) };
}

function usedParameters(
  context: ParseContext,
  file: StepFile,
  command: Tool['command'],
): Readonly<Record<string, Parameter>> {
  const known = inlineNames(context, file);
  const used = new Set([...Object.keys(file.with ?? {}), ...namesIn(textsOf(file, command))]);
  const entries = [...used].flatMap((name): [string, Parameter][] => {
    const parameter = own(known, name);
    return parameter === undefined ? [] : [[name, asToolParameter(parameter)]];
  });
  return Object.fromEntries(entries);
}

/** The value and where it is from stay with the workflow’s parameter; the tool’s has only its kind and range. */
function asToolParameter({ default: _default, from: _from, ...rest }: Parameter): Parameter {
  return rest;
}

function givenParameter(context: ParseContext, value: Scalar): Parameter {
  if (typeof value === 'boolean') return { type: 'boolean', optional: false };
  if (typeof value === 'number') return { type: 'number', optional: false };
  const sole = /^\s*\{\{\s*(\w+)\s*\}\}\s*$/.exec(value)?.[1];
  return (
    (sole === undefined ? undefined : own(context.parameters, sole)) ?? { type: 'text', optional: false }
  );
}

function textsOf(file: StepFile, command: Tool['command']): readonly string[] {
  const outputs = Object.values(file.outputs ?? {}).map((output) =>
    typeof output === 'string' ? output : output.name,
  );
  return [...outputs, ...('script' in command ? [command.script] : command.words.flatMap(wordTexts))];
}

function wordTexts(word: CommandWord): readonly string[] {
  return typeof word === 'string' ? [word] : [`{{ ${word.if} }}`, ...word.words];
}

/** First parts of all names that templates use; those that cannot be read are reported elsewhere. */
export function namesIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    const compiled = compileTemplate(text, { comments: false });
    return compiled.ok ? compiled.template.names.map((name) => name.split('.', 1)[0] ?? name) : [];
  });
}
