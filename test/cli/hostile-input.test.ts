import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk, ended, until } from './espalier.ts';
import { writeSmallWorkflow } from './small-workflow.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

const pwned = (): boolean => files().some((path) => path.endsWith('pwned'));

/** Every file of the desk, of its home and of its runs. */
function files(): readonly string[] {
  return readdirSync(desk.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('a parameter', () => {
  it('is text wherever it comes: in a shell, in the report, in the ledger', async () => {
    const mark =
      "$(touch pwned)`touch pwned`'; touch pwned; '<script>alert(1)</script>x'); drop table run; -- {{ mark }}";
    writeSmallWorkflow(desk, { names: ['a'] });
    const ran = await desk.espalier('run', 'work.yaml', '--quiet', '--set', `mark=${mark}`);
    expect(ran.code, ran.stderr).toBe(0);
    const [run = ''] = desk.runs();
    expect(desk.read(`espalier-runs/${run}/results/marked/a.marked`)).toBe(`TEXT 0\n${mark} a\n`);
    expect(pwned()).toBe(false);
    const report = await desk.espalier('report', run);
    expect(readFileSync(report.stdout.trimEnd(), 'utf8')).not.toMatch(/<script/i);
    expect((await desk.espalier('ledger', 'check')).code).toBe(0);
    expect((await desk.json<{ runs: readonly object[] }>('runs')).runs).toHaveLength(1);
  });

  it('is no SQL where it names a run or a task', async () => {
    writeSmallWorkflow(desk, { names: ['a'] });
    await desk.espalier('run', 'work.yaml', '--quiet');
    for (const words of [
      ['show', "' or 1=1 --"],
      ['show', "marked:1' or '1'='1"],
      ['status', '%'],
      ['trace', "' union select * from run --"],
    ]) {
      const told = await desk.espalier(...words);
      expect(told.code, words.join(' ')).toBe(2);
      expect(told.stderr).not.toMatch(/SQL|syntax error|should not|\n\s+at /);
    }
  });
});

describe('a workflow', () => {
  it('runs nothing while it is checked, planned or listed', async () => {
    const script = 'require("fs").writeFileSync("pwned", "")';
    const bodies = [
      `name: x\ncollections: { raw: { pattern: "{{ ''.constructor.constructor('${script.replaceAll('"', '\\"')}')() }}.txt" } }\nsteps: { a: { for-each: raw, run: "touch pwned", outputs: { x: "x" } } }\n`,
      `name: !!js/function 'function () { ${script} }()'\ncollections: { raw: { pattern: "{n}.txt" } }\nsteps: {}\n`,
      'name: x\ncollections: { raw: { pattern: "{n}.txt" } }\nsteps:\n  a:\n    for-each: raw\n    run: "touch pwned; touch {{ outputs.x }}"\n    outputs: { x: "{{ item.n }}.x" }\n    resources: { memory: "{{ range(9999999999) | length }}" }\n',
      'name: x\ncollections: { raw: { pattern: "{n}.txt", in: "$(touch pwned)" } }\nsteps:\n  a: { for-each: raw, run: "touch pwned; touch {{ outputs.x }}", outputs: { x: "{{ item.n }}.x" } }\n',
    ];
    desk.write({ '1.txt': 'one\n' });
    for (const body of bodies) {
      desk.write({ 'w.yaml': body });
      const told = await desk.espalier('plan', 'w.yaml', '--scripts');
      expect(told.stderr).not.toMatch(/should not|\n\s+at /);
      expect(pwned(), body).toBe(false);
    }
  });
});

describe('what is kept', () => {
  it('is for its owner alone, and holds nothing of the surroundings that no workflow named', async () => {
    const secret = 'lattice-Zu7eiX4o';
    desk.env = { REGISTRY_PASSWORD: secret, AWS_SECRET_ACCESS_KEY: secret };
    desk.before = ['sh', '-c', 'umask 022; exec "$@"', 'sh'];
    writeSmallWorkflow(desk, { names: ['a'] });
    expect((await desk.espalier('run', 'work.yaml')).code).toBe(0);
    const [run = ''] = desk.runs();
    expect((await desk.espalier('report', run)).code).toBe(0);
    const own = files().filter((path) => path.includes('/home/') || path.includes('/espalier-runs/'));
    expect(own.length).toBeGreaterThan(10);
    for (const path of own) {
      expect(statSync(path).mode & 0o077, path).toBe(0);
      expect(readFileSync(path).includes(secret), path).toBe(false);
    }
    for (const folder of ['home', `espalier-runs/${run}`, `espalier-runs/${run}/records`])
      expect(statSync(join(desk.folder, folder)).mode & 0o077, folder).toBe(0);
  });
});

describe('a run folder', () => {
  /** A run that was ended half way, without its ledger. */
  async function halfway(): Promise<string> {
    writeSmallWorkflow(desk, { names: ['a', 'b'], upper: 'sleep 2; tr a-z A-Z' });
    const child = desk.begin('run', 'work.yaml', '--quiet', '--no-fuse');
    const end = ended(child);
    await until('a record', () => files().some((path) => /records\/[^/]+\/\d+$/.test(path)));
    child.kill('SIGKILL');
    await end;
    rmSync(join(desk.folder, 'home'), { recursive: true });
    return desk.runs()[0] ?? '';
  }

  it('gives a lost ledger back: adopted, the run goes on, and nothing is done twice', async () => {
    const run = await halfway();
    const adopted = await desk.espalier('adopt', `local:${run}`);
    expect(adopted.code, adopted.stderr + adopted.stdout).toBe(0);
    const again = await desk.espalier('resume', run);
    expect(again.code, again.stderr).toBe(0);
    const { counts } = (await desk.json<{ run: { counts: object } }>('status')).run;
    expect(counts).toEqual({ succeeded: 4 });
    expect((await desk.espalier('ledger', 'check')).code).toBe(0);
    const ends = files()
      .filter((path) => /records\/[^/]+\/\d+$/.test(path))
      .flatMap((path) => readFileSync(path, 'utf8').match(/"fact":"task-ended"/g) ?? []);
    expect(ends).toHaveLength(4);
  });

  it('that somebody wrote into is refused where it would reach outside its run, or is not what was planned', async () => {
    const run = await halfway();
    const folder = join(desk.folder, 'espalier-runs', run);
    const [plan, planned] = [
      readFileSync(join(folder, 'plan'), 'utf8'),
      readFileSync(join(folder, 'planned'), 'utf8'),
    ];
    const put = (newPlan: string, newPlanned = planned): void => {
      const sha256 = createHash('sha256').update(newPlan).digest('hex');
      const fact = { ...JSON.parse(newPlanned), planSha256: sha256 };
      writeFileSync(join(folder, 'plan'), newPlan);
      writeFileSync(join(folder, 'planned'), `${JSON.stringify(fact)}\n`);
    };
    const refused = async (words: RegExp): Promise<void> => {
      const told = await desk.espalier('adopt', `local:${run}`);
      expect(told.code).toBe(2);
      expect(told.stderr).toMatch(words);
      expect(told.stderr).not.toMatch(/should not|\n\s+at /);
      expect(pwned()).toBe(false);
    };
    put(plan.replaceAll('"name":"a.upper"', '"name":"../../../../pwned"'));
    await refused(/`upper\/\.\.\/\.\.\/\.\.\/\.\.\/pwned` has the part `\.\.`/);
    put(plan.slice(0, plan.length / 2));
    await refused(/cannot be read as a plan/);
    writeFileSync(join(folder, 'plan'), `${plan}\n`);
    await refused(/not the plan of this run/);
    put(plan, planned.replace(run, '../../elsewhere'));
    await refused(/cannot be read as the fact/);
    put(plan);
    const arrays = join(folder, 'arrays');
    const packed = join(arrays, readdirSync(arrays)[0] ?? '', 'packed');
    writeFileSync(packed, readFileSync(packed, 'utf8').replace(/"array":"[^"]*"/, '"array":"x;touch pwned"'));
    await refused(/cannot be read as a fact of this run/);
    expect(existsSync(join(folder, 'plan'))).toBe(true);
  });
});
