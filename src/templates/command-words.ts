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
  const known = scripts.get(command) ?? readScript(command);
  scripts.set(command, known);
  return ['sh', '-e', '-c', known.text, 'sh', ...known.values.map((word) => wordText(word, paths))];
}

type ScriptCommand = Extract<Command, { readonly kind: 'script' }>;

interface Script {
  readonly text: string;
  readonly values: readonly Word[];
}

/** Many tasks have one command: its quotes are read once. */
const scripts = new WeakMap<ScriptCommand, Script>();

function readScript({ parts }: ScriptCommand): Script {
  const values: Word[] = [];
  const quotes = new QuoteReader();
  const text = parts.map((part) => {
    if ('literal' in part) {
      quotes.read(part.literal);
      return part.literal;
    }
    values.push(part.word);
    quotes.skip();
    return asOneWord[quotes.context](`\${${values.length}}`);
  });
  return { text: text.join(''), values };
}

/** Authors write `"{{ x }}"` by habit: the value stays whole inside their quotes too. */
const asOneWord: Readonly<Record<QuoteContext, (parameter: string) => string>> = {
  plain: (parameter) => `"${parameter}"`,
  double: (parameter) => parameter,
  single: (parameter) => `'"${parameter}"'`,
};

function wordText(word: Word, paths: CommandPaths): string {
  let made = '';
  for (const part of word) {
    if ('text' in part) made += part.text;
    else made += 'input' in part ? paths.input(part.input, part.index) : paths.output(part.output);
  }
  return made;
}
