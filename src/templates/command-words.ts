import type { Command, ScriptPart, Word } from '../model/index.ts';

/** What the references in a command stand for, once the run's folder is known. */
export interface CommandPaths {
  readonly input: (role: string, index: number) => string;
  readonly output: (role: string) => string;
}

/**
 * A command as the words a program is started with. A script becomes `sh -e -c SCRIPT sh VALUE…`: its values arrive as
 * positional parameters, so that no value is ever read as shell, wherever the author put it.
 */
export function commandWords(command: Command, paths: CommandPaths): readonly string[] {
  if (command.kind === 'words') return command.words.map((word) => wordText(word, paths));
  const values: string[] = [];
  const script = command.parts.map((part) => scriptText(part, paths, values)).join('');
  return ['sh', '-e', '-c', script, 'sh', ...values];
}

function scriptText(part: ScriptPart, paths: CommandPaths, values: string[]): string {
  if ('literal' in part) return part.literal;
  values.push(wordText(part.word, paths));
  return `"\${${values.length}}"`;
}

function wordText(word: Word, paths: CommandPaths): string {
  return word
    .map((part) => {
      if ('text' in part) return part.text;
      return 'input' in part ? paths.input(part.input, part.index) : paths.output(part.output);
    })
    .join('');
}
