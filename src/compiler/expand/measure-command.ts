import type { Command, Word } from '../../model/index.ts';
import { type Fault, fault } from './attempt.ts';
import type { Limits } from './limits.ts';

/** Bytes of a path in a command, by role; a result's folder is not known yet, so that its paths are estimated. */
export interface PathBytes {
  readonly input: (role: string, index: number) => number;
  readonly output: (role: string) => number;
}

/** Bytes of a command's own text and the number of its references. Many tasks share one command. */
const fixedSizes = new WeakMap<Command, { readonly text: number; readonly references: number }>();

/** Whether even paths of `longest` bytes in every place leave it short enough for one word, so that nothing need be looked at. */
export function cannotBeTooLong(command: Command, longest: number, limits: Limits): boolean {
  const known = fixedSizes.get(command) ?? fixedSize(command);
  fixedSizes.set(command, known);
  return known.text + known.references * longest <= Math.min(limits.wordBytes, limits.commandBytes);
}

function fixedSize(command: Command): { readonly text: number; readonly references: number } {
  let references = 0;
  const count = (): number => {
    references++;
    return 0;
  };
  const sizes = wordsOf(command).map((word) => wordBytes(word, { input: count, output: count }));
  return { text: sizes.reduce((sum, size) => sum + size, 0), references };
}

function wordsOf(command: Command): readonly Word[] {
  return command.kind === 'words'
    ? command.words
    : command.parts.map((part) => ('word' in part ? part.word : [{ text: part.literal }]));
}

/** Why a command would be refused by the node's system, or undefined. Sizes in bytes, each word with its ending NUL. */
export function measureCommand(command: Command, paths: PathBytes, limits: Limits): Fault | undefined {
  const sizes = wordsOf(command).map((word) => wordBytes(word, paths));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const longest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const hint = 'Group by more dimensions, or let the tool read a file or a folder that holds the list';
  if (longest > limits.wordBytes) {
    return fault(
      'command-too-long',
      `one word of the command has ${longest} bytes, at most ${limits.wordBytes} can be passed`,
      hint,
    );
  }
  if (total > limits.commandBytes) {
    return fault(
      'command-too-long',
      `the command has ${total} bytes, at most ${limits.commandBytes} can be passed`,
      hint,
    );
  }
  return undefined;
}

function wordBytes(word: Word, paths: PathBytes): number {
  return word.reduce((sum, part) => {
    if ('text' in part) return sum + Buffer.byteLength(part.text);
    return sum + ('input' in part ? paths.input(part.input, part.index) : paths.output(part.output));
  }, 1);
}
