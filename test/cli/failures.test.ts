import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk, ended, interrupt, until } from './espalier.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

/** A step per item and one over all. `TALLY` gets a line each time; `first` sees the item's number as `$n`. */
function write(first: string, more: { readonly step?: string; readonly all?: string } = {}): void {
  desk.write({
    'w.yaml': `name: numbers
collections:
  raw: { pattern: "{cell}_{t:int}.txt", in: data }
defaults:
  resources: { cpus: 1, memory: 10MB, time: 5m }
  environment: { TALLY: "${join(desk.folder, 'tally')}", GATE: "${join(desk.folder, 'gate')}" }
steps:
  first:
    for-each: raw
    run: ${JSON.stringify(`n={{ item.t }}; echo first $n >>"$TALLY"; ${first}; cat {{ inputs.image }} >{{ outputs.image }}`)}
    outputs: { image: "{{ item.t }}.first" }
${more.step ?? ''}
  all:
    group: { by: [], order: t }
    from: first.image
    inputs: { image: files }
    run: 'echo all >>"$TALLY"; cat {{ inputs.image }} >{{ outputs.image }}'
    outputs: { image: all.txt }
${more.all ?? ''}
`,
    'data/a_1.txt': 'one\n',
    'data/a_2.txt': 'two\n',
    'data/b_3.txt': 'three\n',
  });
}

async function counts(): Promise<object> {
  return (await desk.json<{ run: { counts: object } }>('status')).run.counts;
}

const result = (): string => desk.read(`espalier-runs/${desk.runs()[0]}/results/all/all.txt`);
/** All that was arranged into arrays by now. */
function packed(): string {
  const root = join(desk.folder, 'espalier-runs');
  const files = existsSync(root) ? readdirSync(root, { recursive: true }).map(String) : [];
  return files
    .filter((file) => file.endsWith('/packed'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('');
}

const failsUnlessGate = '[ "$n" -ne 2 ] || [ -e "$GATE" ] || { echo no light >&2; exit 3; }';

describe('a failed task', () => {
  it('is tried again as often as its step says, and what waited for it runs', async () => {
    const second = '[ "$n" -ne 2 ] || [ "$(grep -c "first 2" "$TALLY")" -eq 2 ] || exit 3';
    write(second, { step: '    retry: { application: 1 }' });
    const ran = await desk.espalier('run', 'w.yaml');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('first:2: application: tried again (1 of 1)');
    expect(await counts()).toEqual({ succeeded: 4 });
    expect(result()).toBe('one\ntwo\nthree\n');
    expect(desk.tally().filter((line) => line === 'first 2')).toHaveLength(2);
  });

  it('says its class, its last words, memory and time used against asked, the host and where more is', async () => {
    write(failsUnlessGate);
    const { stdout, code } = await desk.espalier('run', 'w.yaml');
    expect(code).toBe(1);
    expect(stdout).toMatch(/first:2 \(.*\) failed \[exit\]: ended with code 3/);
    expect(stdout).toMatch(/1 task of first ended with an error on \S+/);
    expect(stdout).toMatch(/memory: .*asked for 10 MB; time: took \d+s, asked for 5m 00s; on \S+/);
    expect(stdout).toContain('| no light');
    expect(stdout).toMatch(/more: espalier logs \S+ first:2/);
    expect((await desk.espalier('status')).stdout).toMatch(/1 task of first ended with an error on/);
  });

  it('says that a job of several tasks asked for what stands beside one of them', async () => {
    write(failsUnlessGate);
    desk.write({
      'w.yaml': desk.read('w.yaml').replace('    for-each: raw\n', '    for-each: raw\n    pack: 3\n'),
    });
    const { stdout } = await desk.espalier('run', 'w.yaml');
    expect(stdout).toMatch(/asked for 15m 00s; asked for by one job of 3 tasks; on \S+/);
    const shown = (await desk.espalier('show', 'first:2')).stdout;
    expect(shown).toContain('(one job of 3 tasks asked for 10 MB and 15m 00s)');
  });

  it('stops the run where its step says so; resume takes up only the items that it is told of, then the rest', async () => {
    // Or the first would be stopped with the third, where the second is quicker.
    const first = `${desk.folder}/espalier-runs/*/results/first/1.first`;
    const stays = `[ "$n" -ne 2 ] || until ls ${first}; do sleep 0.05; done; [ "$n" -ne 3 ] || [ -e "$GATE" ] || sleep 60`;
    write(`${stays}; ${failsUnlessGate}`, { step: '    on-failure: stop' });
    expect((await desk.espalier('run', 'w.yaml')).code).toBe(1);
    const stopped = await counts();
    expect(stopped).toMatchObject({ failed: 1 });
    // What failed before stops nothing more, also where it is not among them.
    desk.write({ gate: '' });
    const before = desk.tally().length;
    const some = await desk.espalier('resume', '--items', 't == 3');
    expect(some.stderr).not.toContain('the run stops');
    expect(some.code).toBe(1);
    expect(desk.tally().slice(before)).toEqual(['first 3']);
    expect(await counts()).toMatchObject({ failed: 1, succeeded: 2 });
    const rest = await desk.espalier('resume', '--items', 't == 2');
    expect(rest.code, rest.stderr).toBe(0);
    expect(desk.tally().slice(before + 1)).toEqual(['first 2', 'all']);
    expect(result()).toBe('one\ntwo\nthree\n');
  });

  it('stops the run where its step says so, and resume takes it up', async () => {
    write(`${failsUnlessGate}; [ "$n" -ne 3 ] || [ -e "$GATE" ] || sleep 60`, {
      step: '    on-failure: stop',
    });
    const ran = await desk.espalier('run', 'w.yaml');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('the run stops: `first:2` did not succeed');
    expect(await counts()).toMatchObject({ failed: 1 });
    desk.write({ gate: '' });
    expect((await desk.espalier('resume')).code).toBe(0);
    expect(result()).toBe('one\ntwo\nthree\n');
  });

  it('is done without by a group where its step says to continue', async () => {
    write(failsUnlessGate, { step: '    on-failure: continue' });
    const ran = await desk.espalier('run', 'w.yaml');
    expect(ran.code).toBe(1);
    expect(await counts()).toEqual({ succeeded: 3, failed: 1 });
    expect(result()).toBe('one\nthree\n');
    // What was arranged for all three was never begun.
    expect((await desk.json<{ attempts: readonly object[] }>('show', 'all:1')).attempts).toHaveLength(1);
    expect(ran.stdout).toMatch(/^all:1 \(.*\) was made without 1 of 3 inputs: first:2$/m);
    expect((await desk.espalier('show', 'all:1')).stdout).toContain('made without 1 of 3 inputs: first:2');
    expect((await desk.espalier('status')).stdout).toMatch(
      /^all:1 was made without 1 of 3 inputs: first:2$/m,
    );
    expect(await desk.json<object>('status')).toMatchObject({
      incomplete: [{ task: 'all:1', without: ['first:2'], missing: 1, of: 3 }],
    });
    const report = (await desk.espalier('report')).stdout.trimEnd();
    expect(readFileSync(report, 'utf8')).toMatch(
      /Made without some of their inputs.*<code>all:1<\/code> [^<]*: made without 1 of 3 inputs: first:2</s,
    );
  });

  it('is in its group again once it is mended, by resume', async () => {
    write(failsUnlessGate, { step: '    on-failure: continue' });
    expect((await desk.espalier('run', 'w.yaml')).code).toBe(1);
    desk.write({ gate: '' });
    const plan = (await desk.espalier('resume')).stderr;
    expect(plan).toContain('what it did without is there now');
    expect(await counts()).toEqual({ succeeded: 4 });
    expect(result()).toBe('one\ntwo\nthree\n');
    for (const command of ['show', 'status'])
      expect((await desk.espalier(command, ...(command === 'show' ? ['all:1'] : []))).stdout).not.toContain(
        'made without',
      );
    expect(desk.tally().filter((line) => line === 'all')).toHaveLength(2);
  });

  it('is in its group at once where that had not begun without it when the run was stopped', async () => {
    write(failsUnlessGate, { step: '    on-failure: continue', all: '    resources: { gpus: 1 }' });
    const file = desk.read('w.yaml');
    // It holds the one GPU until the run was told to stop.
    const other = `  other:
    for-each: raw
    run: 'while [ ! -e "$GATE" ]; do sleep 0.1; done; cat {{ inputs.image }} >{{ outputs.image }}'
    outputs: { image: "{{ item.t }}.other" }
    resources: { gpus: 1 }
`;
    desk.write({ 'w.yaml': `${file}${other}` });
    const running = desk.begin('run', 'w.yaml');
    await until('the group without what failed', () => packed().includes('"without":["first:2"]'));
    const end = ended(running);
    await interrupt(running);
    desk.write({ gate: '' });
    await end;
    expect(desk.tally()).not.toContain('all');
    const { stderr, code } = await desk.espalier('resume');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('what it was to do without is tried again');
    expect(result()).toBe('one\ntwo\nthree\n');
    expect(desk.tally().filter((line) => line === 'all')).toHaveLength(1);
  });

  it('is left out of its group as before where it is taken into another ledger', async () => {
    write(failsUnlessGate, { step: '    on-failure: continue' });
    expect((await desk.espalier('run', 'w.yaml')).code).toBe(1);
    const [run = ''] = desk.runs();
    rmSync(join(desk.folder, 'home'), { recursive: true });
    const adopted = await desk.espalier('adopt', `local:${run}`);
    expect(adopted.stderr + adopted.stdout).not.toContain('[contradicted]');
    expect(await counts()).toEqual({ succeeded: 3, failed: 1 });
    expect(desk.tally().filter((line) => line === 'all')).toHaveLength(1);
  });

  it('is one that a text in its log or a check of its outputs speaks against', async () => {
    write('[ "$n" -ne 2 ] || echo "CUDA error: no light"', { step: '    log-without: [CUDA error]' });
    await desk.espalier('run', 'w.yaml');
    const shown = await desk.json<{ why: string; message: string }>('show', 'first:2');
    expect(shown).toMatchObject({ why: 'bad-output', message: expect.stringContaining('CUDA error') });
    write('true', { step: '    check: [grep, -q, "o", "{{ outputs.image }}"]' });
    expect((await desk.espalier('run', 'w.yaml')).code).toBe(1);
    const three = await desk.json<{ why: string }>('show', 'first:3');
    expect(three.why).toBe('bad-output');
    expect(await counts()).toEqual({ succeeded: 2, failed: 1, skipped: 1 });
  });
});

describe('a site on which everything fails', () => {
  it('is paused after so many in a row, the reason is said, and resume goes on', async () => {
    write('[ -e "$GATE" ] || exit 3');
    desk.write({
      'home/sites/here.yaml': `transport: local
batch: local
work: ${desk.folder}/runs
limits: { failures: 3, poll-shortest: 0.05, poll-longest: 0.5, file-delay: 0 }
`,
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`data/c_${i + 10}.txt`, 'x\n'])),
    });
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'here', '--no-pack');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(
      /the site `here` is paused: \d+ tasks failed one after another.*most often: application/,
    );
    expect(desk.tally().length).toBeLessThan(23);
    expect(await counts()).toMatchObject({ cancelled: expect.any(Number) });
    // Nothing of it is open any more, so that it has an end.
    const { run } = await desk.json<{ run: { finishedMs: number | null } }>('status');
    expect(run.finishedMs).toEqual(expect.any(Number));
    desk.write({ gate: '' });
    expect((await desk.espalier('resume')).code).toBe(0);
    expect(await counts()).toEqual({ succeeded: 24 });
  });
});

describe('espalier resume', () => {
  it('shows what it will do and why, by a table, before it does it', async () => {
    write(failsUnlessGate);
    await desk.espalier('run', 'w.yaml');
    desk.write({ gate: '' });
    const { stderr, code } = await desk.espalier('resume', '--with', 'memory=20MB');
    expect(code).toBe(0);
    expect(stderr).toContain('2 result(s) stand');
    expect(stderr).toMatch(/first +1 +it failed \[exit\] +memory 20 MB/);
    expect(stderr).toMatch(/all +1 +what it needs is tried again +as before/);
    const shown = await desk.json<{ attempts: readonly { asked: { memory: number } }[] }>('show', 'first:2');
    expect(shown.attempts.map(({ asked }) => asked.memory / 1024 ** 2)).toEqual([10, 20]);
  });

  it('repeats only what is chosen: by how it ended, by items, by step', async () => {
    write('[ -e "$GATE" ] || exit 3');
    await desk.espalier('run', 'w.yaml');
    desk.write({ gate: '' });
    await desk.espalier('resume', '--only', 'lost');
    expect(await counts()).toEqual({ failed: 3, skipped: 1 });
    await desk.espalier('resume', '--items', "t < 3 and cell == 'a'");
    expect(await counts()).toEqual({ succeeded: 2, failed: 1, skipped: 1 });
    expect((await desk.espalier('resume')).code).toBe(0);
    const before = desk.tally().length;
    await desk.espalier('resume', '--from', 'all');
    expect(desk.tally().slice(before)).toEqual(['all']);
    await desk.espalier('resume', '--from', 'first', '--items', 't == 1');
    expect(desk.tally().slice(before + 1)).toEqual(['first 1', 'all']);
    expect(await counts()).toEqual({ succeeded: 4 });
  });

  it('refuses what it cannot understand or the site cannot give, with what to do', async () => {
    write(failsUnlessGate);
    await desk.espalier('run', 'w.yaml');
    for (const [option, value, message] of [
      ['--items', 'time < 3', 'no item of the run has a dimension `time`'],
      ['--items', 't <', 'cannot be read'],
      ['--from', 'frist', 'did you mean `first`?'],
      ['--with', 'memroy=2GB', 'did you mean `memory`?'],
      ['--with', 'memory=lots', 'is no amount'],
      ['--with', 'memory=900TB', 'can never give'],
    ] as const) {
      const { code, stderr } = await desk.espalier('resume', option, value);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
    expect(desk.tally()).toHaveLength(3);
  });

  it('says what became of an edited workflow and what that would run, before anything is done', async () => {
    write(failsUnlessGate);
    await desk.espalier('run', 'w.yaml');
    const before = desk.tally().length;
    write('true', { all: '    resources: { memory: 30MB }' });
    const refused = await desk.espalier('resume');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/first +0 +3 +command: /);
    expect(refused.stderr).toMatch(/all +0 +1 +memory: 10 MB → 30 MB/);
    expect(refused.stderr).toContain('--as-planned');
    expect(desk.tally()).toHaveLength(before);
    desk.write({ gate: '' });
    const gone = await desk.espalier('resume', '--as-planned');
    expect(gone.code, gone.stderr).toBe(0);
    expect(desk.tally().slice(before)).toEqual(['first 2', 'all']);
  });
});
