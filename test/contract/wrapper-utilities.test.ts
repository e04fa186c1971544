import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench, findShells, input, output, run, type Shell, whereIs } from './wrapper-bench.ts';

/** What the wrapper says it needs, in its own header. */
function namedUtilities(): readonly string[] {
  const text = readFileSync(
    new URL('../../src/templates/wrapper/head.sh.njk', import.meta.url),
    'utf8',
  ).replaceAll('\n# ', ' ');
  const list = /beyond its builtins only: ([^,.]*),/.exec(text)?.[1] ?? '';
  return list.split(/[ |]+/).filter((name) => name !== '');
}

const folders: string[] = [];

function linksTo(names: readonly string[], from: Shell): string {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-path-'));
  folders.push(folder);
  for (const name of names) {
    const path = from.path === undefined ? whereIs(name) : whereIs('busybox');
    if (path !== undefined) symlinkSync(path, join(folder, name));
  }
  return folder;
}

describe.each(findShells())('the wrapper under $name', (shell) => {
  let bench: Bench;
  afterEach(() => {
    bench.clear();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  /** Everything the wrapper does: files, folders, a gather, reuse's link, a second start. */
  const work = (path: string) => {
    bench = new Bench({ ...shell, path });
    const raw = bench.file('raw', 'content');
    mkdirSync(bench.file('folder'));
    writeFileSync(join(bench.file('folder'), 'a'), 'A');
    // The task's own program is named in full: what it needs is its own affair.
    const sh = whereIs('sh') ?? '/bin/sh';
    const words = [sh, '-c', 'PATH=/usr/bin:/bin; mkdir "$1"; cp "$3"/a "$1"; cp "$4" "$2"', 'sh'].map(
      (text) => [{ text }],
    );
    const task = {
      id: 'all:1',
      inputs: { folder: bench.file('folder'), raw },
      outputs: [
        { role: 'zarr', name: 'z', type: 'directory' as const },
        { role: 'file', name: 'deep/f' },
      ],
      command: {
        kind: 'words' as const,
        words: [...words, [output('zarr')], [output('file')], [input('folder')], [input('raw')]],
      },
    };
    // And two tasks in one process.
    const done = 'PATH=/usr/bin:/bin; for n in 0 1; do echo >"${1%/*}/$n/f"; echo "$n 0" >>"$1.done"; done';
    const many = [1, 2].map((n) => ({
      id: `many:${n}`,
      outputs: [{ role: 'file', name: 'f' }],
      command: run`echo >${output('file')}`,
    }));
    bench.write([[task, ...many]], { batch: { words: [[sh], ['-c'], [done], ['sh'], [null]], most: 9 } });
    return [bench.start(), bench.start()];
  };

  it('needs no utility but those it names', () => {
    for (const ran of work(linksTo(namedUtilities(), shell)))
      expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(bench.ends('all:1').map(({ outcome, note }) => [outcome, note.slice(0, 14)])).toEqual([
      ['ok', ''],
      ['ok', 'found complete'],
    ]);
    expect(bench.ends('many:2').map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
    expect(bench.log('err')).not.toContain('not found');
  });

  it('is seen to fail where one of them is not there', () => {
    const most = namedUtilities().filter((name) => name !== 'chmod');
    work(linksTo(most, shell));
    expect(bench.ends('all:1').map(({ outcome }) => outcome)).not.toContain('ok');
  });

  it('starts nine programs of its own for a task of one input and one output', () => {
    const names = namedUtilities();
    const tools = linksTo(names, shell);
    const counted = mkdtempSync(join(tmpdir(), 'espalier-count-'));
    folders.push(counted);
    const tally = join(counted, 'tally');
    const sh = whereIs('dash') ?? whereIs('sh') ?? '/bin/sh';
    for (const name of names) {
      const script = `#!${sh}\necho ${name} >>'${tally}'\nexec '${join(tools, name)}' "$@"\n`;
      writeFileSync(join(counted, name), script, { mode: 0o755 });
    }
    const count = (tasks: number): readonly string[] => {
      writeFileSync(tally, '');
      bench = new Bench({ ...shell, path: counted });
      const raw = bench.file('raw', 'content');
      const list = Array.from({ length: tasks }, (_, index) => ({
        id: `copy:${index + 1}`,
        inputs: { image: index === 0 ? raw : bench.file(`raw${index}`, 'content') },
        outputs: [{ role: 'copy', name: `c${index}` }],
        command: run`echo >${output('copy')}; : ${input('image')}`,
      }));
      bench.write([list.map((task) => ({ ...task, command: direct(task.command) }))]);
      bench.start();
      expect(bench.ends('copy:1')[0]?.outcome).toBe('ok');
      if (tasks < 3) bench.clear();
      return readFileSync(tally, 'utf8').trim().split('\n');
    };
    const fixed = count(1);
    const more = count(3);
    const perTask = [...new Set(names)].flatMap((name) => {
      const times = (list: readonly string[]): number => list.filter((each) => each === name).length;
      return Array.from({ length: (times(more) - times(fixed)) / 2 }, () => name);
    });
    // Into the fresh directory, input's look and hash, key, output's look and hash, protect, move, time of the end.
    expect(perTask.sort()).toEqual([
      'chmod',
      'date',
      'mkdir',
      'mv',
      'sha256sum',
      'sha256sum',
      'sha256sum',
      'stat',
      'stat',
    ]);
  });
});

/** The same script, with the shell named in full. */
function direct(command: ReturnType<typeof run>): ReturnType<typeof run> {
  if (command.kind !== 'script') return command;
  const sh = whereIs('dash') ?? whereIs('sh') ?? '/bin/sh';
  const words = [
    [{ text: sh }],
    [{ text: '-c' }],
    [{ text: 'echo >"$1"' }],
    [{ text: 'sh' }],
    [output('copy')],
  ];
  return { kind: 'words', words };
}
