import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Desk, ended } from '../cli/espalier.ts';
import { cluster, deskWithSite, isQueueEmpty, onCluster, queued, running, until } from './cluster.ts';

const desks: Desk[] = [];
// After all of them: some run at the same time.
afterAll(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/** One step on a few items, then what gathers them; `more` are further lines of the first step. */
function begin(name: string, images: number, command: string, more = '', site = '') {
  const desk = deskWithSite(name, images, site);
  desks.push(desk);
  desk.write({
    'w.yaml': `name: ${name}
collections:
  raw: { at: "bed:${desk.data}", pattern: "cell_t{t:int}.txt" }
steps:
  first:
    for-each: raw
    fuse: false
    run: ${JSON.stringify(command)}
    outputs: { image: "{{ item.t }}.a" }
    resources: { memory: 60MB, time: 5m }
${more}
  all:
    group: { by: [], order: t }
    from: first.image
    inputs: { image: files }
    run: "cat {{ inputs.image }} >{{ outputs.image }}"
    outputs: { image: all.txt }
    resources: { memory: 50MB, time: 5m }
`,
  });
  return desk;
}

interface Shown {
  readonly state: string;
  readonly attempts: readonly {
    readonly state: string;
    readonly why: string | null;
    readonly batchRow: string | null;
    readonly node: string | null;
    readonly host: string | null;
    readonly asked: { readonly memory: number; readonly time: number; readonly partition?: string };
  }[];
}

async function show(desk: Desk, task: string): Promise<Shown> {
  return desk.json<Shown>('show', task);
}

const megabyte = 1024 ** 2;
const eat = (megabytes: number): string => `python3 -c 'x = bytearray(${megabytes} * 1024 * 1024)'`;
const copy = 'cat {{ inputs.image }} >{{ outputs.image }}';

onCluster('a failure on a real Slurm', () => {
  it.concurrent('of memory is tried again with twice as much, and what waited for it comes out right', async () => {
    const hungry = `[ {{ item.t }} -ne 2 ] || ${eat(80)}; ${copy}`;
    const desk = begin('hungry', 3, hungry, '    retry: { out-of-memory: { times: 2, memory: x2 } }');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { attempts, state } = await show(desk, 'first:2');
    expect(state).toBe('succeeded');
    expect(attempts.map(({ why }) => why)).toEqual(['out-of-memory', null]);
    expect(attempts.map(({ asked }) => asked.memory)).toEqual([60 * megabyte, 120 * megabyte]);
    expect((await show(desk, 'all:1')).state).toBe('succeeded');
    expect(await desk.json<object>('status')).toMatchObject({ run: { counts: { succeeded: 4 } } });
  });

  it.concurrent('of memory in a child of a command that ends with 0 is no success', async () => {
    const desk = begin('quiet', 1, `${eat(80)} || :; ${copy}`);
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code).toBe(1);
    expect((await show(desk, 'first:1')).attempts.at(-1)?.why).toBe('out-of-memory');
  });

  it.concurrent('of time is tried again with more of it, and says so while it is followed', async () => {
    // Slurm counts in minutes and ends a job up to half a minute late.
    const slow = `[ {{ item.t }} -ne 1 ] || [ -e ${'$HOME'}/quick ] || { touch ${'$HOME'}/quick; sleep 300; }; ${copy}`;
    const desk = begin('slow', 1, slow, '    retry: { time: { times: 1, time: x2 } }');
    desk.write({ 'w.yaml': desk.read('w.yaml').replace('time: 5m', 'time: 20s') });
    cluster.login('rm -f ~/quick');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stderr).toContain('first:1: time: tried again (1 of 1) with time ×2');
    const { attempts } = await show(desk, 'first:1');
    expect(attempts.map(({ why }) => why)).toEqual(['time', null]);
    expect(attempts.map(({ asked }) => asked.time)).toEqual([20, 40]);
    expect(attempts[0]?.batchRow).toMatch(/\|TIMEOUT\|/);
    expect(attempts[0]?.node).toMatch(/^cn[12]$/);
  });

  it('is tried again on another node, and a ledger that takes the run in tells the same', async () => {
    const once = `[ {{ item.t }} -ne 1 ] || ! mkdir ${'$HOME'}/tried-once 2>/dev/null || exit 3; ${copy}`;
    const desk = begin('elsewhere', 2, once, '    retry: { application: { times: 1, node: other } }');
    cluster.login('rmdir ~/tried-once');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const before = await show(desk, 'first:1');
    expect(before.attempts.map(({ why }) => why)).toEqual(['exit', null]);
    const bad = /first:1: application: tried again \(1 of 1\) with not on (cn[12])/.exec(ran.stderr)?.[1];
    const [first, second] = before.attempts.map(({ host }) => host);
    expect([first, second]).toEqual([bad, bad === 'cn1' ? 'cn2' : 'cn1']);
    // By the accounting too.
    const { run } = (await desk.json<{ readonly run: { readonly run: string } }>('status')).run;
    const nodes = () => cluster.jobs(run, 'JobID,NodeList').map((row) => row.split('|')[1]);
    await until('the accounting', () => nodes().includes(first ?? '?') && nodes().includes(second ?? '?'));

    for (const end of ['', '-wal', '-shm'])
      rmSync(join(desk.folder, `home/ledger.sqlite${end}`), { force: true });
    const adopted = await desk.espalier('adopt', `bed:${run}`);
    expect(adopted.code, adopted.stderr).toBe(0);
    await desk.espalier('attach');
    const after = await show(desk, 'first:1');
    expect(after.state).toBe('succeeded');
    expect(after.attempts.map(({ asked }) => asked)).toEqual(before.attempts.map(({ asked }) => asked));
    expect(await desk.json<object>('status')).toMatchObject({ run: { counts: { succeeded: 3 } } });
  });

  it('that is a cancellation by another user is told from one of our own', async () => {
    const desk = begin('foreign', 2, `sleep 120; ${copy}`);
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    await until('two running jobs', () => running().length === 2);
    const [theirs = '', ours = ''] = running();
    expect(cluster.root('login', `scancel ${theirs}`).code).toBe(0);
    expect(cluster.login(`scancel ${ours}`).code).toBe(0);
    const { code, stdout } = await ended(child);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /cancelled \[cancelled-by-other\]: another user cancelled its job .*CANCELLED by 0/,
    );
    expect(stdout).toMatch(/cancelled \[cancelled\]: its job was cancelled .*CANCELLED by 2001/);
  });

  it('of a job that can never begin is named at once, and the run does not wait for ever', async () => {
    const desk = begin('never', 2, copy);
    // The profile promises more than the partition gives: Slurm takes such a job and lets it wait.
    const profile = desk.read('home/sites/bed.yaml').replaceAll('time: 1h', 'time: 9h');
    desk.write({
      'home/sites/bed.yaml': profile,
      'w.yaml': desk.read('w.yaml').replace('time: 5m', 'time: 5h'),
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr).toBe(1);
    expect(ran.stderr).toMatch(
      /2 jobs \(\d+_0 and others\) do not begin: it asks for more time than the partition allows.*PartitionTimeLimit/,
    );
    expect(ran.stdout).toMatch(/first:1 .* failed \[stuck\]: it could never begin: it asks for more time/);
    await until('the queue to run empty', isQueueEmpty);
    const again = await desk.espalier('resume', '--with', 'time=5m');
    expect(again.code, again.stderr).toBe(0);
  });

  it('of a job that is held ends the following with the mend, and attach goes on once it is released', async () => {
    const desk = begin('held', 1, copy);
    // Before the job comes, so that it cannot begin before it is held.
    cluster.root('login', 'scontrol update PartitionName=cpu State=DOWN');
    const ran = desk.espalier('run', 'w.yaml', '--site', 'bed');
    try {
      await until('two waiting jobs', () => queued().length === 2);
      cluster.login("scontrol hold $(squeue -h -o '%A' | sort -n | head -1)");
    } finally {
      cluster.root('login', 'scontrol update PartitionName=cpu State=UP');
    }
    const { code, stderr } = await ran;
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(
      'nothing of the run can go on: it is held by you; `scontrol release` lets it go',
    );
    cluster.login("scontrol release $(squeue -h -o '%A' | sort -n | head -1)");
    const followed = await desk.espalier('attach');
    expect(followed.code, followed.stderr).toBe(0);
  });
});
