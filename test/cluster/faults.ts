import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { Ledger } from '../../src/provenance/index.ts';
import type { Desk } from '../cli/espalier.ts';
import { cluster, deskWithSite, elementsOf, gathered, threeSteps, until } from './cluster.ts';

/** What the tests of faults share: a small run whose first step waits for a file, and a look at its end. */

export const copy = 'cat {{ inputs.image }} >{{ outputs.image }}';

export interface Shown {
  readonly run: string;
  readonly folder: string;
  readonly counts: Readonly<Record<string, number>>;
}

export interface FaultDesk extends Desk {
  /** Folder with images, as the cluster names it. */
  readonly data: string;
  /** Lets the first step's tasks go on. */
  readonly go: () => void;
}

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/** Shell text of a step that waits until it may go on. */
export function gated(command = copy): string {
  return `while [ ! -e "$GATE" ]; do sleep 0.2; done; ${command}`;
}

/** A desk with a run of three steps over so many images. */
export function faultDesk(name: string, images: number, first: string, more?: string): FaultDesk {
  const desk = deskWithSite(name, images, more);
  desks.push(desk);
  const gate = join(desk.data, 'go');
  const text = threeSteps(name, desk.data, first);
  desk.write({
    'w.yaml': text.replace('steps:\n', `defaults: { environment: { GATE: "${gate}" } }\nsteps:\n`),
  });
  return Object.assign(desk, { go: () => writeFileSync(here(gate), '') });
}

/** Another person's or another machine's desk, that knows the same cluster. */
export function otherDesk(name: string): FaultDesk {
  return faultDesk(name, 1, copy);
}

/** A path of the cluster, as this machine names it. */
export function here(path: string): string {
  return path.replace('/scratch', cluster.scratch);
}

export async function shown(desk: Desk): Promise<Shown> {
  return (await desk.json<{ readonly run: Shown }>('status')).run;
}

/**
 * Every task exactly once: the result is whole, Slurm saw each element once, the records and the ledger tell one success of each,
 * and the ledger is valid.
 */
export async function expectOnce(desk: Desk, images: number): Promise<void> {
  const tasks = 2 * images + 1;
  const { run, folder, counts } = await shown(desk);
  expect(counts).toEqual({ succeeded: tasks });
  expect(readFileSync(join(here(folder), 'results/all/all.txt'), 'utf8')).toBe(gathered(images));
  // For its owner alone, whatever was put there by whom.
  expect(cluster.root('login', `find ${folder} ! -type l -perm /077`).stdout).toBe('');
  const elements = await elementsOf(run, tasks);
  expect([elements.length, new Set(elements).size], elements.join(' ')).toEqual([tasks, tasks]);
  expect(successes(desk)).toHaveLength(tasks);
  const check = await desk.espalier('ledger', 'check');
  expect(check.code, check.stdout).toBe(0);
}

/** The tasks that the ledger says have succeeded, one entry each time it says so. */
export function successes(desk: Desk): readonly string[] {
  return events(desk).flatMap((event) => (event.kind === 'task-succeeded' ? [event.task] : []));
}

/** The ledger's facts by now, read while espalier may be running. */
export function events(desk: Desk) {
  const path = join(desk.folder, 'home/ledger.sqlite');
  try {
    const ledger = Ledger.open(path, { clock: () => Date.now(), readonly: true });
    try {
      return [...ledger.events()].map(({ event }) => event);
    } finally {
      ledger.close();
    }
  } catch {
    return []; // not there yet
  }
}

/**
 * A stand-in for one of Slurm's programs on the login host, before the real one on the PATH. `body` may call the real one as
 * `"$real" "$@"`; every start leaves a line in `seen`. Gives what puts the usual one back.
 */
export function standIn(
  program: string,
  body: string,
): { readonly seen: () => number; readonly end: () => void } {
  const seen = join(cluster.scratch, `.stand-in-${program}`);
  writeFileSync(seen, '');
  const path = `/usr/local/bin/${program}`;
  const text = `#!/bin/sh\nreal=/usr/bin/${program}\necho "$$" >>/scratch/.stand-in-${program}\n${body}\n`;
  writeFileSync(join(cluster.scratch, '.stand-in'), text);
  const placed = cluster.root(
    'login',
    `chmod 666 /scratch/.stand-in-${program}; cp -p ${path} ${path}.usual; cp /scratch/.stand-in ${path}.new && chmod 755 ${path}.new && mv ${path}.new ${path}`,
  );
  expect(placed.code, placed.stderr).toBe(0);
  return {
    seen: () => readFileSync(seen, 'utf8').split('\n').length - 1,
    end: () => {
      cluster.root('login', `mv ${path}.usual ${path}`);
      rmSync(seen, { force: true });
    },
  };
}

/**
 * A stand-in for an `sbatch` that takes the first array and keeps its answer back until it is let go; then the script that called it
 * goes on. Later calls are answered.
 */
export function hangingSbatch(): { readonly letGo: () => Promise<void> } {
  const hang = 'while [ -e /scratch/.hung ]; do sleep 0.2; done';
  const bad = standIn(
    'sbatch',
    `if mkdir /scratch/.hung 2>/dev/null; then id=$("$real" "$@"); ${hang}; echo "$id"; exit 0; fi; exec "$real" "$@"`,
  );
  return {
    letGo: async () => {
      cluster.root('login', 'rmdir /scratch/.hung');
      // Code 1: none was found.
      await until('the hung script to end', () => cluster.login('pgrep -f "exec /bin/sh -s"').code === 1);
      bad.end();
    },
  };
}

/** The link goes down, and every connection over it is dead when it comes up again: a laptop that changed its network. */
export function cutConnections(): void {
  cluster.setLink('down');
  cluster.root('login', "ps -eo pid=,args= | awk '/sshd.*: anna/ { print $1 }' | xargs -r kill -KILL");
  cluster.setLink('up');
}

/** So many bytes a second towards the login host, or from it; undefined: as fast as it goes. */
export function setRate(direction: 'up' | 'down', kbits?: number): boolean {
  const number = process.env.ESPALIER_TESTBED_NUMBER ?? '77';
  const [device, inside] =
    direction === 'up' ? [`esp${number}-login`, []] : ['eth0', ['ip', 'netns', 'exec', `esp${number}-login`]];
  const words =
    kbits === undefined
      ? ['tc', 'qdisc', 'del', 'dev', device, 'root']
      : [
          'tc',
          'qdisc',
          'add',
          'dev',
          device,
          'root',
          'tbf',
          'rate',
          `${kbits}kbit`,
          'burst',
          '32kbit',
          'latency',
          '400ms',
        ];
  const [program = 'tc', ...rest] = [...inside, ...words];
  return spawnSync(program, rest).status === 0;
}
