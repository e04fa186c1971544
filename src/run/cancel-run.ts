import { EspalierError, type RunId } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import type { RunState } from '../scheduler/index.ts';
import { catchUp } from './resume/resume-run.ts';
import type { Settings } from './settings.ts';
import { type Following, sitDown } from './sit-down.ts';
import type { OpenSite } from './with-site.ts';

/**
 * Ends a run. Where another espalier of this machine drives it, that one is told through the ledger and does it; else it is
 * done here, which `begins` hears of. Undefined: somebody else does it.
 */
export async function cancelRun(
  id: RunId,
  ledger: Ledger,
  { backend, site }: Pick<OpenSite, 'backend' | 'site'>,
  settings: Settings,
  following: Following & { readonly begins: () => void },
): Promise<RunState | undefined> {
  const { run, folder } = ledger.run(id);
  const { plan } = ledger.plan(run);
  const sitting = { run, plan, folder, ledger, backend, site, settings, following };
  ledger.append([{ kind: 'cancel-asked', run, user: settings.user, host: settings.host }]);
  try {
    return await sitDown(sitting, async (context) => {
      following.begins();
      return (await catchUp(context)).cancel();
    });
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'driven-already') return undefined;
    throw error;
  }
}
