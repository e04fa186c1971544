import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk, ended, interrupt, until } from './espalier.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

/**
 * Two steps per item and one over all. Each task leaves a line in `tally` when its command runs. `gate`: the first step
 * waits for a file of that name, so that a test decides when it goes on.
 */
function writeWorkflow(
  options: { gate?: boolean; upper?: string; suffix?: string; fuse?: boolean } = {},
): void {
  const wait = options.gate ? 'while [ ! -e "$GATE" ]; do sleep 0.05; done; ' : '';
  const upper = options.upper ?? 'tr a-z A-Z';
  desk.write({
    'work.yaml': [
      'name: letters',
      'parameters:',
      '  mark: { type: text, default: "!" }',
      'collections:',
      '  raw: { pattern: "{name}_{n:int}.txt", in: data }',
      'defaults:',
      '  resources: { cpus: 1, memory: 10MB, time: 5m }',
      `  environment: { TALLY: "${join(desk.folder, 'tally')}", GATE: "${join(desk.folder, 'gate')}" }`,
      'steps:',
      '  upper:',
      '    for-each: raw',
      ...(options.fuse === false ? ['    fuse: false'] : []),
      '    inputs: { text: file }',
      '    outputs: { text: "{{ item.name }}_{{ item.n }}.upper" }',
      `    run: '${wait}echo "upper" {{ item.name }} >> "$TALLY"; ${upper} < {{ inputs.text }} > {{ outputs.text }}'`,
      '  marked:',
      '    for-each: upper.text',
      '    inputs: { text: file }',
      '    with: { mark: "{{ mark }}" }',
      '    outputs: { text: "{{ item.name }}_{{ item.n }}.marked" }',
      `    run: 'echo "marked" {{ item.name }} >> "$TALLY"; { cat {{ inputs.text }}; echo {{ mark }}${options.suffix ?? ''}; } > {{ outputs.text }}'`,
      '  all:',
      '    group: { by: [], order: [name, n] }',
      '    from: marked.text',
      '    inputs: { texts: { type: file, many: true } }',
      '    outputs: { text: all.txt }',
      `    run: 'echo "all" >> "$TALLY"; cat {{ inputs.texts }} > {{ outputs.text }}'`,
      '',
    ].join('\n'),
    'data/a_2.txt': 'a two\n',
    'data/a_10.txt': 'a ten\n',
    'data/b_1.txt': 'b one\n',
  });
}

const wholeResult = 'A TWO\n!\nA TEN\n!\nB ONE\n!\n';

function result(run: string | undefined, name: string): string {
  return join('espalier-runs', run ?? 'none', 'results', name);
}

describe('a run on this machine', () => {
  it('does every task once, gathers in natural order, and says so', async () => {
    writeWorkflow();
    const { code, stdout, stderr } = await desk.espalier('run', 'work.yaml');
    expect(stderr).toContain('run ');
    expect(code, stderr + stdout).toBe(0);
    expect(desk.read(result(desk.runs()[0], 'all/all.txt'))).toBe(wholeResult);
    expect([...desk.tally()].sort()).toEqual([
      'all',
      'marked a',
      'marked a',
      'marked b',
      'upper a',
      'upper a',
      'upper b',
    ]);
    const status = await desk.json<{ run: { state: string; counts: object } }>('status');
    expect(status.run).toMatchObject({ state: 'succeeded', counts: { succeeded: 7 } });
    // Logs of what went well are kept too; one that holds nothing is said to.
    expect(await desk.espalier('logs', 'upper:1')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'upper:1 printed nothing\n',
    });
    const logs = join(desk.folder, 'espalier-runs', desk.runs()[0] ?? '', 'logs');
    const kept = readdirSync(logs, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.out'))
      .map((name) => readFileSync(join(logs, name), 'utf8'));
    expect(kept.join('')).toContain('::espalier:: upper:1 attempt 1');
  });

  it('does nothing twice when nothing changed, though files were touched', async () => {
    writeWorkflow();
    await desk.espalier('run', 'work.yaml');
    const before = desk.tally().length;
    for (const name of readdirSync(join(desk.folder, 'data')))
      utimesSync(join(desk.folder, 'data', name), new Date(), new Date());
    const { code } = await desk.espalier('run', 'work.yaml');
    expect(code).toBe(0);
    expect(desk.tally()).toHaveLength(before);
    expect(desk.read(result(desk.runs()[1], 'all/all.txt'))).toBe(wholeResult);
    const status = await desk.json<{ run: { counts: object } }>('status');
    expect(status.run.counts).toEqual({ cached: 7 });
    // Of a result that serves again there is nothing to wait for: its log is the one of the run that made it.
    expect(await desk.espalier('logs', 'upper:1', '--follow')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'upper:1 printed nothing\n',
    });
  });

  it('repeats a step whose parameter changed and what follows, no more, and says which component it was', async () => {
    writeWorkflow();
    await desk.espalier('run', 'work.yaml');
    const before = desk.tally().length;
    const { code } = await desk.espalier('run', 'work.yaml', '--set', 'mark=?');
    expect(code).toBe(0);
    expect([...desk.tally().slice(before)].sort()).toEqual(['all', 'marked a', 'marked a', 'marked b']);
    const why = await desk.json<{ changed: readonly object[] }>('why', 'marked:1');
    expect(why.changed).toEqual([{ component: 'values.mark', from: '!', to: '?' }]);
  });

  it('stops where an edited step gives the same outputs', async () => {
    writeWorkflow();
    await desk.espalier('run', 'work.yaml');
    const before = desk.tally().length;
    writeWorkflow({ upper: 'cat | tr a-z A-Z' });
    await desk.espalier('run', 'work.yaml');
    expect([...desk.tally().slice(before)].sort()).toEqual(['upper a', 'upper a', 'upper b']);
    const status = await desk.json<{ run: { counts: object } }>('status');
    expect(status.run.counts).toEqual({ succeeded: 3, cached: 4 });
  });

  it('repeats only the item whose content changed, and the gather', async () => {
    writeWorkflow();
    await desk.espalier('run', 'work.yaml');
    const before = desk.tally().length;
    desk.write({ 'data/b_1.txt': 'b uno\n' });
    await desk.espalier('run', 'work.yaml');
    expect([...desk.tally().slice(before)].sort()).toEqual(['all', 'marked b', 'upper b']);
  });
});

describe('two runs at once', () => {
  it('hold no more together than the machine has', async () => {
    const write = (name: string, item: string): void =>
      desk.write({
        [`${name}.yaml`]: [
          `name: ${name}`,
          'collections: { raw: { pattern: "{n:int}.txt", in: data } }',
          `defaults: { environment: { TALLY: "${join(desk.folder, 'tally')}" }, resources: { memory: 10MB, time: 5m } }`,
          'steps:',
          `  ${name}:`,
          '    for-each: raw',
          '    inputs: { text: file }',
          `    outputs: { text: "{{ item.n }}.${item}" }`,
          `    run: 'echo + >> "$TALLY"; cat {{ inputs.text }} > {{ outputs.text }}; sleep 0.3; echo - >> "$TALLY"'`,
          '',
        ].join('\n'),
      });
    const count = 3 * availableParallelism();
    desk.write(Object.fromEntries(Array.from({ length: count }, (_, n) => [`data/${n}.txt`, `${n}\n`])));
    write('one', 'a');
    write('two', 'b');
    const both = await Promise.all([desk.espalier('run', 'one.yaml'), desk.espalier('run', 'two.yaml')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    let running = 0;
    const seen = desk.tally().map((line) => {
      running += line === '+' ? 1 : -1;
      return running;
    });
    expect(seen).toHaveLength(4 * count);
    expect(Math.max(...seen)).toBeLessThanOrEqual(availableParallelism());
  });
});

describe('a run that failed', () => {
  it('goes on with the other items, skips what needs the failed one, and resumes when it is mended', async () => {
    writeWorkflow({ upper: 'test {{ item.name }} != b || test -e "$GATE" && tr a-z A-Z' });
    const { code, stdout } = await desk.espalier('run', 'work.yaml');
    expect(code).toBe(1);
    expect(stdout).toContain('upper:3');
    const status = await desk.json<{ run: { counts: object } }>('status');
    expect(status.run.counts).toEqual({ succeeded: 4, failed: 1, skipped: 2 });
    const before = desk.tally().length;
    desk.write({ gate: '' });
    const again = await desk.espalier('resume');
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('4 result(s) stand');
    expect([...desk.tally().slice(before)].sort()).toEqual(['all', 'marked b', 'upper b']);
    expect(desk.read(result(desk.runs()[0], 'all/all.txt'))).toBe(wholeResult);
  });

  it('shows what the failed task printed', async () => {
    writeWorkflow({ upper: 'echo "no good" >&2; exit 7; tr a-z A-Z' });
    const { stdout } = await desk.espalier('run', 'work.yaml');
    expect(stdout).toContain('no good');
    expect(stdout).toContain('code 7');
    const log = await desk.espalier('logs', 'upper:1');
    expect(log.stderr).toContain('no good');
  });

  it('never takes exit 0 without the output for a success', async () => {
    writeWorkflow({ upper: 'true < {{ inputs.text }}; rm -f {{ outputs.text }}; exit 0; cat' });
    const { code } = await desk.espalier('run', 'work.yaml');
    expect(code).toBe(1);
    const show = await desk.json<{ attempts: readonly { outcome: string }[] }>('show', 'upper:1');
    expect(show.attempts.at(-1)?.outcome).toBe('no-output');
  });
});

describe('a log that is followed', () => {
  it('is waited for, and says so, where its task has not begun', async () => {
    writeWorkflow({ gate: true });
    const run = ended(desk.begin('run', 'work.yaml'));
    await until('a task that runs', () => processesOf(desk).length > 0);
    const child = desk.begin('logs', 'all:1', '--follow');
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const end = ended(child);
    await until('a word', () => said.includes('\n'));
    const waiting = 'all:1 has printed nothing yet; waiting for it (Ctrl-C leaves it alone)\n';
    expect(said).toBe(waiting);
    desk.write({ gate: '' });
    expect((await run).code).toBe(0);
    expect(await end).toMatchObject({ code: 0, stdout: '', stderr: `${waiting}all:1 printed nothing\n` });
  });
});

describe('results that go away', () => {
  it('makes a deleted or truncated result again on resume, and only it', async () => {
    writeWorkflow();
    await desk.espalier('run', 'work.yaml');
    const [run] = desk.runs();
    const gone = join(desk.folder, result(run, 'upper/a_2.upper'));
    const cut = join(desk.folder, result(run, 'marked/b_1.marked'));
    rmSync(gone);
    chmodSync(cut, 0o600);
    truncateSync(cut, 2);
    const before = desk.tally().length;
    const { code, stderr } = await desk.espalier('resume');
    expect(code, stderr).toBe(0);
    expect([...desk.tally().slice(before)].sort()).toEqual(['marked b', 'upper a']);
    expect(existsSync(gone)).toBe(true);
    expect(desk.read(result(run, 'marked/b_1.marked'))).toBe('B ONE\n!\n');
  });

  it('does not reuse a result that another run has lost', async () => {
    writeWorkflow();
    await desk.espalier('run', 'work.yaml');
    rmSync(join(desk.folder, 'espalier-runs'), { recursive: true });
    const before = desk.tally().length;
    const { code } = await desk.espalier('run', 'work.yaml');
    expect(code).toBe(0);
    expect(desk.tally().slice(before)).toHaveLength(7);
  });
});

describe('a driver that dies', () => {
  it('leaves its tasks running; resume recognises them and repeats nothing', async () => {
    writeWorkflow({ gate: true });
    const child = desk.begin('run', 'work.yaml', '--no-fuse');
    const end = ended(child);
    await until('a task that runs', () => processesOf(desk).length > 0);
    child.kill('SIGKILL');
    await end;
    expect(processesOf(desk).length).toBeGreaterThan(0);
    desk.write({ gate: '' });
    const { code, stderr } = await desk.espalier('resume');
    expect(code, stderr).toBe(0);
    expect([...desk.tally()].sort()).toEqual([
      'all',
      'marked a',
      'marked a',
      'marked b',
      'upper a',
      'upper a',
      'upper b',
    ]);
  });

  it('is not pushed aside while it lives', async () => {
    writeWorkflow({ gate: true });
    const child = desk.begin('run', 'work.yaml');
    const end = ended(child);
    await until('a task that runs', () => processesOf(desk).length > 0);
    const second = await desk.espalier('resume');
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('drives this run');
    desk.write({ gate: '' });
    expect((await end).code).toBe(0);
  });

  it('counts a task that was run by hand meanwhile', async () => {
    writeWorkflow({ gate: true, fuse: false });
    const child = desk.begin('run', 'work.yaml');
    const end = ended(child);
    await until('a task that runs', () => processesOf(desk).length > 0);
    child.kill('SIGKILL');
    await end;
    desk.write({ gate: '' });
    await until('the tasks begun to end', () => processesOf(desk).length === 0);
    const done = desk.tally().length;
    const [run] = desk.runs();
    const arrays = join(desk.folder, 'espalier-runs', run ?? '', 'arrays');
    const [first] = readdirSync(arrays).sort();
    for (const index of ['0', '1', '2']) execFileSync('sh', [join(arrays, first ?? '', 'job.sh'), index]);
    expect(desk.tally()).toHaveLength(3);
    expect(desk.tally().length).toBeGreaterThanOrEqual(done);
    const { code, stderr } = await desk.espalier('resume');
    expect(code, stderr).toBe(0);
    expect([...desk.tally()].sort()).toEqual([
      'all',
      'marked a',
      'marked a',
      'marked b',
      'upper a',
      'upper a',
      'upper b',
    ]);
  });
});

describe('Ctrl-C', () => {
  it('begins nothing new, lets what runs end, and resumes', async () => {
    writeWorkflow({ gate: true, fuse: false });
    const child = desk.begin('run', 'work.yaml');
    const end = ended(child);
    await until('a task that runs', () => processesOf(desk).length > 0);
    await interrupt(child);
    desk.write({ gate: '' });
    expect((await end).code).toBe(130);
    expect(desk.tally().filter((line) => line.startsWith('marked'))).toEqual([]);
    expect((await desk.espalier('resume')).code).toBe(0);
    expect([...desk.tally()].sort()).toEqual([
      'all',
      'marked a',
      'marked a',
      'marked b',
      'upper a',
      'upper a',
      'upper b',
    ]);
  });

  it('ends the children when it comes twice', async () => {
    writeWorkflow({ gate: true, fuse: false });
    const child = desk.begin('run', 'work.yaml');
    const end = ended(child);
    await until('a task that runs', () => processesOf(desk).length > 0);
    await interrupt(child);
    const firstMs = Date.now();
    await until('a second stroke that is one', () => Date.now() - firstMs > 600);
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    expect(processesOf(desk)).toEqual([]);
    desk.write({ gate: '' });
    expect((await desk.espalier('resume')).code).toBe(0);
  });
});

/** Processes that run a job script of this desk. */
function processesOf(own: Desk): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readCommand)
    .filter((words) => words.includes(own.folder) && words.includes('job.sh'));
}

/** Empty for a process that has ended meanwhile. */
function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
