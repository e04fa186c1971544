import { createHash } from 'node:crypto';
import { checkOutputName } from '../compiler/index.ts';
import { EspalierError, type RunId, type RunPlanned } from '../model/index.ts';
import { decodePlan, type Ledger } from '../provenance/index.ts';
import type { OpenSite } from './with-site.ts';

/**
 * Takes a run into this ledger from its folder on the site. Every array that was sent is taken in by who then goes on with it, and
 * what became of them is collected from their records and the batch system, as after any sleep.
 */
export async function adoptRun(id: RunId, ledger: Ledger, { backend, site }: OpenSite): Promise<RunId> {
  if (!/^[A-Za-z0-9._-]+$/.test(id) || id.startsWith('.'))
    throw new EspalierError('no-run', `\`${id}\` is no run id`, {
      hint: 'it is the name of a folder in the work directory',
    });
  const folder = `${site.work}/${id}`;
  const text = await backend.transport.read(`${folder}/planned`);
  const plan = await backend.transport.read(`${folder}/plan`);
  const workflow = await backend.transport.read(`${folder}/workflow.yaml`);
  if (text === undefined || plan === undefined || workflow === undefined) {
    throw new EspalierError('no-run', `there is no run \`${id}\` in \`${site.work}\` of \`${site.name}\``, {
      hint: `\`espalier site doctor ${site.name}\` says whether the work directory is the right one`,
    });
  }
  const planned = readPlanned(text, folder, id);
  refuseChanged({ plan, workflow }, planned, folder);
  if (ledger.hasRun(planned.run)) {
    throw new EspalierError('run-known', `the ledger has run \`${planned.run}\` already`, {
      hint: `go on with \`espalier attach ${planned.run}\``,
    });
  }
  // Where this site and this folder are here, whatever the other ledger called them.
  ledger.append([{ ...planned, site: site.name, folder }], [Buffer.from(workflow).toString(), plan]);
  return planned.run;
}

/** A folder of a cluster may have been written to by others: what comes from it is believed as little as any file of a stranger. */
function readPlanned(text: Uint8Array, folder: string, id: RunId): RunPlanned {
  try {
    const planned: RunPlanned = JSON.parse(Buffer.from(text).toString());
    if (planned.kind === 'run-planned' && planned.run === id) return planned;
  } catch {
    // said below
  }
  throw unreadable(`${folder}/planned`, 'it cannot be read as the fact that this run was planned');
}

/** The plan is the one that was planned, and puts no result outside its run. */
function refuseChanged(
  { plan, workflow }: { readonly plan: Uint8Array; readonly workflow: Uint8Array },
  { planSha256, workflowSha256 }: RunPlanned,
  folder: string,
): void {
  if (sha256(plan) !== planSha256) throw unreadable(`${folder}/plan`, 'it is not the plan of this run');
  if (sha256(workflow) !== workflowSha256)
    throw unreadable(`${folder}/workflow.yaml`, 'it is not the workflow of this run');
  const names = outputNames(plan);
  if (names === undefined) throw unreadable(`${folder}/plan`, 'it cannot be read as a plan');
  for (const name of names) {
    const wrong = checkOutputName(name);
    if (wrong !== undefined) throw unreadable(`${folder}/plan`, `the result \`${name}\` ${wrong}`);
  }
}

/** Below the run's `results`. Undefined where it is no plan. */
function outputNames(plan: Uint8Array): readonly string[] | undefined {
  try {
    return decodePlan(plan).plan.tasks.flatMap(({ step, outputs }) =>
      outputs.map(({ name }) => `${step}/${name}`),
    );
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function unreadable(path: string, why: string): EspalierError {
  return new EspalierError('run-unreadable', `\`${path}\` cannot be taken in: ${why}`, {
    hint: 'it was cut short or changed; the results in the folder are not touched',
  });
}
