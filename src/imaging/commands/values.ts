import { UsageError } from './problem.ts';
import type { Arguments } from './verb.ts';

type Given = Arguments['options'];

/** The number given for an option, or undefined. What is typed must be a number from its first to its last letter. */
export function numberOf(options: Given, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UsageError(`--${name} wants a number, not \`${text}\``);
  return value;
}

export function positiveOf(options: Given, name: string): number | undefined {
  const value = numberOf(options, name);
  if (value !== undefined && value <= 0)
    throw new UsageError(`--${name} wants more than 0, not \`${value}\``);
  return value;
}

/** A whole number not below `least`. */
export function wholeOf(options: Given, name: string, least: number): number | undefined {
  const value = numberOf(options, name);
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
    throw new UsageError(`--${name} wants a whole number from ${least}, not \`${value}\``);
  return value;
}

export function textOf(options: Given, name: string): string | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new UsageError(`--${name} wants one value`);
  return value;
}

/** One word of a closed set. */
export function choiceOf<T extends string>(
  options: Given,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textOf(options, name);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined)
    throw new UsageError(`--${name} wants one of ${choices.join(', ')}, not \`${text}\``);
  return choice;
}

export function isSet(options: Given, name: string): boolean {
  return options[name] === true;
}

/** Exactly the two files that most verbs take. */
export function inputAndOutput({ files }: Arguments): readonly [input: string, output: string] {
  const [input, output, extra] = files;
  if (input === undefined || output === undefined) throw new UsageError('an INPUT and an OUTPUT are wanted');
  if (extra !== undefined) throw new UsageError(`one INPUT and one OUTPUT are wanted, not also \`${extra}\``);
  return [input, output];
}
