import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Desk, ended } from '../cli/espalier.ts';
import { cluster, isQueueEmpty, onCluster, running, until } from './cluster.ts';
import {
  copy,
  cutConnections,
  events,
  expectOnce,
  faultDesk,
  gated,
  here,
  otherDesk,
  setRate,
  shown,
  successes,
} from './faults.ts';

/** Nothing of a fault is a defect of ours: an error in words, no stack, nothing that "should not" happen. */
function expectWords({ stderr }: { readonly stderr: string }, words: RegExp): void {
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\n\s+at |should not/);
}

onCluster('a link that breaks', () => {
  const slow = 4000; // kbit/s: 2 MB take four seconds

  it('during an upload leaves nothing half sent, and the next try completes it', async () => {
    const desk = faultDesk('cut-upload', 1, 'wc -c <{{ inputs.image }} >{{ outputs.image }}');
    desk.write({ 'w.yaml': desk.read('w.yaml').replace(/at: "[^"]*", /, '') });
    writeFileSync(join(desk.folder, 'cell_t001.txt'), Buffer.alloc(2_000_000, `${process.pid} `));
    // Looked for behind the link: through it, a look takes as long as what it looks for is there.
    const runs = here('/scratch/runs');
    const parts = () => spawnSync('find', [runs, '-name', '*.part-*'], { encoding: 'utf8' }).stdout;
    expect(setRate('up', slow)).toBe(true);
    const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    await until('a part of it', () => parts() !== '', 30);
    cutConnections();
    setRate('up');
    const cut = await end;
    expect(cut.code).toBe(3);
    expectWords(cut, /connection|cut short|cannot be reached/);
    await until('no part', () => parts() === '');
    const again = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(join(here((await shown(desk)).folder), 'results/all/all.txt'), 'utf8')).toBe(
      '2000000\n'.repeat(2),
    );
  });

  it('during a poll ends nothing; during a download leaves nothing half there', async () => {
    const fill = 'head -c 2000000 /dev/zero >{{ outputs.image }}';
    const desk = faultDesk('cut-poll', 2, gated(fill));
    const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    await until('running jobs', () => running().length === 2);
    cutConnections();
    desk.go();
    const { code, stdout, stderr } = await end;
    expect(code, stdout + stderr).toBe(0);
    expect(successes(desk)).toHaveLength(5);

    const got = join(desk.folder, 'got');
    expect(setRate('down', slow)).toBe(true);
    const fetching = ended(desk.begin('fetch', '--only', 'all.*', '--to', got));
    await until('a part of it', () => existsSync(join(got, 'all/all.txt.part')), 30);
    cutConnections();
    setRate('down');
    const cut = await fetching;
    expect(cut.code).toBe(3);
    expectWords(cut, /connection|cut short|another content|cannot fetch/);
    expect(
      readdirSync(got, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()),
    ).toEqual([]);
    expect((await desk.espalier('fetch', '--only', 'all.*', '--to', got)).code).toBe(0);
    expect(statSync(join(got, 'all/all.txt')).size).toBe(8_000_000);
  });
});

/** In the surroundings of whoever starts espalier: it must not come to the cluster. */
const secret = 'lattice-Zu7eiX4o';

const faketime = installFaketime();

/** Debian's package, where it is not there; else why not. */
function installFaketime(): string {
  const there = () => spawnSync('sh', ['-c', 'command -v faketime']).status === 0;
  if (process.getuid?.() === 0 && cluster.state !== '' && !there())
    spawnSync('sh', [
      '-c',
      'apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends faketime',
    ]);
  return there() ? '' : ' (skipped: `faketime` is not there and could not be installed)';
}

onCluster('a laptop', () => {
  it.skipIf(faketime !== '').each([
    ['+10m', 'Asia/Kolkata'],
    ['-10m', 'America/St_Johns'],
  ])(
    `whose clock is %s off, in the zone %s, does everything once${faketime}`,
    {
      timeout: 200_000,
    },
    async (off, zone) => {
      const desk = faultDesk('clock', 2, copy);
      desk.before = ['faketime', '-f', off];
      desk.env = { TZ: zone, FAKETIME_DONT_FAKE_MONOTONIC: '1', REGISTRY_PASSWORD: secret };
      const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
      expect(ran.code, ran.stderr + ran.stdout).toBe(0);
      await expectOnce(desk, 2);
      const { folder } = await shown(desk);
      expect(cluster.root('login', `grep -rl ${secret} ${folder}`).stdout).toBe('');
      // Put right again: nothing is out of date for that.
      desk.before = [];
      const again = await desk.espalier('resume');
      expect(again.stderr).toContain('nothing is left to do');
      await expectOnce(desk, 2);
    },
  );

  it('whose disk is full says so; with space again the run is complete and nothing was lost', async () => {
    const desk = faultDesk('laptop-full', 3, gated());
    const home = join(desk.folder, 'home');
    const profile = desk.read('home/sites/bed.yaml');
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', home]);
    try {
      desk.write({ 'home/sites/bed.yaml': profile });
      const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
      await until('running jobs', () => running().length === 3);
      const fill = join(home, 'fill');
      spawnSync('sh', ['-c', `cat /dev/zero >'${fill}' 2>/dev/null`]);
      desk.go();
      const full = await end;
      expect(full.code).not.toBe(0);
      expectWords(full, /the disk (is full|refused).*disk mounted at/);
      rmSync(fill);
      const again = await desk.espalier('resume');
      expect(again.code, again.stderr + again.stdout).toBe(0);
      await expectOnce(desk, 3);
    } finally {
      spawnSync('umount', ['-l', home]);
    }
  });

  it('that takes a run from another one fences it: the first does nothing more, and each task runs once', async () => {
    const limited = 'limits: { submitted: 3, poll-shortest: 0.5, poll-longest: 2, file-delay: 3 }';
    const first = faultDesk('two-laptops', 3, gated());
    const second = otherDesk('two-laptops-b');
    // So that something is left to submit when the second comes.
    for (const desk of [first, second]) {
      const profile = desk.read('home/sites/bed.yaml');
      desk.write({ 'home/sites/bed.yaml': profile.replace(/limits: .*/, limited) });
    }
    const end = ended(first.begin('run', 'w.yaml', '--site', 'bed'));
    await until('running jobs', () => running().length === 3);
    const { run } = await shown(first);
    const refused = await second.espalier('adopt', `bed:${run}`);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('drives this run');
    const taken = ended(second.begin('attach', run, '--force'));
    await until('the second to hold it', () => events(second).some(({ kind }) => kind === 'driver-attached'));
    first.go();
    const pushed = await end;
    expect(pushed.code).toBe(2);
    expectWords(pushed, /another espalier has taken this run/);
    const { code, stdout, stderr } = await taken;
    expect(code, stdout + stderr).toBe(0);
    await expectOnce(second, 3);
    // What the second has sent meanwhile is taken in, and nothing of it is done again.
    const back = await first.espalier('resume', run);
    expect(back.code, back.stderr + back.stdout).toBe(0);
    await expectOnce(first, 3);
  });
});

onCluster('a work directory on a cluster', () => {
  const small = here('/scratch/small');
  const onSmallDisk = (desk: Desk): void => {
    const profile = desk.read('home/sites/bed.yaml');
    desk.write({ 'home/sites/bed.yaml': profile.replace('/scratch/runs', '/scratch/small/runs') });
  };
  const fill = () => spawnSync('sh', ['-c', `cat /dev/zero >'${small}/fill' 2>/dev/null`]);

  it('that is full before a run refuses it in words; one that fills up fails what did not fit, and resume completes it', async () => {
    const desk = faultDesk(
      'small-disk',
      3,
      gated('head -c 100000 /dev/zero | tr "\\\\0" x >{{ outputs.image }}'),
    );
    onSmallDisk(desk);
    rmSync(join(small, 'runs'), { recursive: true, force: true });
    fill();
    const none = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(none.code).toBe(3);
    expectWords(none, /cannot write .*space/i);
    rmSync(join(small, 'fill'));
    const end = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    // Not before they have begun: one that cannot write its first line waits again, and has not failed.
    const begun = () => events(desk).flatMap((event) => (event.kind === 'tasks-started' ? event.tasks : []));
    await until('word of three tasks', () => begun().length === 3);
    fill();
    desk.go();
    const isBad = ({ kind }: { readonly kind: string }): boolean =>
      kind === 'task-failed' || kind === 'task-lost';
    await until('a failure', () => events(desk).some(isBad));
    expect(successes(desk)).toEqual([]);
    rmSync(join(small, 'fill'));
    await end;
    const { run, folder } = await shown(desk);
    const again = await desk.espalier('resume', run);
    expect(again.code, again.stderr + again.stdout).toBe(0);
    expect((await shown(desk)).counts).toEqual({ succeeded: 7 });
    expect(statSync(here(`${folder}/results/all/all.txt`)).size).toBe(600_000);
    rmSync(join(small, 'runs'), { recursive: true });
  });

  it('whose records were cut short, or hold what is no fact, makes no success of them', async () => {
    const desk = faultDesk('cut-record', 3, gated());
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const end = ended(child);
    await until('running jobs', () => running().length === 3);
    child.kill('SIGKILL');
    await end;
    desk.go();
    await until('the queue to run empty', isQueueEmpty);
    const { run, folder } = await shown(desk);
    const records = join(here(folder), 'records');
    const [array = ''] = readdirSync(records).sort();
    const cut = join(records, array, '1');
    truncateSync(cut, readFileSync(cut, 'utf8').indexOf('"fact":"output"'));
    // What would be a success of another task, at a place outside the run.
    mkdirSync(join(records, 'x;touch pwned'), { mode: 0o777 });
    writeFileSync(join(records, 'x;touch pwned', '0'), '{"v":1,"at":1,"fact":"task-ended"}\n');
    const attached = await desk.espalier('attach', run);
    expect(attached.code).toBe(1);
    expect(successes(desk)).not.toContain('first:2');
    expect((await shown(desk)).counts).toMatchObject({ lost: 1 });
    const again = await desk.espalier('resume', run);
    expect(again.code, again.stderr + again.stdout).toBe(0);
    expect((await shown(desk)).counts).toEqual({ succeeded: 7 });
    expect(successes(desk).filter((task) => task === 'first:2')).toHaveLength(1);
  });
});

onCluster('a plan', () => {
  it('with its scripts submits nothing, and leaves nothing on the cluster', async () => {
    const desk = faultDesk('dry', 2, copy);
    cluster.resetCounts();
    const runs = () => cluster.login('ls -A /scratch/runs 2>/dev/null').stdout;
    const before = runs();
    const told = await desk.espalier('plan', 'w.yaml', '--site', 'bed', '--scripts');
    expect(told.code, told.stderr).toBe(0);
    expect(cluster.counts().sbatch).toBeUndefined();
    expect(runs()).toBe(before);
  });
});

onCluster('a container', () => {
  it('that cannot be pulled is named before any job is submitted', async () => {
    const desk = faultDesk(
      'no-pull',
      1,
      copy,
      `containers: { runtime: apptainer, insecure-registries: ["${cluster.net}.2:9"] }\n`,
    );
    const image = `docker://${cluster.net}.2:9/none@sha256:${'0'.repeat(64)}`;
    desk.write({
      'w.yaml': desk
        .read('w.yaml')
        .replace('    for-each: raw\n', `    for-each: raw\n    container: "${image}"\n`),
    });
    cluster.resetCounts();
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code).toBe(3);
    expectWords(ran, /the image `docker:.*cannot be had/);
    expect(cluster.counts().sbatch).toBeUndefined();
    const { run } = await desk.json<{ run: { folder: string } }>('status');
    expect(
      JSON.parse(readFileSync(join(here(run.folder), 'owner'), 'utf8')),
      'anybody may take it',
    ).toMatchObject({
      pid: 0,
    });
  });
});
