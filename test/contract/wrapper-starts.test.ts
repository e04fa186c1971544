import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench, findShells, output, run, type Spec, until } from './wrapper-bench.ts';

describe.each(findShells())('starts of one element under $name', (shell) => {
  let bench: Bench;
  const open = (): Bench => {
    bench = new Bench(shell);
    return bench;
  };
  afterEach(() => bench.clear());

  /** A task that says that it runs, waits to be let go, and makes its output. It ends by itself when the bench is cleared. */
  const waits = (id: string, name = id.replace(':', '')): Spec => ({
    id,
    outputs: [{ role: 'out', name }],
    command: run`echo >>${bench.file(`${name}.ran`)}
      while [ ! -e ${bench.file(`${name}.go`)} ] && [ -d ${bench.folder} ]; do sleep 0.02; done
      echo made >${output('out')}`,
  });
  const letGo = (name: string): void => writeFileSync(bench.file(`${name}.go`), '');
  const runs = (name: string): number =>
    existsSync(bench.file(`${name}.ran`)) ? readFileSync(bench.file(`${name}.ran`), 'utf8').length : 0;
  const isRunning = (name: string, times = 1) =>
    until(() => runs(name) === times, `${name} runs ${times} times`);

  it('lets a twin do nothing while the first runs', async () => {
    open().write([[waits('slow:1', 'slow')]]);
    const first = bench.begin();
    await isRunning('slow');
    const before = bench.recordText();
    const twin = bench.start();
    expect(twin.code).toBe(0);
    expect(twin.stderr).toContain('element 0 of r1.a1 is held by /0/');
    expect(bench.recordText()).toBe(before);
    letGo('slow');
    expect(await first.ended).toBe(0);
    expect(bench.ends('slow:1').map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(runs('slow')).toBe(1);
  });

  it('hands over to a requeued start of the same job and to no earlier one, and the old start touches nothing more', async () => {
    open().write([[waits('slow:1', 'slow')]]);
    const first = bench.begin(0, { JOB: '71_0', RESTART: '1' });
    await isRunning('slow');
    for (const RESTART of ['0', '1'])
      expect(bench.start(0, { JOB: '71_0', RESTART }).stderr).toContain('nothing done');
    expect(bench.start(0, { JOB: '72_0', RESTART: '9' }).stderr).toContain('nothing done');
    const second = bench.begin(0, { JOB: '71_0', RESTART: '2' });
    await isRunning('slow', 2);
    letGo('slow');
    await Promise.all([first.ended, second.ended]);
    const starts = bench.lines().filter((line) => line.fact === 'element-started');
    expect(starts.map(({ job, restart }) => [job, restart])).toEqual([
      ['71_0', 1],
      ['71_0', 2],
    ]);
    // The first start's command has ended too, and its directory was gone; it is not for that start to say so.
    expect(bench.ends('slow:1').map(({ outcome }) => outcome)).toEqual(['ok']);
    expect(readFileSync(bench.result('slow:1', 'out'), 'utf8')).toBe('made\n');
    expect(bench.leftovers()).toEqual([]);
  });

  it('takes over from a start that was killed, and runs nothing again whose outputs had been moved', async () => {
    open().write([[waits('quick:1', 'quick'), waits('slow:1', 'slow')]]);
    letGo('quick');
    const first = bench.begin();
    await isRunning('slow');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    letGo('slow');
    expect(bench.start()).toMatchObject({ code: 0, stderr: '' });
    expect(runs('quick')).toBe(1);
    expect(bench.end('quick:1')).toMatchObject({
      outcome: 'ok',
      note: expect.stringContaining('found complete'),
    });
    expect(runs('slow')).toBe(2);
    expect(bench.end('slow:1').outcome).toBe('ok');
  });

  it('runs a task again whose moved output was changed or removed since', async () => {
    open().write([[waits('cut:1', 'cut'), waits('gone:1', 'gone'), waits('slow:1', 'slow')]]);
    letGo('cut');
    letGo('gone');
    const first = bench.begin();
    await isRunning('slow');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    rmSync(bench.result('gone:1', 'out'));
    rmSync(bench.result('cut:1', 'out'));
    writeFileSync(bench.result('cut:1', 'out'), 'ma');
    letGo('slow');
    bench.start();
    expect([runs('cut'), runs('gone')]).toEqual([2, 2]);
    expect(readFileSync(bench.result('cut:1', 'out'), 'utf8')).toBe('made\n');
  });

  it('takes nothing for complete that another attempt left', () => {
    open().write([[waits('quick:1', 'quick')]]);
    letGo('quick');
    bench.start();
    rmSync(join(bench.folder, 'arrays', bench.array, 'made'), { recursive: true });
    rmSync(join(bench.folder, 'records'), { recursive: true });
    bench.start();
    expect(runs('quick')).toBe(2);
  });

  it('finds everything complete when a finished element is started again by hand', () => {
    open().write([[waits('quick:1', 'quick')]]);
    letGo('quick');
    bench.start(0, { JOB: '71_0' });
    expect(bench.start(0).stderr).toBe('');
    expect(runs('quick')).toBe(1);
    expect(bench.ends('quick:1').map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  });

  it('lets exactly one of many take over from a start that was killed', async () => {
    open().write([[waits('slow:1', 'slow')]]);
    const first = bench.begin();
    await isRunning('slow');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const takers = Array.from({ length: 8 }, () => bench.begin());
    await isRunning('slow', 2);
    letGo('slow');
    await Promise.all(takers.map(({ ended }) => ended));
    // A taker that comes after the end finds the task complete; none runs it a third time.
    expect(runs('slow')).toBe(2);
    const locks = readdirSync(join(bench.folder, 'records', bench.array)).filter((name) =>
      name.includes('lock'),
    );
    expect(locks).toHaveLength(bench.lines().filter(({ fact }) => fact === 'element-started').length);
  });

  it('does not let a torn last line of a killed start swallow the next', async () => {
    open().write([[waits('slow:1', 'slow')]]);
    const first = bench.begin();
    await isRunning('slow');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    appendFileSync(join(bench.folder, 'records', bench.array, '0'), '{"v":1,"at":17');
    letGo('slow');
    bench.start();
    expect(bench.lines(0, 1).filter(({ fact }) => fact === 'element-started')).toHaveLength(2);
  });

  it.each(['TERM', 'INT', 'HUP', 'USR1'] as const)(
    'told to end by %s, ends the command and all below it, records it and begins nothing more',
    async (name) => {
      const pids = (): readonly number[] =>
        existsSync(bench.file('pids'))
          ? readFileSync(bench.file('pids'), 'utf8').split('\n').slice(0, -1).map(Number)
          : [];
      open();
      const command = run`sh -c 'echo $$ >>"$1"; while [ -d "$2" ]; do sleep 0.02; done; :' sh ${bench.file('pids')} ${bench.folder}
      true`;
      bench.write([
        [
          { id: 'long:1', command },
          { id: 'next:1', command: run`touch ${bench.file('next')}` },
        ],
      ]);
      const { pid, ended } = bench.begin();
      await until(() => pids().length === 1, 'the command runs');
      process.kill(pid, `SIG${name}`);
      expect(await ended).toBe(0);
      expect(bench.end('long:1')).toMatchObject({
        outcome: 'stopped',
        note: `told to end by ${name} while it ran`,
      });
      expect(existsSync(bench.file('next'))).toBe(false);
      expect(bench.lines().some((line) => 'task' in line && line.task === 'next:1')).toBe(false);
      await until(() => pids().every((each) => !isAlive(each)), 'the grandchild has ended');
      expect(bench.leftovers()).toEqual([]);
    },
  );

  it('says stopped, not what broke, when the whole group is told to end while a file is hashed', async () => {
    open();
    // A pipe that nobody writes to: reading it for its hash takes for ever.
    const pipe = bench.file('pipe', '');
    rmSync(pipe);
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [pipe]);
    bench.write([[{ id: 'read:1', inputs: { image: pipe }, command: run`true` }]]);
    const { child, pid, ended } = bench.begin();
    await until(() => bench.recordText().includes('task-started'), 'the task has begun');
    await until(() => hasChild(pid), 'the hash has begun');
    // More than once: a shell that has just forked may not hear the first.
    await until(() => {
      if (child.exitCode === null) process.kill(-pid, 'SIGTERM');
      return child.exitCode !== null;
    }, 'the wrapper ends');
    expect(await ended).toBe(0);
    expect(bench.end('read:1').outcome).toBe('stopped');
  });

  it('waits for a command that takes its time to end', async () => {
    open();
    const command = run`trap 'echo told >${bench.file('said')}; exit 0' TERM
      echo >${bench.file('ready')}
      while [ -d ${bench.folder} ]; do sleep 0.02; done`;
    bench.write([[{ id: 'long:1', command }]]);
    const { pid, ended } = bench.begin();
    await until(() => existsSync(bench.file('ready')), 'the command runs');
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(0);
    expect(existsSync(bench.file('said'))).toBe(true);
    expect(bench.end('long:1')).toMatchObject({ outcome: 'stopped', exit: 0 });
  });

  it('has the code of a command that ended when told, however often it is told (a stand-in for GNU time, slow to end)', async () => {
    open();
    const ended = bench.file('ended');
    const command = run`trap 'exit 7' TERM
      echo >${bench.file('ready')}
      while [ -d ${bench.folder} ]; do sleep 0.02; done`;
    bench.write([[{ id: 'long:1', command }]]);
    const slow = bench.file(
      'time',
      `#!/bin/sh
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -gt 0 ] || exit 0
shift
"$@"
code=$?
echo >'${ended}'
while [ ! -e '${bench.file('go')}' ] && [ -d '${bench.folder}' ]; do :; done
exit $code
`,
    );
    chmodSync(slow, 0o755);
    writeFileSync(bench.script, readFileSync(bench.script, 'utf8').replaceAll('/usr/bin/time', slow));
    const wrapper = bench.begin();
    await until(() => existsSync(bench.file('ready')), 'the command runs');
    process.kill(wrapper.pid, 'SIGTERM');
    await until(() => existsSync(ended), 'the command has ended');
    let told = 0;
    await until(() => {
      process.kill(wrapper.pid, 'SIGTERM');
      told += 1;
      return told === 20;
    }, 'it is told again');
    writeFileSync(bench.file('go'), '');
    expect(await wrapper.ended).toBe(0);
    expect(bench.end('long:1')).toMatchObject({ outcome: 'stopped', exit: 7 });
  });

  it('ends a command that is told while it is forked, and has not forgotten the traps of the wrapper yet', async () => {
    open();
    const command = run`touch ${bench.file('ran')}`;
    bench.write([[{ id: 'long:1', command }]]);
    // No signal can be aimed at so short a moment: the fork itself has the wrapper told, and hears what that passes on.
    const early = `heard=; trap 'heard=1' TERM; kill -TERM $$; until [ -n "$heard" ]; do :; done`;
    const forgets = 'trap - TERM INT HUP USR1';
    const script = readFileSync(bench.script, 'utf8');
    expect(script).toContain(forgets);
    writeFileSync(
      bench.script,
      script.replace(forgets, () => `${early}; ${forgets}`),
    );
    expect(await bench.begin().ended).toBe(0);
    expect(bench.end('long:1').outcome).toBe('stopped');
    expect(existsSync(bench.file('ran'))).toBe(false);
    expect(bench.leftovers()).toEqual([]);
  });

  it('tells whole facts where all that it started is told to end together with it', async () => {
    // Some shells lose the code of a child that ends in the very moment: more than once.
    for (let times = 0; times < 8; times++) {
      open();
      const command = run`echo >${bench.file('ready')}; while [ -d ${bench.folder} ]; do sleep 0.02; done`;
      bench.write([[{ id: 'long:1', command }]]);
      const { pid, ended } = bench.begin();
      await until(() => existsSync(bench.file('ready')), 'the command runs');
      process.kill(-pid, 'SIGTERM');
      expect(await ended).toBe(0);
      expect(bench.end('long:1').outcome).toBe('stopped');
      bench.clear();
    }
  });

  it('tells whole facts though `date` is ended whenever it is asked', () => {
    open();
    const real = shell.path === undefined ? 'PATH=/usr/bin:/bin exec date' : `exec ${shell.path}/date`;
    const stand = `#!/bin/sh\n[ ! -e '${bench.file('armed')}' ] || kill -TERM $$\n${real} "$@"\n`;
    chmodSync(bench.file('bin/date', stand), 0o755);
    bench.write([[{ id: 'quick:1', command: run`touch ${bench.file('armed')}` }]]);
    bench.start(0, { PATH: `${bench.file('bin')}:${shell.path ?? process.env.PATH}` });
    const [began, ended] = ['task-started', 'task-ended'].map((fact) =>
      bench.lines().find((line) => line.fact === fact),
    );
    expect(bench.end('quick:1').outcome).toBe('ok');
    expect(ended?.at).toBe(began?.at);
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function hasChild(pid: number): boolean {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') !== '';
}
