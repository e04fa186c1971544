import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk, ended, interrupt, until } from './espalier.ts';
import { writeSmallWorkflow } from './small-workflow.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

describe('a command line that cannot be understood', () => {
  it.each<readonly [readonly string[], readonly string[]]>([
    [
      ['rn', 'work.yaml'],
      ['there is no command `rn`', 'did you mean `run`?'],
    ],
    [['frobnicate'], ['there is no command `frobnicate`', 'there are: demo, collection, check, plan, run,']],
    [['run'], ['something is missing', 'usage: espalier run <file>']],
    [
      ['run', 'work.yaml', '--dta', '.'],
      ['option or argument `dta`', 'did you mean `--data`?'],
    ],
    [
      ['run', 'work.yaml', '--data'],
      ['`--data` wants a value', 'usage: espalier run <file>'],
    ],
    [['tool', 'sow'], ['`action` is "sow" and may be "list", "show", "check"']],
    [
      ['plan', 'work.yaml', '--set', 'mark'],
      ['`--set mark` has no value', '--set NAME=VALUE'],
    ],
    [
      ['plan', 'work.yaml', '--site', 'one', '--site', 'two'],
      ['`--site` is given more than once', 'usage: espalier plan <file>'],
    ],
    [['status'], ['the ledger holds no run yet', 'espalier demo']],
  ])('%j ends with code 2 and says what to do', async (words, texts) => {
    const { code, stdout, stderr } = await desk.espalier(...words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    for (const text of texts) expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('is answered with the list of commands when it is empty', async () => {
    const { code, stdout, stderr } = await desk.espalier();
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('espalier demo [folder]');
  });

  it('shows where an error arose only when asked to', async () => {
    const { stderr } = await desk.espalier('status', '--debug');
    // By its place in the bundle, wherever that was built.
    expect(stderr).toMatch(/^ +at .*espalier\/bundle\/cli\.cjs:/m);
  });
});

describe('help', () => {
  it('lists every command, and the options of one', async () => {
    const all = await desk.espalier('--help');
    expect(all.code).toBe(0);
    const listed = [...all.stdout.matchAll(/^ {2}espalier ([a-z]+)/gm)].map(([, name]) => name);
    expect(listed).toEqual(
      'demo collection check plan run resume attach cancel adopt fetch runs status show logs why trace report site tool schema ledger'.split(
        ' ',
      ),
    );
    const one = await desk.espalier('plan', '--help');
    for (const option of ['--set', '--data', '--acknowledge', '--dot', '--mermaid', '--scripts', '--output'])
      expect(one.stdout).toContain(option);
  });

  it('tells the version', async () => {
    const { code, stdout } = await desk.espalier('--version');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the code with which a run ends', () => {
  it('is 0 when all is done, with nothing said when quiet and only JSON when that is asked for', async () => {
    writeSmallWorkflow(desk);
    expect(await desk.espalier('run', 'work.yaml', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    const { code, stdout, stderr } = await desk.espalier('run', 'work.yaml', '--output', 'json');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      run: { state: 'succeeded', counts: { cached: 4 } },
    });
  });

  it('is 1 when a task failed, and 2 when the workflow is at fault', async () => {
    writeSmallWorkflow(desk, { upper: 'false' });
    const failed = await desk.espalier('run', 'work.yaml', '--quiet');
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('2 failed, 2 skipped');
    const refused = await desk.espalier('run', 'work.yaml', '--data', 'nowhere');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('[folder-unreadable]');
    expect(desk.runs()).toHaveLength(1);
  });

  it('is 130 when it was interrupted', async () => {
    writeSmallWorkflow(desk, { upper: 'touch "$BEGUN"; sleep 300; cat' });
    const begun = `${desk.folder}/begun`;
    desk.write({
      'work.yaml': desk.read('work.yaml').replace('steps:', `  environment: { BEGUN: "${begun}" }\nsteps:`),
    });
    const child = desk.begin('run', 'work.yaml', '--quiet');
    const end = ended(child);
    await until('a task that runs', () => existsSync(begun));
    await interrupt(child);
    const firstMs = Date.now();
    await until('a second stroke that is one', () => Date.now() - firstMs > 600);
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
  });
});
