import type { Argv } from 'yargs';
import { type CommonOptions, defineCommand } from '../command.ts';
import { type FetchAlong, fetchAlong } from '../fetch-along.ts';
import { freshWishes, withCtrlC } from '../follow.ts';
import { type PlanOptions, planOptions, planRequest } from '../plan-options.ts';
import { endOfRun } from '../render/end-of-run.ts';
import { refused, valueOrProblems } from '../render/problems.ts';
import { startProgress } from '../render/progress.ts';
import { sayAccepted } from '../say-accepted.ts';
import { sayNotes } from '../say-notes.ts';
import { readSurroundings } from '../surroundings.ts';
import type { Terminal } from '../terminal.ts';

export const run = defineCommand({
  command: 'run <file>',
  describe: 'Run a workflow and follow it; what was done before and still stands is not done again',
  builder: (argv: Argv<CommonOptions>) => planOptions(argv),
  run: runWorkflow,
});

export async function runWorkflow(options: CommonOptions & PlanOptions, terminal: Terminal): Promise<number> {
  const { planRun, withSite, startRun, viewRun } = await import('../../run/index.ts');
  const settings = readSurroundings(options.work);
  const wishes = freshWishes();
  return withSite(settings, options.site, async (open) => {
    const planned = await valueOrProblems(
      await planRun(planRequest(options), settings, open),
      options,
      terminal,
    );
    if (planned === undefined) return refused;
    const { ledger, backend } = open;
    const quiet = options.quiet || options.output === 'json';
    const progress = startProgress(terminal, quiet, settings.clock);
    let along: FetchAlong | undefined;
    const accepted = sayAccepted(quiet ? () => {} : progress.say, backend.batch.takes, open.site.name);
    const notes = sayNotes(quiet ? () => {} : progress.say);
    try {
      const { run: id } = await withCtrlC(progress.say, wishes, settings.clock, backend.batch.takes, () =>
        startRun(
          planned,
          ledger,
          open,
          settings,
          {
            wishes,
            fuse: options.fuse,
            pack: options.pack,
            batch: options.batch,
            force: false,
            say: quiet ? () => {} : progress.say,
            onChange: (state, events) => {
              along?.take(events);
              notes(events);
              const view = viewRun(planned.plan, state);
              progress.show(view);
              accepted(view);
            },
          },
          async (started, folder) => {
            along = await fetchAlong(
              { run: started, folder, plan: planned.plan },
              open,
              quiet ? () => {} : progress.say,
            );
            if (!options.quiet && options.output === 'text') terminal.err(`run ${started}`);
          },
        ),
      );
      if (!wishes.drain) await along?.end();
      progress.stop();
      return endOfRun(ledger, backend, id, wishes, options, terminal);
    } finally {
      progress.stop();
    }
  });
}
