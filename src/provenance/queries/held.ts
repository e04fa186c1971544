import type { Resources, RunId } from '../../model/index.ts';
import type { Store } from '../file/store.ts';

/** An element of another run that was handed over, or is about to be, and has not been heard to end. */
export interface HeldElement {
  /** Null while its submission is under way. */
  readonly native: string | null;
  readonly resources: Resources;
}

/** An answer to a submission comes within this time, or its driver died before it could be written down. */
const answerMs = 10_000;

/** What other runs on a site may be holding; whether they still do only the site can tell. */
export function heldElsewhere(store: Store, site: string, run: RunId, nowMs: number): readonly HeldElement[] {
  const rows = store.all<{ native: string | null; resources: string }>(
    `select element.native, array.resources from element join array on array.id = element.array
       join run on run.id = array.run
      where run.site = ? and run.name <> ? and run.finished_ms is null
        and exists (
          select 1 from attempt join events on events.seq = attempt.seq
           where attempt.array = array.id and attempt.idx = element.idx
             and (element.state = 'submitted' and attempt.state in ('queued', 'running')
                  or element.state = 'submitting' and attempt.state = 'submitting' and events.at_ms > ?))`,
    site,
    run,
    nowMs - answerMs,
  );
  return rows.map(({ native, resources }) => ({ native, resources: JSON.parse(resources) }));
}
