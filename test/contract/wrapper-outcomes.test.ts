import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { contentKey } from '../../src/compiler/index.ts';
import type { Command } from '../../src/model/index.ts';
import { Bench, findShells, input, modeOf, output, run, staticKey, whereIs } from './wrapper-bench.ts';

const sha = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

describe.each(findShells())('the wrapper under $name', (shell) => {
  let bench: Bench;
  const open = (): Bench => {
    bench = new Bench(shell);
    return bench;
  };
  afterEach(() => bench.clear());

  const copy = (from: string | { task: string; output: string }, id = 'copy:1', name = 'copied') => ({
    id,
    inputs: { image: from },
    outputs: [{ role: 'copy', name }],
    command: run`cp ${input('image')} ${output('copy')}; echo said; echo complained >&2`,
  });

  it('records a success with hashes, the content key and what was said', () => {
    const raw = open().file('raw', 'content');
    bench.write([[copy(raw)]]);
    expect(bench.start()).toMatchObject({ code: 0, stderr: '' });

    const key = contentKey(staticKey, [{ role: 'image', index: 0, sha256: sha('content') }]);
    expect(bench.end('copy:1')).toMatchObject({
      outcome: 'ok',
      exit: 0,
      signal: 0,
      key,
      note: '',
      reused: '',
    });
    expect(bench.lines().map(({ fact }) => fact)).toEqual([
      'element-started',
      'task-started',
      'input',
      'output',
      'task-ended',
      'element-ended',
    ]);
    const result = bench.result('copy:1', 'copy');
    const { size, mtimeMs, ino } = statSync(result);
    const seen = { sha256: sha('content'), size, mtime: Math.floor(mtimeMs / 1000), inode: String(ino) };
    expect(bench.lines()[3]).toMatchObject({ role: 'copy', path: result, ...seen });
    expect(bench.lines()[2]).toMatchObject({
      role: 'image',
      n: 0,
      path: raw,
      sha256: sha('content'),
      size: 7,
    });
    expect(readFileSync(result, 'utf8')).toBe('content');
    expect(bench.log('out')).toContain('said\n');
    expect(bench.log('err')).toContain('complained\n');
    expect(bench.leftovers()).toEqual([]);
  });

  it('records peak memory where GNU time is there', (context) => {
    context.skip(!existsSync('/usr/bin/time'), 'skipped: there is no /usr/bin/time');
    open().write([[copy(bench.file('raw', 'content'))]]);
    bench.start();
    expect(bench.end('copy:1').peakKb).toBeGreaterThan(100);
  });

  it('makes results read-only and keeps everything from other users', () => {
    open().write([[copy(bench.file('raw', 'content'), 'copy:1', 'deep/er/copied')]]);
    bench.start();
    const result = bench.result('copy:1', 'copy');
    expect(modeOf(result)).toBe(0o400);
    expect(modeOf(dirname(result))).toBe(0o700);
    expect(modeOf(join(bench.folder, 'records', bench.array, '0'))).toBe(0o600);
  });

  it('records a non-zero exit and ends well itself', () => {
    const say = run`echo partial >${output('out')}; exit 3`;
    open().write([[{ id: 'bad:1', outputs: [{ role: 'out', name: 'out' }], command: say }]]);
    expect(bench.start().code).toBe(0);
    expect(bench.end('bad:1')).toMatchObject({
      outcome: 'exit',
      exit: 3,
      signal: 0,
      note: 'ended with code 3',
    });
    expect(existsSync(bench.result('bad:1', 'out'))).toBe(false);
    expect(bench.lines().at(-1)?.fact).toBe('element-ended');
  });

  it('records the signal that ended a command', () => {
    open().write([[{ id: 'bad:1', command: run`kill -9 $$` }]]);
    bench.start();
    expect(bench.end('bad:1')).toMatchObject({ outcome: 'signal', signal: 9, note: 'ended by signal 9' });
  });

  it('records a program that is not there as an exit', () => {
    const command = { kind: 'words', words: [[{ text: 'no-such-program' }]] } as const;
    open().write([[{ id: 'bad:1', command }]]);
    bench.start();
    expect(bench.end('bad:1')).toMatchObject({ outcome: 'exit', exit: 127 });
  });

  it.each([
    ['is not there', run`true`, {}],
    ['has 0 bytes, fewer than 1', run`: >${output('out')}`, {}],
    ['has 4 bytes, fewer than 5', run`printf four >${output('out')}`, { minSize: 5 }],
    ['is not a file', run`mkdir ${output('out')}`, {}],
    ['is not a folder', run`echo >${output('out')}`, { type: 'directory' as const }],
    ['has 0 bytes, fewer than 1', run`mkdir ${output('out')}`, { type: 'directory' as const }],
    ['is a symbolic link', run`ln -s ${input('raw')} ${output('out')}`, {}],
  ])('takes no success from an output that %s', (fault, command, more) => {
    const raw = open().file('raw', 'content');
    const outputs = [{ role: 'out', name: 'out', ...more }];
    bench.write([[{ id: 'bad:1', inputs: { raw }, outputs, command }]]);
    bench.start();
    const note = `it ended with code 0, but its output out ${fault}`;
    expect(bench.end('bad:1')).toMatchObject({ outcome: 'no-output', exit: 0, note });
    expect(existsSync(bench.result('bad:1', 'out'))).toBe(false);
    expect(modeOf(raw) & 0o200).toBe(0o200);
  });

  it('takes no success from a log that says what it must not, on either stream and with any signs in it', () => {
    const text = 'error: "beam" lost \\ 3';
    const raw = open().file('raw', 'content');
    const loud = (id: string, command: Command) => ({ ...copy(raw, id, id.replace(':', '')), command });
    bench.write(
      [
        [
          loud('out:1', run`cp ${input('image')} ${output('copy')}; echo ${`... ${text} ...`}`),
          loud('err:1', run`cp ${input('image')} ${output('copy')}; echo ${text} >&2`),
          copy(raw, 'good:1', 'good'),
        ],
      ],
      { logWithout: ['never said', text] },
    );
    bench.start();
    const note = `it ended with code 0, but its log says: ${text}`;
    for (const id of ['out:1', 'err:1']) {
      expect(bench.end(id)).toMatchObject({ outcome: 'bad-output', exit: 0, note });
      expect(existsSync(bench.result(id, 'copy'))).toBe(false);
    }
    expect(bench.end('good:1').outcome).toBe('ok');
  });

  it('lets a check look at the outputs before they move, and takes no success that it refuses', () => {
    const raw = open().file('raw', 'content');
    const check = run`[ "$(cat ${output('copy')})" = content ] || { echo 'not the content' >&2; exit 3; }`;
    const bad = { ...copy(raw, 'bad:1', 'bad'), command: run`echo other >${output('copy')}` };
    bench.write([
      [
        { ...copy(raw), checks: [run`true`, check] },
        { ...bad, checks: [check] },
      ],
    ]);
    bench.start();
    expect(bench.end('copy:1').outcome).toBe('ok');
    const note = 'it ended with code 0, but a check of its outputs ended with code 3';
    expect(bench.end('bad:1')).toMatchObject({ outcome: 'bad-output', exit: 0, note });
    expect(existsSync(bench.result('bad:1', 'copy'))).toBe(false);
    expect(bench.log('err')).toContain('not the content');
  });

  it('does not run a task whose input is not there', () => {
    open().write([[{ ...copy('/nowhere/at all'), command: run`touch ${bench.file('ran')}` }]]);
    bench.start();
    const note = 'an input is not there: role image, number 0';
    expect(bench.end('copy:1')).toMatchObject({ outcome: 'no-input', key: '', note });
    expect(existsSync(bench.file('ran'))).toBe(false);
  });

  it('runs a chain in one element, hashing each file once', () => {
    const raw = open().file('raw', 'content');
    const second = {
      ...copy({ task: 'copy:1', output: 'copy' }, 'again:1'),
      inputs: { image: { task: 'copy:1', output: 'copy' }, raw },
    };
    bench.write([[copy(raw), second]]);
    bench.start();
    expect(bench.end('again:1').outcome).toBe('ok');
    const key = contentKey(staticKey, [
      { role: 'image', index: 0, sha256: sha('content') },
      { role: 'raw', index: 0, sha256: sha('content') },
    ]);
    expect(bench.end('again:1').key).toBe(key);
  });

  it('says upstream when what makes an input failed, in this element or in another', () => {
    const bad = { id: 'bad:1', outputs: [{ role: 'out', name: 'out' }], command: run`exit 1` };
    open().write([
      [bad, copy({ task: 'bad:1', output: 'out' })],
      [copy({ task: 'bad:1', output: 'out' }, 'copy:2')],
    ]);
    bench.start(0);
    bench.start(1);
    const ended = { outcome: 'upstream', note: 'it needs bad:1, which has not succeeded' };
    expect(bench.end('copy:1', 0)).toMatchObject(ended);
    expect(bench.end('copy:2', 1)).toMatchObject(ended);
  });

  it('moves the first output last, and lets nobody build on a move that failed', () => {
    const outputs = [
      { role: 'first', name: 'blocked/first' },
      { role: 'second', name: 'second' },
    ];
    const two = {
      id: 'two:1',
      outputs,
      command: run`echo 1 >${output('first')}; echo 2 >${output('second')}`,
    };
    open().write([[two, copy({ task: 'two:1', output: 'first' })]]);
    mkdirSync(join(bench.folder, 'results', 'two'), { recursive: true });
    writeFileSync(join(bench.folder, 'results', 'two', 'blocked'), 'a file where a folder should be');
    bench.start();
    expect(bench.end('two:1')).toMatchObject({ outcome: 'storage' });
    expect(existsSync(bench.result('two:1', 'second'))).toBe(true);
    expect(bench.end('copy:1')).toMatchObject({ outcome: 'upstream' });
  });

  it('leaves no result of an earlier attempt where a failed task belongs', () => {
    const bad = { id: 'bad:1', outputs: [{ role: 'out', name: 'out' }], command: run`exit 1` };
    open().write([[bad, copy({ task: 'bad:1', output: 'out' })]]);
    mkdirSync(dirname(bench.result('bad:1', 'out')), { recursive: true });
    writeFileSync(bench.result('bad:1', 'out'), 'of an earlier attempt');
    bench.start();
    expect(bench.end('copy:1').outcome).toBe('upstream');
  });

  it('hashes and moves a folder, and replaces one that is there', () => {
    const outputs = [{ role: 'zarr', name: 'image.zarr', type: 'directory' as const }];
    const make = run`mkdir -p ${output('zarr')}/0/0; echo chunk >${output('zarr')}/0/0/1; echo {} >${output('zarr')}/.zattrs`;
    open().write([[{ id: 'make:1', outputs, command: make }]]);
    const result = bench.result('make:1', 'zarr');
    mkdirSync(join(result, 'old'), { recursive: true });
    bench.start();
    expect(bench.end('make:1')).toMatchObject({ outcome: 'ok', note: '' });
    // Spaces sort before digits: `.zattrs` has digest ca3d…, the chunk another; the lines are sorted whole.
    const list = [`${sha('{}\n')}  ./.zattrs\n`, `${sha('chunk\n')}  ./0/0/1\n`].sort().join('');
    expect(bench.lines().find(({ fact }) => fact === 'output')).toMatchObject({ sha256: sha(list), size: 9 });
    expect(readFileSync(join(result, '0/0/1'), 'utf8')).toBe('chunk\n');
    expect(modeOf(join(result, '0/0/1'))).toBe(0o400);
    expect(existsSync(join(result, 'old'))).toBe(false);
  });

  it('takes a folder as an input', () => {
    const folder = open().file('in/a', 'A');
    const command = run`cat ${input('image')}/a >${output('copy')}`;
    bench.write([[{ ...copy(dirname(folder)), command }]]);
    bench.start();
    const list = sha(`${sha('A')}  ./a\n`);
    expect(bench.lines().find(({ fact }) => fact === 'input')).toMatchObject({ sha256: list, size: 1 });
  });

  it('hashes large files too, by whatever is fastest', () => {
    const content = Buffer.alloc(5_000_000, 7);
    open().write([[copy(bench.file('raw', content))]]);
    bench.start();
    expect(bench.lines().find(({ fact }) => fact === 'output')).toMatchObject({
      sha256: sha(content),
      size: 5_000_000,
    });
  });

  it('gives a task the environment of its step and its own', () => {
    const command = run`printf '%s|' "$STEP" "$OWN" >${output('out')}`;
    const environment = { OWN: `it's "$(touch pwned)"\n` };
    open().write([[{ id: 'env:1', outputs: [{ role: 'out', name: 'out' }], command, environment }]]);
    bench.start();
    expect(readFileSync(bench.result('env:1', 'out'), 'utf8')).toBe(`of the step|it's "$(touch pwned)"\n|`);
  });

  it('keeps from a task that somebody tries the engine cupy with NumPy by hand, unless its step says so', () => {
    const command = run`printf %s "\${ESPALIER_ARRAYS-none}" >${output('out')}`;
    const environment = { ESPALIER_ARRAYS: 'numpy' };
    open().write([
      [
        { id: 'try:1', outputs: [{ role: 'out', name: 'plain' }], command },
        { id: 'try:2', outputs: [{ role: 'out', name: 'tried' }], command, environment },
      ],
    ]);
    bench.start(0, { ESPALIER_ARRAYS: 'numpy' });
    expect(readFileSync(bench.result('try:1', 'out'), 'utf8')).toBe('none');
    expect(readFileSync(bench.result('try:2', 'out'), 'utf8')).toBe('numpy');
  });

  it('stops a script at the first command that fails', () => {
    open().write([
      [{ id: 'bad:1', outputs: [{ role: 'out', name: 'out' }], command: run`false; echo >${output('out')}` }],
    ]);
    bench.start();
    expect(bench.end('bad:1')).toMatchObject({ outcome: 'exit', exit: 1 });
  });

  it('begins no task with less time left than it asked for, nor one after it', () => {
    const slow = { id: 'slow:1', command: run`true`, time: 500 };
    open().write(
      [
        [
          { ...slow, time: 10 },
          { ...slow, id: 'slow:2' },
          { ...slow, id: 'slow:3', time: 1 },
        ],
      ],
      { seconds: 100 },
    );
    expect(bench.start().stderr).toContain('slow:2 not begun: it asked for 500 s');
    expect(bench.lines().map((line) => ('task' in line ? line.task : ''))).toEqual([
      '',
      'slow:1',
      'slow:1',
      '',
    ]);
  });

  describe('with an earlier result that may serve', () => {
    const setUp = (change: (old: string) => void = () => {}, key?: string) => {
      const raw = open().file('raw', 'content');
      const old = bench.file('old', 'old result');
      const { size, mtimeMs } = statSync(old);
      const file = { path: old, size, mtime: Math.floor(mtimeMs / 1000), sha256: sha('old result') };
      const same = contentKey(staticKey, [{ role: 'image', index: 0, sha256: sha('content') }]);
      bench.write([[{ ...copy(raw), reuse: { key: key ?? same, ref: 'r0/copy:9/2', files: [file] } }]]);
      change(old);
      bench.start();
      return { ended: bench.end('copy:1'), result: bench.result('copy:1', 'copy'), old };
    };

    it('links it and runs nothing when the inputs came out the same', () => {
      const { ended, result, old } = setUp();
      expect(ended).toMatchObject({ outcome: 'reused', reused: 'r0/copy:9/2' });
      expect(statSync(result).ino).toBe(statSync(old).ino);
      expect(bench.lines().find(({ fact }) => fact === 'output')).toMatchObject({
        path: result,
        sha256: sha('old result'),
      });
    });

    it('leaves no second name behind when it is linked already', () => {
      const { result } = setUp((old) => {
        mkdirSync(dirname(bench.result('copy:1', 'copy')), { recursive: true });
        linkSync(old, bench.result('copy:1', 'copy'));
      });
      expect(bench.end('copy:1').outcome).toBe('reused');
      expect(existsSync(`${result}.part`)).toBe(false);
    });

    it.each([
      ['has another size', (old: string) => writeFileSync(old, 'old result and more')],
      ['has another time', (old: string) => utimesSync(old, 1000, 1000)],
    ])('runs the task when it %s', (_, change) => {
      const { ended, result } = setUp(change);
      expect(ended).toMatchObject({ outcome: 'ok', reused: '' });
      expect(readFileSync(result, 'utf8')).toBe('content');
    });

    it('runs the task when the key is another', () => {
      expect(setUp(undefined, 'b'.repeat(64)).ended.outcome).toBe('ok');
    });
  });

  it('keeps success from a task whose results the disk does not hold', (context) => {
    const mounted = process.getuid?.() === 0 && whereIs('mount') !== undefined;
    context.skip(!mounted, 'skipped: only root can mount a small disk to fill');
    const disk = smallDisk(open());
    context.skip(disk === undefined, 'skipped: a small disk cannot be mounted here');
    const small = new Bench(shell, 'run', disk);
    const fill = run`head -c 3000000 /dev/zero >${output('out')}`;
    small.write([[{ id: 'big:1', outputs: [{ role: 'out', name: 'out' }], command: fill }]]);
    small.start();
    expect(small.ends('big:1').filter(({ outcome }) => outcome === 'ok')).toEqual([]);
    expect(existsSync(small.result('big:1', 'out'))).toBe(false);
    expect(small.leftovers()).toEqual([]);
    unmount(disk ?? '');
  });

  it('refuses an index that is none, and element texts that are cut short', () => {
    open().write([[{ id: 'bad:1', command: run`true` }]]);
    expect(bench.start('')).toMatchObject({ code: 64 });
    expect(bench.start('1x')).toMatchObject({ code: 64 });
    expect(bench.start(1)).toMatchObject({
      code: 64,
      stderr: 'espalier: there is no element 1: the last is 0\n',
    });
    writeFileSync(join(dirname(bench.script), 'tasks'), 'esp_task bad:1');
    expect(bench.start(0).code).toBe(66);
    expect(bench.ends('bad:1')).toEqual([]);
  });

  it('does not follow a broken link at a final place', () => {
    const raw = open().file('raw', 'content');
    bench.write([[copy(raw)]]);
    const result = bench.result('copy:1', 'copy');
    mkdirSync(dirname(result), { recursive: true });
    symlinkSync(bench.file('elsewhere'), result);
    bench.start();
    expect(bench.end('copy:1').outcome).toBe('ok');
    expect(existsSync(bench.file('elsewhere'))).toBe(false);
  });
});

function smallDisk(bench: Bench): string | undefined {
  const path = bench.file('disk');
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
  return status === 0 ? path : undefined;
}

function unmount(path: string): void {
  spawnSync('umount', [path]);
}
