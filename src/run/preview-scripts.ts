import { initialState } from '../scheduler/index.ts';
import type { PlannedRun } from './plan-run.ts';
import { prepareArrays } from './send-arrays.ts';
import type { Settings } from './settings.ts';
import { type Packing, sendContext } from './sit-down.ts';
import type { OpenSite } from './with-site.ts';

/** The very files that would be sent, for a run that is not made: its id and tokens are placeholders. */
export async function previewScripts(
  planned: PlannedRun,
  open: OpenSite,
  settings: Settings,
  following: Packing,
): Promise<readonly { readonly path: string; readonly content: string }[]> {
  const run = 'RUN';
  const folder = `${open.site.work}/${run}`;
  const fixed = { ...settings, random: () => 'xxxx' };
  const context = sendContext({ ...open, run, plan: planned.plan, folder, settings: fixed, following });
  const state = initialState(planned.plan);
  const { files } = await prepareArrays(planned.plan.tasks, state, context);
  return files.map(({ path, content }) => ({ path, content: Buffer.from(content).toString('utf8') }));
}
