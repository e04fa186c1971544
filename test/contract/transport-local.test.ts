import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Backend,
  hashFiles,
  LocalTransport,
  linkFiles,
  localBatch,
  removeFiles,
  statFiles,
} from '../../src/backends/index.ts';
import { RecordReader } from '../../src/run/record-reader.ts';
import { hostileNames } from '../hostile-names.ts';
import { until } from './wrapper-bench.ts';

let folder: string;
const transport = new LocalTransport();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espalier-site-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('this machine as a site', () => {
  it('ends a command that takes too long, with all it started, and rejects', async () => {
    const slow = `sh -c 'echo $$ >>${folder}/pid; while [ -d ${folder} ]; do sleep 0.02; done' & wait`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const ran = expect(transport.run(slow, { timeoutMs: 2000 })).rejects.toThrow(
        'a command took longer than 2000 ms',
      );
      // However long a busy machine takes to start it.
      while (pidsIn('pid').length === 0) await new Promise(setImmediate);
      vi.advanceTimersByTime(2000);
      await ran;
    } finally {
      vi.useRealTimers();
    }
    const [pid = ''] = pidsIn('pid');
    await until(() => !isRunning(pid), 'the grandchild has ended');
  });
  it('runs commands out of reach of the signals of our terminal', async () => {
    // Field 6 of stat is the session.
    const { stdout } = await transport.run(`read -r _ _ _ _ _ session _ </proc/$$/stat; echo $$ $session`);
    const [pid, session] = stdout.trim().split(' ');
    expect(session).toBe(pid);
  });
  it('leaves an old file whole where a new one cannot be put', async () => {
    mkdirSync(join(folder, 'file.part'));
    writeFileSync(join(folder, 'file'), 'old');
    await expect(transport.put([{ path: join(folder, 'file'), content: 'new' }])).rejects.toThrow(
      'cannot write',
    );
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });
});

describe('files of a site', () => {
  it('are seen, hashed and linked under any name', async () => {
    const paths = hostileNames.map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, 'abc');
    const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(new Set(await hashFiles(transport, paths))).toEqual(new Set([hash]));
    expect((await statFiles(transport, [...paths, join(folder, 'none')])).map((seen) => seen?.size)).toEqual([
      ...paths.map(() => 3),
      undefined,
    ]);
    const pairs = paths.map((from, index) => ({
      from,
      to: join(folder, 'linked', hostileNames[index] ?? ''),
    }));
    for (const _ of [1, 2]) {
      const seen = await linkFiles(transport, pairs);
      expect(seen.map((each) => each?.inode)).toEqual(paths.map((path) => String(statSync(path).ino)));
    }
    expect(readdirSync(join(folder, 'linked'))).toHaveLength(paths.length);
    await removeFiles(transport, paths);
    expect(readdirSync(folder)).toEqual(['linked']);
  });

  it('may be folders, which are seen and hashed as records tell of them', async () => {
    mkdirSync(join(folder, "it's/in"), { recursive: true });
    writeFileSync(join(folder, "it's/b"), 'abc');
    writeFileSync(join(folder, "it's/in/a"), 'abc');
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const list = `${abc}  ./b\n${abc}  ./in/a\n`;
    const paths = [join(folder, "it's"), join(folder, 'none')];
    expect(await hashFiles(transport, paths)).toEqual([
      createHash('sha256').update(list).digest('hex'),
      undefined,
    ]);
    const { ino, mtimeMs } = statSync(join(folder, "it's"));
    const seen = { size: 6, mtime: Math.floor(mtimeMs / 1000), inode: String(ino) };
    expect(await statFiles(transport, paths)).toEqual([seen, undefined]);
  });

  it('replace a folder by a folder', async () => {
    for (const name of ['new', 'old']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'new/a'), '');
    await linkFiles(transport, [{ from: join(folder, 'new'), to: join(folder, 'old') }]);
    expect(readdirSync(join(folder, 'old'))).toEqual(['a']);
  });
});

describe('new bytes of records', () => {
  const backend = new Backend(localBatch, transport);
  const write = (name: string, text: string) => {
    mkdirSync(join(folder, 'records', 'r.a1'), { recursive: true });
    writeFileSync(join(folder, 'records', 'r.a1', name), text);
  };
  const text = (bytes: ReadonlyMap<string, Uint8Array>) =>
    Object.fromEntries([...bytes].map(([path, each]) => [path, Buffer.from(each).toString()]));

  it('are all there are at first, then only what is new, counted in bytes', async () => {
    expect(text(await backend.readNew(folder, new Map()))).toEqual({});
    write('0', 'é🔬\n');
    write('1', '@@ ./r.a1/0 3\n\n@@ end\n');
    expect(text(await backend.readNew(folder, new Map()))).toEqual({
      'r.a1/0': 'é🔬\n',
      'r.a1/1': '@@ ./r.a1/0 3\n\n@@ end\n',
    });
    write('0', 'é🔬\nmore');
    const known = new Map([
      ['r.a1/0', 7],
      ['r.a1/1', 22],
    ]);
    expect(text(await backend.readNew(folder, known))).toEqual({ 'r.a1/0': 'more' });
  });

  it('are not those of files that are no records', async () => {
    write('0', 'a\n');
    write('.0.swp', 'b\n');
    write('0 copy', 'c\n');
    write('total', 'd\n');
    expect(text(await backend.readNew(folder, new Map()))).toEqual({ 'r.a1/0': 'a\n' });
  });

  it('come over once: a second look brings what was added since, a third one nothing', async () => {
    const brought: number[] = [];
    const counting = new LocalTransport();
    const run = counting.run.bind(counting);
    counting.run = async (script, options) => {
      const ran = await run(script, options);
      brought.push(ran.bytes.length);
      return ran;
    };
    const reader = new RecordReader(new Backend(localBatch, counting), folder);
    const line = '{"v":1,"at":9,"fact":"element-ended","array":"r.a1","index":0}\n';
    const end = '\n@@ end\n'.length;
    // Around each file's bytes stand a line that names it and the end of its last line.
    const around = (length: number) => `@@ ./r.a1/0 ${length}\n\n`.length;
    write('0', line.repeat(1000));
    await reader.look();
    write('0', line.repeat(1001));
    expect([...(await reader.look()).changed]).toEqual(['r.a1/0']);
    expect([...(await reader.look()).changed]).toEqual([]);
    const first = 1000 * line.length;
    expect(brought).toEqual([around(first) + first + end, around(line.length) + line.length + end, end]);
    expect(reader.lines.get('r.a1/0')).toHaveLength(1001);
  });

  it('of 500 records come by one command', async () => {
    for (let index = 0; index < 500; index++) write(String(index), `${index}\n`);
    let commands = 0;
    const counting = new LocalTransport();
    const run = counting.run.bind(counting);
    counting.run = (script, options) => {
      commands++;
      return run(script, options);
    };
    const found = await new Backend(localBatch, counting).readNew(folder, new Map());
    expect([found.size, commands]).toEqual([500, 1]);
    expect(Buffer.from(found.get('r.a1/499') ?? []).toString()).toBe('499\n');
  });
});

describe('the local batch system', () => {
  const backend = new Backend(localBatch, transport);
  const job = (indices: readonly number[]) => ({
    token: 'r.a1',
    script: join(folder, "it's/job.sh"),
    runFolder: folder,
    indices,
    after: [],
  });
  const alive = async (natives: readonly string[]) =>
    (await backend.list({ natives, tokens: [], ageSeconds: 0 }))?.alive;
  beforeEach(() =>
    transport.put([
      {
        path: join(folder, "it's/job.sh"),
        content: `[ "$1" != 9 ] || exit 3
sh -c 'echo $$ >>"$1"; while [ ! -e "$2/go" ] && [ -d "$2" ]; do sleep 0.02; done' sh ${folder}/pids ${folder} &
wait
`,
      },
    ]),
  );
  const submit = async (index: number): Promise<string> =>
    (await backend.submit([job([index])]))[0]?.elements[0]?.native ?? '';

  it('has an element from its submission to its end', async () => {
    const native = await submit(0);
    expect(native).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await alive([native])).toEqual(new Set([native]));
    writeFileSync(join(folder, 'go'), '');
    await until(() => !isRunning(native.split('.')[1] ?? ''), 'the element has ended');
    expect(await alive([native])).toEqual(new Set());
  });

  it('does not take another process with the same pid for it, nor one whose start nobody saw', async () => {
    const native = await submit(0);
    const [group, pid] = native.split('.');
    expect(await alive([`${group}.${pid}.1`, `${group}.${pid}.`, '1.99999999.'])).toEqual(new Set());
    await backend.cancel([`${group}.${pid}.1`, `${group}.${pid}.`], 'kill');
    expect(await alive([native])).toEqual(new Set([native]));
  });

  it.each(['end', 'kill'] as const)('ends an element with all it started: %s', async (how) => {
    const native = await submit(0);
    await until(() => pidsIn('pids').length === 1, 'the grandchild runs');
    await backend.cancel([native], how);
    const pids = [...pidsIn('pids'), native.split('.')[1] ?? ''];
    await until(() => pids.every((pid) => !isRunning(pid)), 'both have ended');
  });

  it('finds an element by its token, and no other', async () => {
    const native = await submit(3);
    const found = [{ token: 'r.a1', native: '', elements: [{ index: 3, native }] }];
    expect(await backend.find([job([3, 4])])).toEqual(found);
    expect(await backend.find([{ ...job([3]), token: 'r.a11' }])).toEqual([]);
    expect(await backend.find([{ ...job([3]), token: 'a1' }])).toEqual([]);
  });

  it('knows an element that a person started by what its record says, and ends it alone', async () => {
    const native = await submit(0);
    const [, pid = '', start = ''] = native.split('.');
    const line = {
      v: 1,
      at: 1,
      fact: 'element-started',
      array: 'r.a1',
      index: 0,
      host: 'h',
      pid: Number(pid),
      pidStart: start,
      job: '',
      restart: 0,
      wrapper: '1',
      gpus: '',
      kernel: '',
    } as const;
    const recorded = localBatch.recordedNative(line) ?? '';
    expect(await alive([recorded])).toEqual(new Set([recorded]));
    await backend.cancel([recorded], 'end');
    await until(() => !isRunning(pid), 'it has ended');
    expect(localBatch.recordedNative({ ...line, pidStart: '' })).toBeUndefined();
    expect(localBatch.recordedNative({ ...line, pidStart: 'Sun Nov 22 13:00:00' })).toBe(
      `0.${pid}.Sun_Nov_22_13_00_00`,
    );
    writeFileSync(join(folder, 'go'), '');
  });

  it('says that a question failed, which is not that nothing is there', () => {
    const question = { natives: ['1.2.3'], tokens: [], ageSeconds: 0 };
    expect(localBatch.parseListing('1.2.3\n', question)).toBeUndefined();
    expect(localBatch.parseListing('', question)).toBeUndefined();
    expect(localBatch.parseListing('1.2.3\nend\n', question)?.alive).toEqual(new Set(['1.2.3']));
  });
});

/** A file may be there before its first line is. */
function pidsIn(name: string): readonly string[] {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

function isRunning(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
