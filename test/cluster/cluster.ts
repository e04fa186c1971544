import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, inject } from 'vitest';
import { Desk } from '../cli/espalier.ts';

const script = fileURLToPath(new URL('testbed/cluster.sh', import.meta.url));

const { state, unavailable } = inject('cluster');
const number = process.env.ESPALIER_TESTBED_NUMBER ?? '77';

/** A group of tests that needs the cluster; where there is none its title says why. */
export const onCluster: typeof describe = unavailable === '' ? describe : skipped();

function skipped(): typeof describe {
  const skip = (name: string, work: () => void) => describe.skip(`${name} (skipped: ${unavailable})`, work);
  return skip as unknown as typeof describe;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real cluster, as the tests look at it: behind espalier's back, by its own ssh. */
export const cluster = {
  state,
  /** `cluster.sh`. */
  script,
  sshConfig: join(state, 'ssh_config'),
  /** Its hosts' addresses are this and a number: login 2, cn1 3, cn2 4, gate 5; this machine is 1. */
  net: `10.${number}.0`,
  /** What the hosts see as /scratch. */
  scratch: join(state, 'shared/scratch'),

  /** On the login host as anna, without the counting of commands. */
  login(command: string, seconds = 60): Ran {
    const words = ['-F', join(state, 'ssh_config'), '-o', 'BatchMode=yes', 'login'];
    return run('ssh', [...words, `PATH=/usr/bin:/bin; ${command}`], seconds);
  },

  /** As root inside a host. */
  root(host: string, command: string, seconds = 60): Ran {
    return run('bash', [script, 'exec', host, 'sh', '-c', command], seconds);
  },

  /** Rows of `sacct` about jobs whose name begins so. */
  jobs(prefix: string, fields = 'JobID,State'): readonly string[] {
    const { stdout } = cluster.login(
      `sacct -a -n -X -P -S now-2hours -o ${fields},JobName | grep '|${prefix}' || :`,
    );
    return stdout.split('\n').filter((line) => line !== '');
  },

  /** How often each Slurm program ran over ssh since the last reset. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const line of readFileSync(join(cluster.scratch, '.commands'), 'utf8').split('\n')) {
      const [name] = line.split(' ', 1);
      if (name !== undefined && name !== '') counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  },

  resetCounts(): void {
    writeFileSync(join(cluster.scratch, '.commands'), '');
  },

  /** The link between this machine and the login host. */
  setLink(to: 'up' | 'down'): void {
    run('ip', ['link', 'set', `esp${number}-login`, to]);
  },
};

/** Ids of what runs now. */
export function running(): readonly string[] {
  return queue('-t R');
}

/** Ids of what waits or runs. */
export function queued(): readonly string[] {
  return queue('');
}

/** That nothing is left in the queue. A question that was not answered does not say so. */
export function isQueueEmpty(): boolean {
  const { code, stdout } = cluster.login('squeue -h');
  return code === 0 && stdout === '';
}

function queue(which: string): readonly string[] {
  const { stdout } = cluster.login(`squeue -h ${which} -o %i`);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Ids of the elements of a run as the accounting has them, which hears of each a moment later. */
export async function elementsOf(run: string, count: number): Promise<readonly string[]> {
  const ids = () => cluster.jobs(run).map((row) => row.split('|')[0] ?? '');
  await until(`${count} elements of ${run} in the accounting`, () => ids().length >= count);
  return ids();
}

function run(program: string, words: readonly string[], seconds = 60): Ran {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: seconds * 1000 });
  return { code: status ?? 255, stdout, stderr };
}

/** A person's desk whose espalier knows the cluster as the site `bed`, with images of its own there. */
export function deskWithSite(name: string, images: number, more = ''): Desk & { readonly data: string } {
  const desk = new Desk();
  const data = `/scratch/data-${name}-${process.pid}-${Date.now()}`;
  desk.write({
    'home/sites/bed.yaml': `host: login
ssh-config: ${cluster.sshConfig}
work: /scratch/runs
partitions:
  cpu: { default: true, cpus: 16, memory: 7GB, time: 1h, gpus: { gpu: 2 } }
  gpu: { cpus: 16, memory: 7GB, time: 1h, gpus: { gpu: 2 } }
limits: { poll-shortest: 0.5, poll-longest: 2, file-delay: 3 }
${more}`,
  });
  const here = data.replace('/scratch', cluster.scratch);
  mkdirSync(here, { recursive: true, mode: 0o777 });
  // As old as images are: the hash of a file that was written a moment ago is not relied upon.
  const written = Date.now() / 1000 - 60;
  for (let i = 1; i <= images; i++) {
    const image = join(here, `cell_t${String(i).padStart(3, '0')}.txt`);
    writeFileSync(image, `image ${i}\n`);
    utimesSync(image, written, written);
  }
  return Object.assign(desk, { data });
}

/** Three steps that are not fused: per item, per item, and a gather. */
export function threeSteps(name: string, data: string, first: string): string {
  const request = 'resources: { memory: 50MB, time: 5m }';
  return `name: ${name}
collections:
  raw: { at: "bed:${data}", pattern: "cell_t{t:int}.txt" }
steps:
  first:
    for-each: raw
    fuse: false
    run: ${JSON.stringify(first)}
    outputs: { image: "{{ item.t }}.a" }
    ${request}
  second:
    for-each: first.image
    fuse: false
    run: "cat {{ inputs.image }} {{ inputs.image }} >{{ outputs.image }}"
    outputs: { image: "{{ item.t }}.b" }
    ${request}
  all:
    group: { by: [], order: t }
    from: second.image
    inputs: { image: files }
    run: "cat {{ inputs.image }} >{{ outputs.image }}"
    outputs: { image: all.txt }
    ${request}
`;
}

/** What the last step must have made of images 1 to `count`. */
export function gathered(count: number, keep: (t: number) => boolean = () => true): string {
  return Array.from({ length: count }, (_, i) => i + 1)
    .filter(keep)
    .map((t) => `image ${t}\n`.repeat(2))
    .join('');
}

/** Asks again until it holds; gives up after two minutes, or after `seconds`. */
export async function until(what: string, holds: () => boolean, seconds = 120): Promise<void> {
  for (let tries = 0; tries < seconds * 4; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`waited in vain for ${what}`);
}
