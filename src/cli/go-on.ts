import type { Argv } from 'yargs';
import type { LedgerEvent } from '../model/index.ts';
import type { ResumeWishes } from '../run/index.ts';
import { type CommonOptions, exitCode } from './command.ts';
import { confirmResume } from './confirm.ts';
import { fetchAlong } from './fetch-along.ts';
import { freshWishes, withCtrlC } from './follow.ts';
import { endOfRun } from './render/end-of-run.ts';
import { startProgress } from './render/progress.ts';
import { sayAccepted } from './say-accepted.ts';
import { sayNotes } from './say-notes.ts';
import { readSurroundings } from './surroundings.ts';
import type { Terminal } from './terminal.ts';

/** Options of every command that goes on with a run. */
export type GoOnOptions = CommonOptions & {
  readonly run?: string | undefined;
  readonly force: boolean;
  readonly fuse: boolean;
  readonly pack: boolean;
  readonly batch: boolean;
};

export function goOnOptions(argv: Argv<CommonOptions>) {
  return argv
    .positional('run', { type: 'string', describe: 'Run id or the beginning of one (default: the latest)' })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'Take the run although another machine seems to drive it',
    })
    .option('fuse', {
      type: 'boolean',
      default: true,
      describe: 'Run the steps of one item in one go where they ask for the same',
    })
    .option('pack', { type: 'boolean', default: true, describe: 'Run several short tasks in one go' })
    .option('batch', {
      type: 'boolean',
      default: true,
      describe: 'Give many tasks to one process where the tool takes them',
    });
}

export async function goOn(
  options: GoOnOptions & {
    readonly repeat: boolean;
    readonly wanted?: ResumeWishes;
    readonly yes?: boolean;
    readonly asPlanned?: boolean;
  },
  terminal: Terminal,
): Promise<number> {
  const { withRun, resumeRun, viewRun } = await import('../run/index.ts');
  const settings = readSurroundings();
  const wishes = freshWishes();
  return withRun(settings, options.run, async (open, { run: id, folder }) => {
    const { ledger, backend } = open;
    const { plan } = ledger.plan(id);
    const quiet = options.quiet || options.output === 'json';
    const progress = startProgress(terminal, quiet, settings.clock);
    const accepted = sayAccepted(quiet ? () => {} : progress.say, backend.batch.takes, open.site.name);
    const along = await fetchAlong({ run: id, folder, plan }, open, quiet ? () => {} : progress.say);
    const notes = sayNotes(quiet ? () => {} : progress.say);
    try {
      const following = {
        ...options,
        wishes,
        say: quiet ? () => {} : progress.say,
        wanted: options.wanted ?? {},
        confirm: confirmResume({ yes: true, asPlanned: true, ...options, quiet }, terminal),
        onChange: (state: Parameters<typeof viewRun>[1], events: readonly LedgerEvent[]) => {
          along.take(events);
          notes(events);
          const view = viewRun(plan, state);
          progress.show(view);
          accepted(view);
        },
      };
      const { state } = await withCtrlC(progress.say, wishes, settings.clock, backend.batch.takes, () =>
        resumeRun(id, open, settings, following),
      );
      if (!wishes.drain) await along.end();
      progress.stop();
      if (state === undefined) return exitCode.done;
      return endOfRun(ledger, backend, id, wishes, options, terminal);
    } finally {
      progress.stop();
    }
  });
}
