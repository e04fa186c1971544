import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Ledger } from '../../src/provenance/index.ts';
import type { Desk } from '../cli/espalier.ts';
import { cluster, deskWithSite, onCluster, until } from './cluster.ts';
import { events } from './faults.ts';

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

interface Shown {
  readonly run: {
    readonly run: string;
    readonly folder: string;
    readonly counts: Readonly<Record<string, number>>;
  };
}

const containers = 'containers: { runtime: apptainer }\n';

function begin(name: string, image: string, script: string, more = '') {
  const desk = deskWithSite(name, 2, containers);
  desks.push(desk);
  desk.write({
    'w.yaml': `name: ${name}
collections:
  raw: { at: "bed:${desk.data}", pattern: "cell_t{t:int}.txt" }
steps:
  inside:
    for-each: raw
    container: ${JSON.stringify(image)}
    run: ${JSON.stringify(script)}
    outputs: { text: "{{ item.t }}.out" }
    resources: { memory: 200MB, time: 5m${more} }
`,
  });
  return desk;
}

async function output(desk: Desk): Promise<string> {
  const { run } = await desk.json<Shown>('status');
  return readFileSync(join(run.folder.replace('/scratch', cluster.scratch), 'results/inside/1.out'), 'utf8');
}

/** A folder with busybox, and an image made of it. */
function makeTiny(): void {
  const made = cluster.login(
    'cd /scratch && rm -rf tree tiny.sif && mkdir -p tree/bin tree/tmp tree/proc tree/sys tree/dev tree/etc && cp /usr/bin/busybox tree/bin/busybox && for l in $(ldd /usr/bin/busybox | grep -o "/[^ ]*"); do cp --parents "$l" tree/; done && for n in sh cat env ls id awk mv basename wc; do ln -s busybox tree/bin/$n; done && apptainer -s build tiny.sif tree && chmod 644 tiny.sif',
  );
  expect(made.code, made.stderr).toBe(0);
}

onCluster('a step in a container', () => {
  beforeAll(makeTiny);

  it('gives many tasks to one process, which sees the folders of all of them and no more', async () => {
    const desk = deskWithSite('together', 5, `${containers}`);
    desks.push(desk);
    // busybox's awk reads the lines, and sh does the command of each: a program that says how often it was started.
    const program = `n=$(ls /scratch | wc -l); for item in 0 1 2 3 4; do dir=\${1%/*}/$item; in=$(awk -F'"' -v n=$item 'NR == n + 1 { for (i = 1; i <= NF; i++) if ($i ~ /^.scratch.data/) print $i }' "$1"); { cat "$in"; echo "$n folder(s), process $$"; } >$dir/out.$item; mv $dir/out.$item "$(ls -d $dir)/$(basename "$in" .txt).out"; echo "$item 0" >>"$1.done"; done`;
    desk.write({
      'home/tools/many.yaml': `name: many
version: 1
summary: copies many
inputs: { image: file }
outputs: { text: "{{ inputs.image | stem }}.out" }
command: [cp, "{{ inputs.image }}", "{{ outputs.text }}"]
batch: { command: [sh, -c, ${JSON.stringify(program)}, sh, "{{ batch }}"], most: 9 }
container: /scratch/tiny.sif
resources: { memory: 200MB, time: 5m }
`,
      'w.yaml': `name: together\ncollections:\n  raw: { at: "bed:${desk.data}", pattern: "cell_t{t:int}.txt" }\nsteps:\n  inside: { tool: many, for-each: raw, pack: 5 }\n`,
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { run } = await desk.json<Shown>('status');
    expect(run.counts).toEqual({ succeeded: 5 });
    const results = [1, 2, 3, 4, 5].map((t) =>
      readFileSync(
        join(run.folder.replace('/scratch', cluster.scratch), `results/inside/cell_t00${t}.out`),
        'utf8',
      ),
    );
    expect(results.map((text) => text.split('\n')[0])).toEqual([1, 2, 3, 4, 5].map((t) => `image ${t}`));
    // The folder of the images and that of the run; all by one process.
    expect(new Set(results.map((text) => text.split('\n')[1])).size).toBe(1);
    expect(results[0]).toContain('2 folder(s)');
  });

  it('sees its inputs and its own folder, its declared variables, and nothing else of the host', async () => {
    const script =
      'cat {{ inputs.image }} >{{ outputs.text }}; ls /scratch >>{{ outputs.text }}; env >>{{ outputs.text }}';
    const desk = begin('inside', '/scratch/tiny.sif', script);
    desk.write({
      'w.yaml': desk
        .read('w.yaml')
        .replace('    resources:', '    environment: { LIST: "a,b=$(id)" }\n    resources:'),
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    const text = await output(desk);
    expect(text).toContain('image 1');
    expect(text).toContain('LIST=a,b=$(id)');
    expect(text).not.toMatch(/^tiny.sif$/m);
    expect(text).not.toMatch(/SLURM_|CUDA/);
    const ledger = Ledger.open(join(desk.folder, 'home/ledger.sqlite'), { clock: () => Date.now() });
    const started = [...ledger.events()].flatMap(({ event }) =>
      event.kind === 'task-succeeded' ? [event.evidence.started] : [],
    );
    ledger.close();
    expect(started[0]?.container).toMatch(/^[0-9a-f]{64}$/);
    expect(started[0]?.runtime).toMatch(/^apptainer version \d/);
    const [image, by] = [started[0]?.container, started[0]?.runtime];
    const shown = await desk.espalier('show', 'inside:1');
    expect(shown.stdout).toMatch(new RegExp(`^made with .*, in /scratch/tiny.sif sha256:${image}$`, 'm'));
    expect(shown.stdout).toContain(`\n  image sha256 ${image}, run by ${by}\n`);
    const { attempts } = await desk.json<{ readonly attempts: readonly object[] }>('show', 'inside:1');
    expect(attempts).toMatchObject([{ container: image, runtime: by }]);
  });

  it('is where a check of its outputs runs, by a program that only the image has', async () => {
    const judge =
      '#!/bin/sh\necho "judged on $(cat /proc/sys/kernel/hostname)" >&2\ngrep -q "image 1" "$1" || { echo "$1 is dim" >&2; exit 7; }\n';
    writeFileSync(join(cluster.scratch, 'judge'), judge, { mode: 0o755 });
    const built = cluster.login(
      'cd /scratch && rm -rf judging && cp -a tree judging && ln -s busybox judging/bin/grep && cp judge judging/bin/only-here && apptainer -s build -F judging.sif judging',
    );
    expect(built.code, built.stderr).toBe(0);
    for (const host of ['cn1', 'cn2']) expect(cluster.root(host, 'command -v only-here').code).toBe(127);
    const copy = 'cat {{ inputs.image }} >{{ outputs.text }}';
    const desk = begin('judged', '/scratch/judging.sif', copy);
    const check = '    check: [only-here, "{{ outputs.text }}"]\n    resources:';
    desk.write({ 'w.yaml': desk.read('w.yaml').replace('    resources:', check) });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(1);
    expect(await desk.json<Shown>('status')).toMatchObject({ run: { counts: { succeeded: 1, failed: 1 } } });
    expect(await output(desk)).toBe('image 1\n');
    expect(ran.stdout).toContain(
      'inside:2 (t=2) failed [bad-output]: it ended with code 0, but a check of its outputs ended with code 7',
    );
    expect(ran.stdout).toMatch(/^ +\| judged on cn[12]\n +\| \.\/2\.out is dim$/m);
  });

  it('gets the GPU that Slurm gave it, by name, and sees devices only where it asked for one', async () => {
    const look = '{ env; ls /dev; } >{{ outputs.text }}';
    const desk = begin('gpus', '/scratch/tiny.sif', look, ', gpus: 1');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(await output(desk)).toMatch(/^CUDA_VISIBLE_DEVICES=[01]$/m);
    expect(await output(desk)).toMatch(/^nvidia0$/m);
    const without = begin('no-gpus', '/scratch/tiny.sif', look);
    expect((await without.espalier('run', 'w.yaml', '--site', 'bed')).code).toBe(0);
    expect(await output(without)).not.toMatch(/nvidia|CUDA/);
  });

  it('runs by the program that the profile names, found through its lines', async () => {
    cluster.login(
      'mkdir -p /scratch/modules && ln -sf /usr/bin/apptainer /scratch/modules/singularity-of-a-module',
    );
    const desk = begin('named', '/scratch/tiny.sif', 'cat {{ inputs.image }} >{{ outputs.text }}');
    const named = 'program: singularity-of-a-module, prelude: ["PATH=$PATH:/scratch/modules"]';
    desk.write({
      'home/sites/bed.yaml': desk.read('home/sites/bed.yaml').replace('runtime: apptainer', named),
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(await output(desk)).toBe('image 1\n');
    const doctor = await desk.espalier('site', 'doctor', 'bed', '--no-job');
    expect(doctor.stdout).toMatch(/containers +ok/);
  });

  it('runs in an image of this machine, sent once by its content', async () => {
    const desk = begin('sent-image', './tiny.sif', 'cat {{ inputs.image }} >{{ outputs.text }}');
    copyFileSync(join(cluster.scratch, 'tiny.sif'), join(desk.folder, 'tiny.sif'));
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(await output(desk)).toBe('image 1\n');
  });

  it('runs in what a definition file says, built once on the login host', async () => {
    const desk = begin('built', './made.def', 'cat /made {{ inputs.image }} >{{ outputs.text }}');
    desk.write({
      'made.def': 'Bootstrap: localimage\nFrom: /scratch/tiny.sif\n%post\n    echo made here >/made\n',
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(await output(desk)).toBe('made here\nimage 1\n');
  });

  it('is refused when its image is another one than was planned, or not pinned, or not there', async () => {
    const desk = begin(
      'refused',
      'docker://somebody/something:latest',
      'cat {{ inputs.image }} >{{ outputs.text }}',
    );
    expect((await desk.espalier('plan', 'w.yaml', '--site', 'bed')).stderr).toContain(
      'its name names no registry',
    );
    desk.write({ 'w.yaml': desk.read('w.yaml').replace('docker://somebody/something:latest', './none.sif') });
    expect((await desk.espalier('plan', 'w.yaml', '--site', 'bed')).stderr).toContain('is not there');
    expect((await desk.espalier('plan', 'w.yaml')).code).toBe(2);
  });

  it('whose image changed after the jobs were handed over fails, and says so', async () => {
    cluster.login('cp /scratch/tiny.sif /scratch/shaky.sif; chmod 666 /scratch/shaky.sif');
    const desk = begin('shaky', '/scratch/shaky.sif', 'cat {{ inputs.image }} >{{ outputs.text }}');
    desk.write({
      'w.yaml': desk
        .read('w.yaml')
        .replace(
          'steps:\n',
          `steps:
  wait:
    for-each: raw
    fuse: false
    run: "while [ ! -e ${desk.data}/go ]; do sleep 0.2; done; cat {{ inputs.image }} >{{ outputs.text }}"
    outputs: { text: "{{ item.t }}.w" }
    resources: { memory: 200MB, time: 5m }
`,
        )
        .replace(
          '    for-each: raw\n    container',
          '    for-each: wait.text\n    fuse: false\n    container',
        ),
    });
    const child = desk.espalier('run', 'w.yaml', '--site', 'bed');
    await until('word of a task', () => events(desk).some(({ kind }) => kind === 'tasks-started'));
    writeFileSync(join(cluster.scratch, 'shaky.sif'), 'another image');
    writeFileSync(join(desk.data.replace('/scratch', cluster.scratch), 'go'), '');
    const ran = await child;
    expect(ran.stdout).toContain('its image was changed since the run was planned');
  });
});

onCluster('a tag', () => {
  const registry = `${cluster.net}.2:5000`;
  const image = `docker://${registry}/tiny:1`;
  const push = (word: string): string => {
    const done = cluster.root(
      'login',
      `cd /scratch && rm -rf tagged && cp -a tree tagged && echo ${word} >tagged/word && tar -C tagged -cf tagged.tar . && skopeo copy -q --insecure-policy --dest-tls-verify=false tarball:tagged.tar docker://${registry}/tiny:1 && skopeo inspect --tls-verify=false --format '{{.Digest}}' docker://${registry}/tiny:1`,
    );
    expect(done.code, done.stderr).toBe(0);
    return done.stdout.trim();
  };
  const start = (name: string, called = image, more = '') => {
    const desk = begin(name, called, 'cat /word {{ inputs.image }} >{{ outputs.text }}');
    const profile = desk.read('home/sites/bed.yaml');
    desk.write({
      'home/sites/bed.yaml': profile.replace(
        'runtime: apptainer',
        `runtime: apptainer, insecure-registries: ["${registry}"]${more}`,
      ),
    });
    return desk;
  };
  const finishes = async (desk: Desk, word: string): Promise<void> => {
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(await output(desk)).toBe(`${word}\nimage 1\n`);
  };
  const pathOf = (digest: string): string => `/scratch/runs/containers/${digest.replace('sha256:', '')}.sif`;
  const images = (): readonly string[] =>
    cluster
      .login("find /scratch/runs/containers -name '*.sif*' ! -name '*.sha256' -printf '%i %f\\n' | sort")
      .stdout.split('\n');

  beforeAll(makeTiny);
  beforeAll(async () => {
    const config = `version: 0.1\nstorage: { filesystem: { rootdirectory: /tmp/registry } }\nhttp: { addr: "${registry}" }\n`;
    writeFileSync(join(cluster.scratch, 'registry.yml'), config);
    cluster.root(
      'login',
      'setsid docker-registry serve /scratch/registry.yml >/tmp/registry.log 2>&1 </dev/null & echo $! >/tmp/registry.pid',
    );
    await until('the registry', () => cluster.login(`curl -fs http://${registry}/v2/`).code === 0);
  });
  afterAll(() => {
    cluster.root('login', 'kill $(cat /tmp/registry.pid)');
  });

  it('is looked up once, kept in a lock file, and means the same when it has moved', async () => {
    const digest = push('first');
    const desk = start('tagged');
    const planned = await desk.espalier('plan', 'w.yaml', '--site', 'bed');
    expect(planned.code, planned.stderr).toBe(0);
    expect(desk.read('containers.lock')).toContain(`${image}: ${digest}\n`);
    expect(push('second')).not.toBe(digest);
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stderr + ran.stdout).toBe(0);
    expect(await output(desk)).toBe('first\nimage 1\n');
    const { run } = await desk.json<Shown>('status');
    const traced = await desk.espalier('trace', `${run.folder}/results/inside/1.out`);
    expect(traced.stdout).toContain(`, in ${image} ${digest}\n`);
    const shown = await desk.json<{
      readonly steps: readonly { readonly container: { readonly digest: string } }[];
    }>('plan', 'w.yaml', '--site', 'bed');
    expect(shown.steps[0]?.container.digest).toBe(digest);
  });

  it('is pulled once, though two runs want it at the same time', async () => {
    const before = images();
    push('third');
    const both = [start('pull-a'), start('pull-b')];
    const ran = await Promise.all(both.map((desk) => desk.espalier('run', 'w.yaml', '--site', 'bed')));
    for (const { code, stderr } of ran) expect(code, stderr).toBe(0);
    for (const desk of both) expect(await output(desk)).toBe('third\nimage 1\n');
    const after = images();
    expect(after.filter((each) => !before.includes(each))).toHaveLength(1);
    expect(after.filter((each) => /part|lock/.test(each))).toEqual([]);
    expect((await start('pull-c').espalier('run', 'w.yaml', '--site', 'bed')).code).toBe(0);
    expect(images()).toEqual(after);
  });

  it('or a digest names an image that a registry keeps as it is (oras)', async () => {
    push('kept');
    const named = `oras://${registry}/whole`;
    const pushed = cluster.login(
      `cd /scratch && apptainer -s build -F whole.sif tagged && apptainer -s push --no-https whole.sif ${named}:1`,
    );
    expect(pushed.code, pushed.stderr).toBe(0);
    const desk = start('oras-tag', `${named}:1`);
    await finishes(desk, 'kept');
    const [, digest = ''] = /: (sha256:[0-9a-f]{64})\n/.exec(desk.read('containers.lock')) ?? [];
    expect(cluster.login(`cmp ${pathOf(digest)} /scratch/whole.sif`).code).toBe(0);
    await finishes(start('oras-digest', `${named}@${digest}`), 'kept');
  });

  it('is pulled in a job where the profile says so', async () => {
    push('in a job');
    const jobs = (): number => cluster.jobs('espalier-image').length;
    const [desk, before] = [start('pull-job', image, ', pull: job'), jobs()];
    await finishes(desk, 'in a job');
    expect(jobs()).toBe(before + 1);
    await finishes(desk, 'in a job');
    expect(jobs()).toBe(before + 1);
    const none = start('pull-none', image.replace(':1', `@sha256:${'0'.repeat(64)}`), ', pull: job');
    const refused = await none.espalier('run', 'w.yaml', '--site', 'bed');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/cannot be had on `bed`.*manifest unknown/s);
  });

  it('whose image was changed on the site after it was pulled is refused', async () => {
    const path = pathOf(push('to be changed'));
    const desk = start('changed');
    await finishes(desk, 'to be changed');
    cluster.login(`chmod u+w ${path} && echo >>${path}`);
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain('is not the one that was made here');
    cluster.login(`rm ${path}*`);
    await finishes(desk, 'to be changed');
  });

  it('is pulled though somebody who was pulling it has died', async () => {
    const path = pathOf(push('left behind'));
    cluster.login(`mkdir -p ${path}.lock && echo 1 >${path}.lock/beat`);
    await finishes(start('dead-lock'), 'left behind');
    expect(cluster.login(`ls -d ${path}*`).stdout.trim().split('\n')).toEqual([path, `${path}.sha256`]);
  });

  it('that nobody can look up is refused, with what to do', async () => {
    const desk = start('untagged');
    const say = async (other: string): Promise<string> => {
      desk.write({ 'w.yaml': desk.read('w.yaml').replace(/docker:[^"]*/, other) });
      const { code, stderr } = await desk.espalier('plan', 'w.yaml', '--site', 'bed');
      expect(code).toBe(2);
      return stderr;
    };
    expect(await say(`docker://${registry}/tiny:none`)).toContain('the registry answers 404');
    expect(await say(`docker://${cluster.net}.2:5999/tiny:1`)).toContain('ECONNREFUSED');
    expect(await say('docker://tiny:1')).toContain('its name names no registry');
    desk.write({ 'containers.lock': 'docker://x/y: latest\n' });
    expect(await say(image)).toContain('is no list of images and their digests');
  });
});
