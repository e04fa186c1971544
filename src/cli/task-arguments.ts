import type { Argv } from 'yargs';
import { EspalierError } from '../model/index.ts';
import type { Ledger, RunRow } from '../run/index.ts';

export interface TaskArguments {
  readonly words: readonly string[];
}

export function taskArguments<T>(argv: Argv<T>) {
  return argv.positional('words', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'A task (`deskew:3` or its label), with the run before it (default: the latest)',
  });
}

/** `[RUN] TASK`. */
export function runAndTask(
  words: readonly string[],
  ledger: Ledger,
): { readonly run: RunRow; readonly task: string } {
  const [first, second, ...rest] = words;
  if (first === undefined || rest.length > 0) {
    throw new EspalierError('bad-usage', 'a task is wanted', {
      hint: 'write it as `deskew:3`, with the run before it if it is not the latest',
    });
  }
  if (second !== undefined) return { run: ledger.run(first), task: second };
  const latest = ledger.latestRun();
  if (latest === undefined)
    throw new EspalierError('no-run', 'the ledger holds no run yet', { hint: 'begin with `espalier demo`' });
  return { run: latest, task: first };
}
