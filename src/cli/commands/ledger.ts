import type { Argv } from 'yargs';
import type { Ledger } from '../../run/index.ts';
import { type CommonOptions, defineCommand, exitCode } from '../command.ts';
import { renderJson } from '../render/json.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & {
  readonly action: 'rebuild' | 'backup' | 'check';
  readonly target?: string | undefined;
};

export const ledger = defineCommand({
  command: 'ledger <action> [target]',
  describe: 'Look after the ledger: rebuild its tables from events, backup it to a file, check its chain',
  builder: (argv: Argv<CommonOptions>) =>
    argv
      .positional('action', {
        choices: ['rebuild', 'backup', 'check'] as const,
        demandOption: true,
        describe: 'What to do',
      })
      .positional('target', { type: 'string', describe: 'For backup: the file to write' }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const { withLedger, ledgerPath } = await import('../../run/index.ts');
    const settings = readSurroundings();
    return withLedger(settings, async (open) => {
      const path = ledgerPath(settings);
      switch (options.action) {
        case 'rebuild': {
          const events = open.rebuild();
          terminal.out(
            options.output === 'json'
              ? renderJson({ path, events })
              : `${path}: every table written again from ${events} event(s)`,
          );
          const refused = open.refused();
          for (const words of refused) terminal.err(words);
          return refused.length > 0 ? exitCode.taskFailed : exitCode.done;
        }
        case 'backup': {
          const target =
            options.target ??
            `${path}.${new Date(settings.clock()).toISOString().replace(/[:.]/g, '-')}.backup`;
          open.backup(target);
          terminal.out(options.output === 'json' ? renderJson({ path, backup: target }) : target);
          return exitCode.done;
        }
        case 'check': {
          const result = open.check();
          terminal.out(
            options.output === 'json' ? renderJson({ path, ...result }) : renderCheck(path, result),
          );
          return result.ok ? exitCode.done : exitCode.taskFailed;
        }
      }
    });
  },
});

function renderCheck(path: string, { ok, problems, events, head }: ReturnType<Ledger['check']>): string {
  const verdict = ok ? 'in order' : `${problems.length} problem(s)`;
  return [
    `${path}: ${verdict}`,
    ...problems.map((problem) => `  ${problem}`),
    `${events} event(s), the last ${head}`,
  ].join('\n');
}
