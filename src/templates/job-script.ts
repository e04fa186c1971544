import type { ArrayId, RunId } from '../model/index.ts';
import { render } from './render.ts';

export interface JobScript {
  readonly array: ArrayId;
  readonly run: RunId;
  readonly elements: number;
  readonly runFolder: string;
  /** Time limit of one element in seconds; 0 for none. */
  readonly seconds: number;
  /** Lines of the batch system's own (`#SBATCH …`), made by its driver from checked values. */
  readonly directives: readonly string[];
  /** Shell lines that set `esp_index`, `esp_job` and `esp_restart`, and the site's own (modules, PATH). */
  readonly prelude: readonly string[];
}

const safe = /^[A-Za-z0-9._-]+$/;

/** The whole script of an array: what is submitted, and what a person runs as `sh job.sh INDEX`. */
export function renderJobScript(job: JobScript): string {
  if (!safe.test(job.array) || !safe.test(job.run))
    throw new Error(`not an id: \`${job.array}\`, \`${job.run}\``);
  return render('job.sh.njk', {
    array: job.array,
    elements: job.elements,
    run_folder: job.runFolder,
    // Without its quotes: the wrapper goes on from there.
    run_folder_json: JSON.stringify(job.runFolder).slice(1, -1),
    seconds: Math.ceil(job.seconds),
    raw_array: job.array,
    raw_run: job.run,
    raw_directives: job.directives,
    raw_prelude: job.prelude,
  });
}
