import { describe, expect, it } from 'vitest';
import yargs from 'yargs';
import { listOptions } from '../../../src/cli/list-options.ts';

describe('what may stand more than once on a line', () => {
  it('is what is declared as a list, options and arguments, under every name it has', async () => {
    let names: ReadonlySet<string> = new Set();
    const program = yargs().check((_, declared) => {
      names = listOptions(declared);
      return true;
    });
    program.command('why <words..>', 'why', (argv) =>
      argv
        .positional('words', { type: 'string' })
        .option('not-on', { array: true, nargs: 1, alias: 'n' })
        .option('site', { type: 'string' }),
    );
    await program.parseAsync(['why', 'a', '--not-on', 'x', '--site', 'q']);
    expect([...names].sort()).toEqual(['n', 'not-on', 'notOn', 'words']);
  });
});
