import { randomBytes } from 'node:crypto';
import type { Resources, Site } from '../../model/index.ts';
import { shellQuote } from '../../templates/index.ts';
import type { OpenSite } from '../with-site.ts';

export interface JobRan {
  readonly code: number;
  /** What the job printed; of one that was refused, the batch system's own words. */
  readonly text: string;
}

/**
 * Runs shell text as one job of Slurm and waits for its end: for what a node has to say, and for what a login host must not do.
 * `time` of the resources is shortened to what the site allows; `timeoutMs` includes the wait in the queue.
 */
export async function runAsJob(
  { site, backend }: Pick<OpenSite, 'site' | 'backend'>,
  job: {
    readonly name: string;
    readonly script: string;
    readonly resources: Resources;
    readonly timeoutMs: number;
  },
): Promise<JobRan> {
  const resources = { ...job.resources, time: Math.min(job.resources.time, longestTime(site)) };
  const file = `${site.work}/.job-${randomBytes(6).toString('hex')}`;
  const text = ['#!/bin/sh', ...backend.directives(resources), ...site.prelude, job.script, ''].join('\n');
  await backend.transport.put([{ path: `${file}.sh`, content: text, executable: true }]);
  const [sh, out] = [shellQuote(`${file}.sh`), shellQuote(`${file}.out`)];
  const ran = await backend.transport.run(
    `sbatch --wait --job-name=${shellQuote(job.name)} --output=${out} ${sh} 2>&1; code=$?; cat ${out}; rm -f -- ${sh} ${out}; exit $code`,
    { timeoutMs: job.timeoutMs },
  );
  return { code: ran.code, text: ran.stdout };
}

function longestTime({ partitions }: Site): number {
  const times = Object.values(partitions).flatMap(({ time }) => (time === undefined ? [] : [time]));
  return times.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...times);
}
