import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Ledger } from '../../src/provenance/index.ts';
import { type Desk, ended } from '../cli/espalier.ts';
import {
  cluster,
  deskWithSite,
  elementsOf,
  gathered,
  isQueueEmpty,
  onCluster,
  queued,
  running,
  threeSteps,
  until,
} from './cluster.ts';

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

function begin(name: string, images: number, first: string, more?: string) {
  const desk = deskWithSite(name, images, more);
  desks.push(desk);
  desk.write({ 'w.yaml': threeSteps(name, desk.data, first) });
  return desk;
}

/** The same; the first step's tasks wait until they may `go`. */
function beginGated(name: string, images: number) {
  const desk = begin(name, images, '');
  desk.write({
    'w.yaml': threeSteps(name, desk.data, `while [ ! -e ${desk.data}/go ]; do sleep 0.2; done; ${copy}`),
  });
  const gate = join(desk.data.replace('/scratch', cluster.scratch), 'go');
  return Object.assign(desk, { go: () => writeFileSync(gate, '') });
}

interface Status {
  readonly run: {
    readonly run: string;
    readonly folder: string;
    readonly counts: Readonly<Record<string, number>>;
  };
}

/** How long the link is down. */
const outageSeconds = Number(process.env.ESPALIER_OUTAGE ?? 60);

const copy = 'cat {{ inputs.image }} >{{ outputs.image }}';

async function statusOf(desk: Desk): Promise<Status['run']> {
  return (await desk.json<Status>('status')).run;
}

function result({ folder }: Status['run']): string {
  return readFileSync(join(folder.replace('/scratch', cluster.scratch), 'results/all/all.txt'), 'utf8');
}

/** Every element once: nothing was submitted twice. */
async function expectOneJobEach(run: string, elements: number): Promise<void> {
  const ids = await elementsOf(run, elements);
  expect(ids).toHaveLength(elements);
  expect(new Set(ids).size).toBe(elements);
}

/** Every attempt stands in the ledger with what its record said, whatever its end. */
async function expectWholeLedger(desk: Desk, succeeded: number, failed = 0, skipped = 0): Promise<void> {
  const ledger = Ledger.open(join(desk.folder, 'home/ledger.sqlite'), { clock: () => Date.now() });
  const all = [...ledger.events()].map(({ event }) => event);
  ledger.close();
  const told = (kind: 'task-succeeded' | 'task-failed') =>
    all.flatMap((event) =>
      event.kind === kind
        ? `${event.evidence?.ended?.outcome} ${event.evidence?.started?.host.slice(0, 2)}`
        : [],
    );
  expect(told('task-succeeded')).toEqual(Array(succeeded).fill('ok cn'));
  expect(told('task-failed')).toEqual(Array(failed).fill('exit cn'));
  const skips = all.flatMap((event) =>
    event.kind === 'task-skipped' ? (event.evidence?.ended?.outcome ?? event.message) : [],
  );
  expect(skips).toEqual(Array(skipped).fill('upstream'));
  expect((await desk.espalier('ledger', 'check')).code).toBe(0);
}

onCluster('a run on a real Slurm', () => {
  it('goes as whole arrays with few commands, and comes back whole', async () => {
    const desk = begin('plain', 12, copy);
    cluster.resetCounts();
    const began = Date.now();
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    const seconds = (Date.now() - began) / 1000;
    expect(ran.stderr + ran.stdout).not.toMatch(/failed/);
    expect(ran.code).toBe(0);
    const run = await statusOf(desk);
    expect(result(run)).toBe(gathered(12));
    // Three submissions for 25 tasks; then one question per interval (half a second here), whatever the number of jobs, and the
    // accounting only after one of them; nothing else.
    const { sbatch, squeue = 0, sacct = 0, ...others } = cluster.counts();
    expect({ sbatch, others }).toEqual({ sbatch: 3, others: {} });
    expect(squeue).toBeLessThanOrEqual(seconds / 0.5 + 1);
    expect(sacct).toBeLessThanOrEqual(squeue);
    await expectOneJobEach(run.run, 25);
    await expectWholeLedger(desk, 25);
    // All of it stands: there is nothing to hand over.
    expect((await desk.espalier('plan', 'w.yaml', '--site', 'bed')).stdout).not.toContain('job(s)');
  });

  it('goes the same way by the built-in client', async () => {
    const desk = begin('built-in', 6, copy, 'transport: ssh\n');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr).toBe(0);
    const run = await statusOf(desk);
    expect(result(run)).toBe(gathered(6));
    await expectOneJobEach(run.run, 13);
    expect((await desk.espalier('site', 'login', 'bed')).stdout).toContain('the login to bed works');
  });

  it('outlives the laptop: killed a second after submission, found complete when it starts again', async () => {
    const desk = beginGated('killed', 12);
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await until('word that all is there', () => said.includes('bed has all 25 task(s)'));
    child.kill('SIGKILL');
    await ended(child);
    const waiting = cluster.login("squeue -h -t PD -o '%i %r'").stdout;
    expect(waiting).toMatch(/\[0-11\] /);
    desk.go();
    await until('the queue to run empty', isQueueEmpty);
    const again = await desk.espalier('attach');
    expect(again.code).toBe(0);
    const run = await statusOf(desk);
    expect(result(run)).toBe(gathered(12));
    await expectOneJobEach(run.run, 25);
    await expectWholeLedger(desk, 25);
  });

  it('lets 18 of 30 through when 12 fail, and says what became of their successors', async () => {
    const desk = begin('twelve', 30, `[ {{ item.t }} -gt 12 ] || { echo no light >&2; exit 3; }; ${copy}`);
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/first:1 \(t=1\) and 11 more failed \[exit\]: ended with code 3/);
    expect(ran.stdout).toContain('| no light');
    expect(ran.stdout).toMatch(/all:1 .*skipped/);
    const { run, counts } = await statusOf(desk);
    expect(counts).toEqual({ succeeded: 36, failed: 12, skipped: 13 });
    await expectOneJobEach(run, 61);
    await expectWholeLedger(desk, 36, 12, 13);
  });

  it('goes on after a job was requeued in mid-task', async () => {
    const desk = beginGated('requeued', 3);
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    await until('a running job', () => running().length > 0);
    const [id = ''] = running();
    expect(cluster.login(`scontrol requeue ${id}`).code).toBe(0);
    // A requeue waits two minutes, unless somebody says otherwise; a node still has the dead job in mind for a few seconds.
    await until('the requeued job to wait', () =>
      cluster.login(`squeue -h -j ${id} -o %T`).stdout.includes('PENDING'),
    );
    cluster.root('login', `scontrol update JobId=${id} StartTime=now+8`);
    desk.go();
    const { code, stdout } = await ended(child);
    expect(code, stdout).toBe(0);
    const run = await statusOf(desk);
    expect(result(run)).toBe(gathered(3));
    await expectOneJobEach(run.run, 7);
    await expectWholeLedger(desk, 7);
  });

  it('minds neither a restart of slurmctld nor a link that is down for a minute, or as long as it is told', async () => {
    const desk = begin('restless', 6, `sleep 6; ${copy}`);
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    await until('running jobs', () => running().length > 0);
    cluster.setLink('down');
    const cut = Date.now();
    cluster.root('login', 'kill $(cat /run/slurm/slurmctld.pid)');
    cluster.root(
      'login',
      'while [ -e /run/slurm/slurmctld.pid ]; do sleep 0.2; done; runuser -u slurm -- /usr/sbin/slurmctld',
    );
    await until('the outage to pass', () => Date.now() - cut > outageSeconds * 1000, outageSeconds + 60);
    cluster.setLink('up');
    const { code, stdout } = await ended(child);
    expect(code, stdout).toBe(0);
    const run = await statusOf(desk);
    expect(result(run)).toBe(gathered(6));
    expect(run.counts).toEqual({ succeeded: 13 });
    // After longer Slurm, whose nodes the cable parts too, has dropped what was to follow.
    if (outageSeconds <= 60) await expectOneJobEach(run.run, 13);
    await expectWholeLedger(desk, 13);
  });

  it('is detached by Ctrl-C, cancelled by one command, and taken up again', async () => {
    const desk = begin('cancelled', 4, `[ -e ${'$HOME'}/go ] || sleep 600; ${copy}`);
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    await until('running jobs', () => running().length > 0);
    child.kill('SIGINT');
    const { code, stdout } = await ended(child);
    expect(code).toBe(130);
    expect(stdout).toMatch(/^follow {3}espalier attach \S+$/m);
    expect(stdout).not.toContain('espalier resume');
    expect(queued().length).toBeGreaterThan(0);
    cluster.resetCounts();
    const cancelled = await desk.espalier('cancel');
    expect(cancelled.code).toBe(0);
    expect(cancelled.stderr).toMatch(/^ending what of run \S+ waits or runs on bed: /);
    expect(cluster.counts().scancel).toBe(1);
    expect(isQueueEmpty()).toBe(true);
    expect((await statusOf(desk)).counts).toEqual({ cancelled: 9 });
    cluster.login('touch ~/go');
    expect((await desk.espalier('resume')).code).toBe(0);
    expect(result(await statusOf(desk))).toBe(gathered(4));
    cluster.login('rm ~/go');
  });

  it('can be adopted by a ledger that never heard of it', async () => {
    const desk = begin('adopted', 3, copy);
    expect((await desk.espalier('run', 'w.yaml', '--site', 'bed')).code).toBe(0);
    const { run } = await statusOf(desk);
    const other = begin('adopter', 1, copy);
    const adopted = await other.espalier('adopt', `bed:${run}`);
    expect(adopted.code).toBe(0);
    expect((await statusOf(other)).counts).toEqual({ succeeded: 7 });
    await expectWholeLedger(other, 7);
    expect((await other.espalier('adopt', `bed:${run}`)).stderr).toContain('has run');
  });

  it('calls a task that ran out of memory by that name', async () => {
    const desk = begin('hungry', 2, `python3 -c 'x = bytearray(300 * 1024 * 1024)'; ${copy}`);
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.stdout).toMatch(/first:1 .*failed \[out-of-memory\]: it ran out of the 50 MB/);
  });

  it('is refused by name when planned, where the site cannot give what it asks for', async () => {
    const desk = begin('greedy', 1, copy);
    desk.write({ 'w.yaml': desk.read('w.yaml').replace('memory: 50MB', 'gpus: 5') });
    const ran = await desk.espalier('plan', 'w.yaml', '--site', 'bed');
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('asks for 5 GPUs on a node, and no partition of `bed` gives that');
  });

  it('sends images of this machine once, by their content', async () => {
    const desk = begin('sent', 1, copy);
    const name = `sent${process.pid}-${Date.now()}`;
    desk.write({
      'w.yaml': desk.read('w.yaml').replace(/at: "[^"]*", pattern: "cell/, `pattern: "${name}`),
      [`${name}_t001.txt`]: 'image 1\n',
      [`${name}_t002.txt`]: 'image 2\n',
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.stderr + ran.stdout).not.toMatch(/problem/);
    expect(ran.stdout + ran.stderr).toContain('sending 2 image(s)');
    const first = await statusOf(desk);
    expect(result(first)).toBe(gathered(2));
    // Another run with another first command, which reads the images again; what follows is served, as its inputs are the same.
    const before = sentFiles(name);
    expect(before).toHaveLength(2);
    desk.write({ 'w.yaml': desk.read('w.yaml').replace(copy, `: again; ${copy}`) });
    const again = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(again.code, again.stderr).toBe(0);
    const second = await statusOf(desk);
    expect([second.run === first.run, second.counts]).toEqual([false, { cached: 3, succeeded: 2 }]);
    expect(again.stdout + again.stderr).not.toContain('sending');
    expect(sentFiles(name)).toEqual(before);
  });
});

onCluster('a host key', () => {
  it('that is not known is refused, with what to do', async () => {
    const desk = begin('unknown', 1, copy);
    desk.write({
      ssh_config: readFileSync(cluster.sshConfig, 'utf8').replaceAll(
        /UserKnownHostsFile .*/g,
        'UserKnownHostsFile /dev/null',
      ),
    });
    desk.write({
      'home/sites/bed.yaml': desk
        .read('home/sites/bed.yaml')
        .replace(/ssh-config: .*/, `ssh-config: ${desk.folder}/ssh_config`),
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed', '--output', 'text');
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain('is not known on this machine');
  });
});

/** What of the laptop lies on the cluster by that name: inode, times of content and of status, size and path of each file. */
function sentFiles(name: string): readonly string[] {
  const format = '%i %T@ %C@ %s %p\\n';
  const listed = cluster.login(`find /scratch/runs/inputs -name '${name}*' -printf '${format}' | sort`);
  return listed.stdout.trim().split('\n');
}

onCluster('espalier site doctor', () => {
  it('finds the cluster in order, from its login host and from a node', async () => {
    const desk = begin('doctor', 1, copy, 'containers: { runtime: apptainer }\n');
    const ran = await desk.espalier('site', 'doctor', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    for (const words of [
      /Slurm +ok +slurm.* 24\.11/,
      /array size +ok +MaxArraySize 1001/,
      /accounting +ok/,
      /test job +ok +ran on cn[12]/,
      /GPU +ok +CUDA_VISIBLE_DEVICES=[01]/,
      /containers on a node +ok +apptainer version/,
    ])
      expect(ran.stdout).toMatch(words);
  });

  it('says what is wrong and how to mend it', async () => {
    const desk = begin('sick', 1, copy, 'containers: { runtime: apptainer, program: nosuch }\n');
    const profile = desk.read('home/sites/bed.yaml');
    desk.write({
      'home/sites/bed.yaml': profile
        .replace('/scratch/runs', '/proc/none')
        .replace('  gpu:', '  night:')
        .replace('limits: {', 'limits: { array-size: 5000,'),
    });
    const ran = await desk.espalier('site', 'doctor', 'bed', '--no-job');
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/work directory +failed/);
    expect(ran.stdout).toMatch(/partitions +failed +not there: night/);
    expect(ran.stdout).toMatch(/array size +failed/);
    expect(ran.stdout).toContain('set `limits: { array-size: 1000 }`');
    expect(ran.stdout).toMatch(/containers +failed/);
  });
});
