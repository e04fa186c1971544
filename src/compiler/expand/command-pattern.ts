import type { Template } from '../../expressions/index.ts';
import type { CommandWord, Tool } from '../../model/index.ts';
import type { ReadTemplate } from './read-template.ts';

/** A tool's command, its templates read. */
export type CommandPattern = (
  | { readonly kind: 'words'; readonly groups: readonly WordGroup[] }
  | { readonly kind: 'script'; readonly script: Template }
) & {
  readonly templates: readonly Template[];
  /** As people read it and as keys hold it: `{{name}}` where a value goes, no path. */
  readonly text: string;
};

/** Words that stand in the command when their condition holds, or always. */
export interface WordGroup {
  readonly condition?: Template;
  readonly words: readonly Template[];
}

export function compileCommand(command: Tool['command'], read: ReadTemplate): CommandPattern {
  if ('script' in command) {
    const script = read(command.script, false);
    return { kind: 'script', script, templates: [script], text: textOf(script) };
  }
  const groups = command.words.map((word) => compileGroup(word, read));
  const templates = groups.flatMap(({ condition, words }) => (condition ? [condition, ...words] : words));
  return { kind: 'words', groups, templates, text: groups.map(groupText).join(' ') };
}

function compileGroup(word: CommandWord, read: ReadTemplate): WordGroup {
  if (typeof word === 'string') return { words: [read(word)] };
  return { condition: read(`{{ ${word.if} }}`), words: word.words.map((inner) => read(inner)) };
}

function groupText({ condition, words }: WordGroup): string {
  const text = words.map(wordText).join(' ');
  return condition === undefined ? text : `[${textOf(condition)}: ${text}]`;
}

/** Quoted where it would read as two words, or as a group. */
function wordText(template: Template): string {
  const text = textOf(template);
  return /^[\w@%+=:,./{}|~-]+$/.test(text) ? text : JSON.stringify(text);
}

/** A template with the spaces inside its braces taken away, because they mean nothing. */
export function textOf(template: Template): string {
  return template.parts.map((part) => ('literal' in part ? part.literal : `{{${part.source}}}`)).join('');
}
