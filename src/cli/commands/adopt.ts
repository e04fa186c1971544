import type { Argv } from 'yargs';
import { EspalierError } from '../../model/index.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { goOn } from '../go-on.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

type Options = CommonOptions & { readonly run: string; readonly force: boolean };

export const adopt = defineCommand({
  command: 'adopt <run>',
  describe: 'Take a run into this ledger from its folder on a site: adopt SITE:RUN',
  builder: (argv: Argv<CommonOptions>) =>
    argv.positional('run', { type: 'string', demandOption: true, describe: 'SITE:RUN' }).option('force', {
      type: 'boolean',
      default: false,
      describe: 'Take the run although another machine seems to drive it',
    }),
  run: async (options: Options, terminal: Terminal): Promise<number> => {
    const [site, id, more] = options.run.split(':');
    if (site === undefined || id === undefined || more !== undefined || site === '' || id === '')
      throw new EspalierError('bad-usage', `\`${options.run}\` is not SITE:RUN`, {
        hint: 'name the site and the run, e.g. `espalier adopt mycluster:20261124-101500-k3f9`',
      });
    const { withSite, adoptRun } = await import('../../run/index.ts');
    const run = await withSite(readSurroundings(), site, (open) => adoptRun(id, open.ledger, open));
    return goOn({ ...options, run, fuse: true, pack: true, batch: true, repeat: false }, terminal);
  },
});
