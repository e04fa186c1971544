import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk, ended } from './espalier.ts';
import { writeSmallWorkflow } from './small-workflow.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
  writeSmallWorkflow(desk);
});

afterEach(() => desk.clear());

interface PlanJson {
  readonly workflow: { readonly name: string };
  readonly tasks: readonly { readonly id: string; readonly will: string; readonly why: string }[];
}

/** The words between the columns of each line. */
function cells(text: string): readonly (readonly string[])[] {
  return text.split('\n').map((line) => line.split(/ {2,}/).filter((cell) => cell !== ''));
}

/** Scripts by the last part of their path, as `plan --scripts` prints them. */
function scriptsIn(stdout: string): ReadonlyMap<string, string> {
  return new Map(
    stdout
      .split(/^==> (?=\/)/m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf(' <==\n');
        const path = part.slice(0, end);
        return [path.slice(path.lastIndexOf('/') + 1), part.slice(end + 5, -1)];
      }),
  );
}

describe('espalier plan', () => {
  it('counts tasks per step and says why they would run, and runs nothing', async () => {
    const { code, stdout } = await desk.espalier('plan', 'work.yaml', '--tasks');
    expect(code).toBe(0);
    expect(stdout).toContain('letters: 4 task(s) in 2 step(s)');
    const rows = cells(stdout);
    const counts = (step: string): readonly string[] =>
      rows.find(([name]) => name === step)?.slice(2, 5) ?? [];
    expect(counts('upper')).toEqual(['2', '2', '0']);
    expect(counts('marked')).toEqual(['2', '2', '0']);
    expect(rows.find(([name]) => name === 'mark')?.slice(0, 3)).toEqual(['mark', '!', 'default']);
    expect(rows.find(([name]) => name === 'marked:2')?.slice(0, 3)).toEqual(['marked:2', 'name=b', 'run']);
    expect(existsSync(`${desk.folder}/espalier-runs`)).toBe(false);
  });

  it('tells of each task as JSON whether it would run, and what of it changed since it last did', async () => {
    const first = await desk.json<PlanJson>('plan', 'work.yaml');
    expect(first.workflow.name).toBe('letters');
    expect(first.tasks.map(({ id, will }) => [id, will])).toEqual([
      ['upper:1', 'run'],
      ['upper:2', 'run'],
      ['marked:1', 'run'],
      ['marked:2', 'run'],
    ]);
    // A file is known by its time only when it was hashed more than two seconds after it was written.
    for (const name of ['a', 'b']) utimesSync(join(desk.folder, 'data', `${name}.txt`), 1e9, 1e9);
    expect((await desk.espalier('run', 'work.yaml', '--quiet')).code).toBe(0);
    const again = await desk.json<PlanJson>('plan', 'work.yaml', '--set', 'mark=?');
    expect(again.tasks.map(({ id, will }) => [id, will])).toEqual([
      ['upper:1', 'reuse'],
      ['upper:2', 'reuse'],
      ['marked:1', 'run'],
      ['marked:2', 'run'],
    ]);
    expect(again.tasks[2]).toMatchObject({ changed: [{ component: 'values.mark', from: '!', to: '?' }] });
  });

  it('draws the graph for Graphviz and for Mermaid', async () => {
    const dot = await desk.espalier('plan', 'work.yaml', '--dot');
    expect(dot.stdout.split('\n')).toEqual([
      'digraph {',
      '  rankdir=LR;',
      '  "upper" [shape=box, label="upper (2)"];',
      '  "marked" [shape=box, label="marked (2)"];',
      '  "raw" -> "upper";',
      '  "upper" -> "marked";',
      '}',
      '',
    ]);
    const mermaid = await desk.espalier('plan', 'work.yaml', '--mermaid');
    expect(mermaid.stdout.split('\n')).toEqual([
      'flowchart LR',
      '  raw[(raw)]',
      '  upper["upper (2)"]',
      '  marked["marked (2)"]',
      '  raw --> upper',
      '  upper --> marked',
      '',
    ]);
  });

  it('prints the very script that a run then hands over, the ids aside, and a shell reads it', async () => {
    const { stdout } = await desk.espalier('plan', 'work.yaml', '--scripts');
    const scripts = scriptsIn(stdout);
    const script = scripts.get('job.sh') ?? '';
    execFileSync('sh', ['-n'], { input: script });
    expect((await desk.espalier('run', 'work.yaml', '--quiet')).code).toBe(0);
    const [run = ''] = desk.runs();
    const arrays = execFileSync('ls', [`${desk.folder}/espalier-runs/${run}/arrays`])
      .toString()
      .trim()
      .split('\n');
    expect(arrays).toHaveLength(1);
    const [array = ''] = arrays;
    const sent = (name: string): string =>
      desk
        .read(`espalier-runs/${run}/arrays/${array}/${name}`)
        .replaceAll(array, 'RUN.a1-xxxx')
        .replaceAll(run, 'RUN');
    expect(script).toBe(sent('job.sh'));
    expect(scripts.get('tasks')).toBe(sent('tasks'));
  });
});

describe('on a site with limits', () => {
  const limits = (more: string) =>
    desk.write({
      'home/sites/small.yaml': `batch: slurm\ntransport: local\nwork: /tmp/small\npartitions: { cpu: { default: true } }\nlimits: { array-size: 4${more} }\n`,
    });
  const plan = (...words: readonly string[]) =>
    desk.espalier('plan', 'work.yaml', '--site', 'small', ...words);
  beforeEach(() => writeSmallWorkflow(desk, { names: ['a', 'b', 'c', 'd', 'e'] }));

  it('says that all goes at once, cut into arrays of the size that it takes', async () => {
    limits('');
    expect((await plan()).stdout).toContain('`small` gets all at once: 5 job(s) in 2 array(s)');
    expect((await plan('--no-fuse')).stdout).toContain('10 job(s) in 4 array(s)');
  });

  it('says what cannot be submitted at once, and cuts no array larger than what can', async () => {
    limits(', submitted: 3');
    const { stdout } = await plan('--no-fuse');
    expect(stdout).toContain(
      '`small` takes 3 job(s) at once: of 10 job(s) in 4 array(s) it gets 3 now. The other 7 wait',
    );
    const scripts = (await plan('--no-fuse', '--scripts')).stdout;
    expect(scripts.match(/^esp_elements=\d+$/gm)).toEqual([3, 2, 3, 2].map((n) => `esp_elements=${n}`));
  });
});

it('ends without complaint where its reader has seen enough', async () => {
  const child = desk.begin('plan', 'work.yaml', '--scripts');
  // Closed before anything comes, so that the first write already finds nobody.
  child.stdout?.destroy();
  const { code, stderr } = await ended(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

describe('a tool with engines', () => {
  const blur = `name: blur
version: 1
summary: blurs
inputs: { text: file }
outputs: { text: "{{ item.name }}.blurred" }
command: [cp, "{{ inputs.text }}", "{{ outputs.text }}"]
engines:
  cpu: { container: { image: blur.sif, optional: true } }
  gpu: { command: [blur-gpu, "{{ inputs.text }}", "{{ outputs.text }}"], resources: { gpus: 2 } }
`;
  const step = (engine: string) => `name: engines
parameters:
  engine: { type: choice, choices: [cpu, gpu], default: cpu }
collections:
  raw: { pattern: "{name}.txt", in: data }
steps:
  blurred: { tool: blur, for-each: raw, with: { engine: ${engine} } }
`;
  interface Engines {
    readonly steps: readonly {
      readonly engine: string;
      readonly engineReason?: string;
      readonly commandTemplate: string;
    }[];
    readonly tasks: readonly {
      readonly staticKey: string;
      readonly command: unknown;
      readonly resources: { readonly gpus: number };
    }[];
  }
  beforeEach(() =>
    desk.write({
      'tools/blur.yaml': blur,
      'e.yaml': step('"{{ engine }}"'),
      'home/sites/gpus.yaml': 'batch: local\ntransport: local\nwork: /tmp/gpus\nengines: [gpu]\n',
    }),
  );

  it('is planned with the command, the request and the key of the one that is chosen', async () => {
    const cpu = await desk.json<Engines>('plan', 'e.yaml');
    expect(cpu.steps[0]).toMatchObject({ engine: 'cpu', commandTemplate: expect.stringMatching(/^cp /) });
    const refused = await desk.espalier('plan', 'e.yaml', '--set', 'engine=gpu', '--site', 'gpus');
    expect(refused.stderr).toContain('asks for 2 gpus, and this machine gives 1');
    desk.write({ 'tools/blur.yaml': blur.replace(', resources: { gpus: 2 }', '') });
    const gpu = await desk.json<Engines>('plan', 'e.yaml', '--set', 'engine=gpu', '--site', 'gpus');
    expect(gpu.steps[0]).toMatchObject({
      engine: 'gpu',
      commandTemplate: expect.stringMatching(/^blur-gpu /),
    });
    expect(gpu.tasks[0]?.staticKey).not.toBe(cpu.tasks[0]?.staticKey);
    const shown = await desk.espalier('plan', 'e.yaml', '--set', 'blurred.engine=gpu', '--site', 'gpus');
    expect(
      cells(shown.stdout)
        .find(([name]) => name === 'blurred')
        ?.slice(0, 3),
    ).toEqual(['blurred', 'blur 1', 'gpu']);
  });

  it('is planned with the best that the site offers where that is left to the plan, which says so', async () => {
    desk.write({
      'tools/blur.yaml': blur.replace(
        / {2}gpu: .*\n/,
        '  webgpu: { command: [wg, "{{ inputs.text }}", "{{ outputs.text }}"], resources: { gpus: 1 } }\n',
      ),
      'e.yaml': step('auto'),
    });
    const here = await desk.json<Engines>('plan', 'e.yaml');
    expect(here.steps[0]).toMatchObject({
      engine: 'cpu',
      engineReason: 'chosen for `auto`: the site `local` offers cpu',
    });
    const named = await desk.json<Engines>('plan', 'e.yaml', '--set', 'blurred.engine=cpu');
    expect(named.steps[0]?.engineReason).toBeUndefined();
    expect(here.tasks[0]?.staticKey).toBe(named.tasks[0]?.staticKey);
    // Both of the two that are set: the last alone would leave the choice to the plan.
    const set = ['--set', 'blurred.engine=cpu', '--set', 'engine=gpu'];
    expect((await desk.json<Engines>('plan', 'e.yaml', ...set)).steps[0]?.engineReason).toBeUndefined();
    const shown = await desk.espalier('plan', 'e.yaml');
    expect(shown.stdout).toContain('blurred is computed by cpu, chosen for `auto`');
  });

  it('is refused on a site without the one that is chosen; no other takes its place', async () => {
    const { code, stderr } = await desk.espalier('plan', 'e.yaml', '--set', 'engine=gpu');
    expect(code).toBe(2);
    expect(stderr).toContain('step `blurred` is computed by `gpu`, and the site `local` has cpu');
  });

  it('is refused with what it wants, where the engine itself says that', async () => {
    desk.write({ 'tools/blur.yaml': blur.replace('  gpu:', '  cupy:') });
    desk.env = { ESPALIER_PYTHON: '/nowhere/python' };
    const { code, stderr } = await desk.espalier('plan', 'e.yaml', '--set', 'blurred.engine=cupy');
    expect(code).toBe(2);
    expect(stderr).toMatch(/the site `local` has cpu\S*( webgpu)?; .*\/nowhere\/python/);
  });

  it('is refused where only its NumPy form runs, which somebody tries by hand', async () => {
    // A stand-in for Python: it has NumPy and no CuPy.
    const python = `#!/bin/sh
if [ "$3" = numpy ]; then echo '{"facts":{"arrays":"numpy","device":"CPU","numpy":"2"}}' >&4; cat <&3
else echo '{"missing":"there is no cupy"}' >&4; fi
`;
    desk.write({ python, 'tools/blur.yaml': blur.replace('  gpu:', '  cupy:') });
    chmodSync(join(desk.folder, 'python'), 0o755);
    desk.env = { ESPALIER_PYTHON: join(desk.folder, 'python'), ESPALIER_ARRAYS: 'numpy' };
    const { code, stderr } = await desk.espalier('plan', 'e.yaml', '--set', 'blurred.engine=cupy');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no cupy');
  });

  it('is given the name of a device where it has devices, and the cpu none', async () => {
    desk.write({
      'd.yaml': step('"{{ engine }}"')
        .replace('[cpu, gpu]', '[cpu, webgpu]')
        .replace('tool: blur,', 'tool: project, as: images,')
        .replace('engine: "{{ engine }}"', 'engine: "{{ engine }}", device: nv'),
      'home/sites/gpus.yaml': 'batch: local\ntransport: local\nwork: /tmp/gpus\nengines: [webgpu]\n',
    });
    const words = async (...more: readonly string[]): Promise<string> =>
      JSON.stringify((await desk.json<Engines>('plan', 'd.yaml', ...more)).tasks[0]?.command);
    expect(await words('--set', 'engine=webgpu', '--site', 'gpus')).toContain('--device=');
    expect(await words('--set', 'engine=cpu', '--site', 'gpus')).not.toContain('--device=');
  });

  it('has one for the whole run', async () => {
    desk.write({ 'e.yaml': step(`"{{ 'cpu' if item.name == 'a' else 'gpu' }}"`) });
    const { code, stderr } = await desk.espalier('plan', 'e.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('the engine of step `blurred` is not one for the whole run');
  });
});

describe('images on a site', () => {
  const at = (site: string) =>
    desk.write({
      'home/sites/cluster.yaml': 'batch: slurm\ntransport: local\nwork: /tmp/work\n',
      'home/sites/gpus.yaml': 'batch: slurm\ntransport: local\nwork: /tmp/work\n',
      'work.yaml': desk.read('work.yaml').replace('{ pattern', `{ at: "${site}:/data", pattern`),
    });

  it('that there is not: the problem points at its name, names the nearest and lists all', async () => {
    at('clutser');
    const { code, stderr } = await desk.espalier('plan', 'work.yaml', '--site', 'cluster');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'work.yaml:5:15: collection `raw` lies on the site `clutser`, and there is no such site [no-site]',
    );
    expect(stderr).toMatch(/^ {4}\| {15}\^{7}$/m);
    expect(stderr).toContain('= did you mean `cluster`? there are: cluster, gpus, local');
  });

  it('that there is not, and that is near none: all are listed', async () => {
    at('elsewhere');
    const { stderr } = await desk.espalier('plan', 'work.yaml');
    expect(stderr).toContain('= there are: cluster, gpus, local; `espalier site add` makes one');
  });

  it("that is another than the run's: the problem says how to run it there", async () => {
    at('cluster');
    const { code, stderr } = await desk.espalier('plan', 'work.yaml', '--site', 'gpus');
    expect(code).toBe(2);
    expect(stderr).toContain('lies on the site `cluster`, and the run is to be on `gpus` [other-site]');
    expect(stderr).toContain('= run it with `--site cluster`');
  });
});

describe('a rule of retries', () => {
  it('that names a partition which the site lacks, or which gives less than is asked for, is refused by name when planned', async () => {
    desk.write({
      'home/sites/there.yaml': `transport: local
batch: slurm
work: ${desk.folder}/runs
partitions: { cpu: { default: true, memory: 8GB, time: 1d }, short: { memory: 8GB, time: 1m } }
`,
      'retry.yaml': `name: again
collections: { raw: { pattern: "{n}.txt", in: data } }
steps:
  copy:
    for-each: raw
    run: "cat {{ inputs.image }} >{{ outputs.image }}"
    outputs: { image: "{{ item.n }}.txt" }
    resources: { memory: 1GB, time: 5m }
    retry: { time: { times: 1, time: x2, partition: long }, node: { partition: short }, out-of-memory: { partition: cpu } }
`,
      'data/a.txt': 'a\n',
    });
    const { code, stderr } = await desk.espalier('plan', 'retry.yaml', '--site', 'there');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'step `copy`, tried again after `time`, asks for the partition `long`; `there` has: cpu, short',
    );
    expect(stderr).toContain(
      'step `copy`, tried again after `node`, asks for 5m 00s of time, and `short` of `there` does not give that',
    );
    expect(stderr).not.toContain('out-of-memory');
    expect(stderr).toContain("change `partition` in the step's `retry`");
    desk.write({ 'retry.yaml': desk.read('retry.yaml').replace('long', 'cpu').replace('short', 'cpu') });
    expect((await desk.espalier('plan', 'retry.yaml', '--site', 'there')).code).toBe(0);
  });
});
