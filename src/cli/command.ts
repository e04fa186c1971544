import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Terminal } from './terminal.ts';

/** What every command understands. */
export interface CommonOptions {
  readonly output: 'text' | 'json';
  readonly quiet: boolean;
}

/** One command: its words, its options, and what it does. `run` gives the exit code. */
interface CommandSpec<T> {
  readonly command: string;
  readonly describe: string;
  readonly builder: (argv: Argv<CommonOptions>) => Argv<T>;
  readonly run: (options: ArgumentsCamelCase<T>, terminal: Terminal) => Promise<number>;
}

export interface Command {
  readonly name: string;
  /** Its name with its arguments, as a person writes it: `run <file>`. */
  readonly usage: string;
  readonly addTo: (program: Argv<CommonOptions>, terminal: Terminal, done: (code: number) => void) => void;
}

export function defineCommand<T>(spec: CommandSpec<T>): Command {
  const [name = ''] = spec.command.split(' ', 1);
  return {
    name,
    usage: spec.command,
    addTo: (program, terminal, done) => {
      program.command(spec.command, spec.describe, spec.builder, async (options) => {
        done(await spec.run(options, terminal));
      });
    },
  };
}

/** Exit codes; docs/errors.md tells users. */
export const exitCode = { done: 0, taskFailed: 1, usage: 2, site: 3, interrupted: 130 } as const;
