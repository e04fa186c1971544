import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Desk } from '../cli/espalier.ts';
import { cluster, gathered, onCluster, threeSteps, until } from './cluster.ts';

onCluster('the test cluster is real:', () => {
  it('its nodes are idle and its accounting answers', async () => {
    await until('a node without a job', () => cluster.login('sinfo -h -o %T').stdout.includes('idle'));
    expect(cluster.login('sacct -n').code).toBe(0);
  });

  it('a job with a GPU sees one device of its own', () => {
    const { stdout } = cluster.login(
      "printf '#!/bin/sh\\necho seen=$CUDA_VISIBLE_DEVICES\\n' >/scratch/gpu.sh; sbatch --wait -Q --gres=gpu:1 -o /scratch/gpu.out /scratch/gpu.sh; cat /scratch/gpu.out",
    );
    expect(stdout).toMatch(/^seen=[01]$/m);
  });

  it('a job that takes more memory than it asked for is ended, though its script ended well', async () => {
    const name = `oom-probe-${Date.now()}`;
    cluster.login(
      `printf '#!/bin/sh\\npython3 -c "x = bytearray(400 * 1024 * 1024)"\\nexit 0\\n' >/scratch/oom.sh; sbatch --wait -Q -J ${name} --mem=60M -o /scratch/oom.out /scratch/oom.sh`,
    );
    const told = () => cluster.jobs(name, 'State,ExitCode');
    // The accounting hears of its end a moment later.
    await until('its end', () => told().some((row) => !/^(RUNNING|COMPLETING|PENDING)/.test(row)));
    expect(told()).toEqual([`OUT_OF_MEMORY|0:125|${name}`]);
  });

  it('Apptainer runs an image that was built from a folder', () => {
    const { stdout } = cluster.login(
      'cd /scratch && rm -rf tiny && mkdir -p tiny/bin tiny/lib tiny/lib64 && cp /bin/busybox tiny/bin/sh && for l in $(ldd /bin/busybox | grep -o "/[^ ]*"); do cp --parents $l tiny/; done; apptainer -q build -F tiny.sif tiny >/dev/null 2>&1; apptainer -s exec tiny.sif /bin/sh -c "echo from inside"',
    );
    expect(stdout).toContain('from inside');
  });
});

/** Another cluster beside the one that the tests use, on the same base: its folder, and `cluster.sh` for it. */
function secondCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-second-'));
  const cache = dirname(cluster.state);
  for (const name of readdirSync(cache).filter((each) => each.startsWith('base-')))
    symlinkSync(join(cache, name), join(folder, name));
  const number = String(((Number(cluster.net.split('.')[1]) + 100) % 200) + 1);
  const env = { ...process.env, ESPALIER_TESTBED: folder, ESPALIER_TESTBED_NUMBER: number };
  const script = (...words: readonly string[]) =>
    spawnSync('bash', [cluster.script, ...words], { encoding: 'utf8', env, timeout: 120_000 });
  return { folder, number, script };
}

/** The namespaces of processes that the kernel has by now. */
function processNamespaces(): readonly string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readlinkSync(`/proc/${pid}/ns/pid`)] : [];
    } catch {
      return []; // it has ended
    }
  });
}

/** What the machine holds of a cluster: links, network namespaces, mounts, cgroups, processes and files. */
function remainders(folder: string, number: string, namespaces: readonly string[]): readonly string[] {
  const told = (program: string, ...words: readonly string[]) =>
    spawnSync(program, words, { encoding: 'utf8' }).stdout.split('\n');
  const mine = (line: string) => line.includes(folder) || line.includes(`esp${number}-`);
  const cgroups = told('find', '/sys/fs/cgroup', '-maxdepth', '2', '-name', `espalier-testbed-${number}`);
  return [
    ...told('ip', '-o', 'link').filter(mine),
    ...told('ip', 'netns', 'list').filter(mine),
    ...readFileSync('/proc/mounts', 'utf8').split('\n').filter(mine),
    ...cgroups.filter((line) => line !== ''),
    ...processNamespaces().filter((each) => namespaces.includes(each)),
    ...readdirSync(folder).filter((each) => !each.startsWith('base-')),
  ];
}

onCluster('a second cluster, without slurmdbd,', () => {
  let second: ReturnType<typeof secondCluster>;
  let desk: Desk;
  beforeAll(() => {
    desk = new Desk();
    second = secondCluster();
    const up = second.script('up', '--no-accounting');
    expect(up.status, up.stderr).toBe(0);
  });
  afterAll(() => {
    second.script('down');
    rmSync(second.folder, { recursive: true, force: true });
    desk.clear();
  });

  it('takes a run as one with slurmdbd does, and each task ends once', async () => {
    const state = join(second.folder, 'state');
    const data = join(state, 'shared/scratch/data');
    mkdirSync(data, { mode: 0o755 });
    for (const t of [1, 2, 3]) writeFileSync(join(data, `cell_t00${t}.txt`), `image ${t}\n`);
    const copy = '[ {{ item.t }} -ne 3 ] || exit 4; cat {{ inputs.image }} >{{ outputs.image }}';
    desk.write({
      'home/sites/bed.yaml': `host: login\nssh-config: ${state}/ssh_config\nwork: /scratch/runs\nlimits: { poll-shortest: 0.5, poll-longest: 2, file-delay: 3 }\n`,
      'w.yaml': threeSteps('bare', '/scratch/data', copy),
    });
    const sick = await desk.espalier('site', 'doctor', 'bed', '--no-job');
    expect(sick.stdout).toMatch(/accounting +warning +sacct does not answer/);
    const failed = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(failed.code, failed.stdout + failed.stderr).toBe(1);
    const told = await desk.json<{ readonly run: { readonly counts: object } }>('status');
    expect(told.run.counts).toEqual({ succeeded: 4, failed: 1, skipped: 2 });
    desk.write({ 'w.yaml': threeSteps('bare', '/scratch/data', copy.slice(copy.indexOf('cat'))) });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { run } = await desk.json<{ readonly run: { readonly folder: string } }>('status');
    const result = join(run.folder.replace('/scratch', join(state, 'shared/scratch')), 'results/all/all.txt');
    expect(readFileSync(result, 'utf8')).toBe(gathered(3));
    expect((await desk.espalier('ledger', 'check')).code).toBe(0);
  });

  it('leaves nothing behind but the base when it is taken down, though a job and a process of a user still run', () => {
    const { folder, number, script } = second;
    const job = "sbatch -Q -o /dev/null --wrap 'sleep 600'; setsid sleep 600 >/dev/null 2>&1 </dev/null &";
    expect(script('exec', 'login', 'runuser', '-u', 'anna', '--', 'sh', '-c', job).status).toBe(0);
    const running = 'until squeue -h -t R | grep -q .; do sleep 0.2; done';
    expect(script('exec', 'login', 'sh', '-c', running).status).toBe(0);
    const hosts = ['login', 'cn1', 'cn2', 'gate'];
    const namespaces = hosts.map((host) => {
      const pid = readFileSync(join(folder, 'state', `${host}.pid`), 'utf8').trim();
      return readlinkSync(`/proc/${pid}/ns/pid`);
    });
    // The look itself sees every kind of thing.
    const before = remainders(folder, number, namespaces).join('\n');
    for (const kind of [`esp${number}-bed`, `esp${number}-cn1 `, 'overlay', 'pid:[', 'state'])
      expect(before).toContain(kind);
    const down = script('down');
    expect([down.status, down.stderr]).toEqual([0, '']);
    expect(remainders(folder, number, namespaces)).toEqual([]);
  });
});
