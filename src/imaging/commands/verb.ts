import type { Options } from 'yargs';
import type { Streams } from './streams.ts';

/** One verb of the command line. */
export interface Verb {
  readonly name: string;
  /** The files it takes, as the help shows them. */
  readonly files: string;
  readonly describe: string;
  readonly options: Readonly<Record<string, Options>>;
  /** Loads the code of the verb, and only of it, and runs it. */
  run(args: Arguments, streams: Streams, runLine: RunLine): Promise<void>;
}

/** Runs another command line in this process, `adapt` changing what it was given. Never throws. */
export type RunLine = (
  argv: readonly string[],
  streams: Streams,
  adapt: (args: Arguments) => Arguments,
) => Promise<LineOutcome>;

export interface LineOutcome {
  readonly code: number;
  /** The engine's device is gone, and with it what this process could do. */
  readonly lost: boolean;
}

/** What was typed: the files in order, and the options by name. */
export interface Arguments {
  readonly files: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}
