import type { Command, Word } from '../model/index.ts';
import { type QuoteContext, QuoteReader } from './quote-context.ts';

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
  const quotes = new QuoteReader();
  const script = command.parts.map((part) => {
    if ('literal' in part) {
      quotes.read(part.literal);
      return part.literal;
    }
    values.push(wordText(part.word, paths));
    quotes.skip();
    return asOneWord[quotes.context](`\${${values.length}}`);
  });
  return ['sh', '-e', '-c', script.join(''), 'sh', ...values];
}

/** Authors write `"{{ x }}"` by habit: the value stays whole inside their quotes too. */
const asOneWord: Readonly<Record<QuoteContext, (parameter: string) => string>> = {
  plain: (parameter) => `"${parameter}"`,
  double: (parameter) => parameter,
  single: (parameter) => `'"${parameter}"'`,
};

function wordText(word: Word, paths: CommandPaths): string {
  return word
    .map((part) => {
      if ('text' in part) return part.text;
      return 'input' in part ? paths.input(part.input, part.index) : paths.output(part.output);
    })
    .join('');
}
