import type { Backend } from '../backends/index.ts';
import type { Ledger } from '../provenance/index.ts';
import { initialState } from '../scheduler/index.ts';
import { localSiteName, pathPrelude } from './local-site.ts';
import type { PlannedRun } from './plan-run.ts';
import { arrangeTasks, arrayFiles } from './send-arrays.ts';
import type { Settings } from './settings.ts';

/** The very files that would be sent, for a run that is not made: its id and tokens are placeholders. */
export function previewScripts(
  planned: PlannedRun,
  ledger: Ledger,
  backend: Backend,
  settings: Settings,
  options: { readonly fuse: boolean; readonly pack: boolean },
): readonly { readonly path: string; readonly content: string }[] {
  const run = 'RUN';
  const folder = `${settings.work}/${run}`;
  const context = {
    run,
    plan: planned.plan,
    folder,
    backend,
    ledger,
    site: localSiteName,
    slots: settings.capacity.cpus,
    random: () => 'xxxx',
    ...options,
    prelude: pathPrelude(folder),
  };
  const arrays = arrangeTasks(planned.plan.tasks, initialState(planned.plan), context);
  return arrays.flatMap((array) =>
    arrayFiles(array, context).map(({ path, content }) => ({
      path,
      content: Buffer.from(content).toString('utf8'),
    })),
  );
}
