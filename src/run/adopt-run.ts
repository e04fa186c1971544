import { EspalierError, type LedgerEvent, type RunId, type RunPlanned } from '../model/index.ts';
import type { Ledger } from '../provenance/index.ts';
import type { OpenSite } from './with-site.ts';

/**
 * Takes a run into this ledger from its folder on the site: the plan, and every array that was sent. What became of them is
 * collected afterwards from their records and the batch system, as after any sleep.
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
  const planned = parse<RunPlanned>(text, `${folder}/planned`);
  if (ledger.hasRun(planned.run)) {
    throw new EspalierError('run-known', `the ledger has run \`${planned.run}\` already`, {
      hint: `go on with \`espalier attach ${planned.run}\``,
    });
  }
  const arrays = await readArrays(folder, backend);
  // Where this site and this folder are here, whatever the other ledger called them.
  ledger.append(
    [{ ...planned, site: site.name, folder }, ...arrays],
    [Buffer.from(workflow).toString(), plan],
  );
  return planned.run;
}

/** What each array was to run, and the doubt whether it was submitted: the batch system and the records will tell. */
async function readArrays(folder: string, backend: OpenSite['backend']): Promise<readonly LedgerEvent[]> {
  const quoted = folder.replaceAll("'", "'\\''");
  const script = `cd '${quoted}/arrays' 2>/dev/null || exit 0\nfor each in */packed; do [ ! -f "$each" ] || cat "$each"; done`;
  const ran = await backend.transport.run(script);
  const lines = ran.stdout.split('\n').filter((line) => line !== '');
  return lines.flatMap((line): readonly LedgerEvent[] => {
    const packed = parse<Extract<LedgerEvent, { kind: 'array-packed' }>>(
      Buffer.from(line),
      `${folder}/arrays`,
    );
    const indices = packed.elements.flatMap((list, index) => (list.length > 0 ? [index] : []));
    return [packed, { kind: 'elements-submitting', run: packed.run, array: packed.array, indices }];
  });
}

function parse<T extends { readonly kind: string }>(bytes: Uint8Array, where: string): T {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    throw new EspalierError('run-unreadable', `\`${where}\` cannot be read as a fact of a run`, {
      hint: 'it was cut short or changed; the results in the folder are not touched',
      cause,
    });
  }
}
