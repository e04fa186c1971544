import {
  type EvaluatedPart,
  evaluateCondition,
  evaluateParts,
  type Scope,
  type Template,
  valueToText,
} from '../../expressions/index.ts';
import { type Command, EspalierError, type ScriptPart, type Word, type WordPart } from '../../model/index.ts';
import type { CommandPattern, WordGroup } from './command-pattern.ts';

/** How many inputs a task has in each role that takes many; a role that takes one is not listed. */
export type ManyInputs = Readonly<Record<string, number>>;

/**
 * A task's command: values as text, inputs and outputs as references, because their paths are known only where the
 * task runs. A value is always part of one word, whatever it holds; a list alone in its word becomes a word per entry.
 * Throws an EspalierError for a value that has no text.
 */
export function buildCommand(pattern: CommandPattern, scope: Scope, many: ManyInputs): Command {
  if (pattern.kind === 'script') return { kind: 'script', parts: scriptParts(pattern.script, scope, many) };
  return { kind: 'words', words: pattern.groups.flatMap((group) => groupWords(group, scope, many)) };
}

function groupWords({ condition, words }: WordGroup, scope: Scope, many: ManyInputs): readonly Word[] {
  if (condition && !evaluateCondition(condition, scope)) return [];
  return words.flatMap((template) => expandWord(template, scope, many));
}

function expandWord(template: Template, scope: Scope, many: ManyInputs): readonly Word[] {
  const parts = evaluateParts(template, scope);
  const [only, second] = parts;
  if (only !== undefined && second === undefined && !('literal' in only)) return partWords(only, many);
  return [
    parts.flatMap((part): WordPart[] =>
      'literal' in part ? [{ text: part.literal }] : [wordPart(part, many)],
    ),
  ];
}

type ValuePart = Exclude<EvaluatedPart, { readonly literal: string }>;

/** A value that is a word by itself: one word, or one per entry of a list. */
function partWords(part: ValuePart, many: ManyInputs): readonly Word[] {
  const input = inputOf(part);
  const count = input?.index === undefined ? input && many[input.role] : undefined;
  if (input !== undefined && count !== undefined) {
    return Array.from({ length: count }, (_, index) => [{ input: input.role, index }]);
  }
  if (isList(part.value)) return part.value.map((entry) => [{ text: valueToText(entry, part.expression) }]);
  return [[wordPart(part, many)]];
}

/** A value inside a word. */
function wordPart(part: ValuePart, many: ManyInputs): WordPart {
  const input = inputOf(part);
  const output = /^outputs\.([^.]+)$/.exec(part.name ?? '')?.[1];
  if (input !== undefined && input.index === undefined && many[input.role] !== undefined) {
    const hint = `Let \`{{ ${part.expression} }}\` be a word by itself: it becomes one word per file`;
    const message = `\`${part.expression}\` is many files, and they cannot be part of one word`;
    throw new EspalierError('list-in-word', message, { hint });
  }
  if (input !== undefined) return { input: input.role, index: input.index ?? 0 };
  if (output !== undefined) return { output };
  return { text: valueToText(part.value, part.expression) };
}

/** The author's own text stays shell; each value arrives as exactly one word. */
function scriptParts(script: Template, scope: Scope, many: ManyInputs): readonly ScriptPart[] {
  return evaluateParts(script, scope).flatMap((part): ScriptPart[] => {
    if ('literal' in part) return [{ literal: part.literal }];
    const words = partWords(part, many).map((word): ScriptPart => ({ word }));
    return words.flatMap((word, i) => (i === 0 ? [word] : [{ literal: ' ' }, word]));
  });
}

/** `inputs.image`, or `inputs.images[2]` of a role that takes many. */
function inputOf(part: ValuePart): { readonly role: string; readonly index: number | undefined } | undefined {
  const [, role, index] = /^inputs\.([^.]+)(?:\.(\d+))?$/.exec(part.name ?? '') ?? [];
  return role === undefined ? undefined : { role, index: index === undefined ? undefined : Number(index) };
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
