import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { PlannedBatch } from '../../src/model/index.ts';
import { Bench, findShells, input, output, run, type Spec, until } from './wrapper-bench.ts';

/**
 * A program that takes many items in one process: it does the ordinary command of each and reports it. What it does else
 * stands in its first argument; it says in a file which items it was given, a line for each start.
 */
const program = `
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const [what, said, list] = process.argv.slice(2);
const items = readFileSync(list, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
appendFileSync(said, items.map(({ item }) => item).join(' ') + '\\n');
console.log('one process for ' + items.length);
if (what === 'says it once' && readFileSync(said, 'utf8').split('\\n').length === 2) console.log('oops');
const unread = ['00', '0 00', '007', '256', '300', '999', '-1', '+1', '1.0'];
const report = (line) => appendFileSync(list + '.done', line + '\\n');
const nap = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
if (what === 'backwards') items.reverse();
items.forEach(({ item, dir, command }, at) => {
  if (what === 'dies' && at === 2) process.exit(9);
  if (what === 'is killed' && at === 2) process.kill(process.pid, 'SIGKILL');
  while (what === 'waits' && at === 2 && !existsSync(said + '.go')) nap();
  const { status } = spawnSync(command[0], command.slice(1), { cwd: dir, stdio: 'inherit' });
  if (what === 'is silent' && at === 2) return;
  if (what === 'babbles') for (const line of ['', '7 0', item + ' zero', '0' + item + ' 0', '* 0', item + ' 4321', ...unread.map((code) => item + ' ' + code)]) report(line);
  report(item + ' ' + status);
  if (what === 'babbles') report(item + ' 1');
});
if (what === 'babbles') appendFileSync(list + '.done', '1');
if (what === 'blurts') {
  // The folder of an item that is judged goes: time enough for that to be seen if it were done too early.
  for (let naps = 0; naps < 60 && existsSync(items[1].dir); naps++) nap();
  console.log('oops');
}
`;

describe.each(findShells())('many tasks in one process under $name', (shell) => {
  let bench: Bench;
  afterEach(() => bench.clear());

  const open = (folder?: string): Bench => {
    bench = new Bench(shell, folder);
    bench.file('batch.js', program);
    return bench;
  };
  const batch = (what = ''): PlannedBatch => ({
    words: [[process.execPath], [bench.file('batch.js')], [what], [bench.file('said')], [null]],
    most: 100,
  });
  const five = (more: (n: number) => Partial<Spec> = () => ({})): readonly Spec[] =>
    [1, 2, 3, 4, 5].map((n) => ({
      id: `copy:${n}`,
      inputs: { image: bench.file(`raw ${n}`, `content ${n}`) },
      outputs: [{ role: 'copy', name: `deep/c${n}` }],
      command: run`cp ${input('image')} ${output('copy')}`,
      ...more(n),
    }));
  const outcomes = (): readonly string[] =>
    [1, 2, 3, 4, 5].map((n) => {
      const { outcome, exit, signal } = bench.end(`copy:${n}`);
      return outcome === 'exit' ? `exit ${exit}` : outcome === 'signal' ? `signal ${signal}` : outcome;
    });
  /** What each start of the program was given. */
  const given = (): readonly string[] => readFileSync(bench.file('said'), 'utf8').trim().split('\n');
  const go = (): void => writeFileSync(bench.file('said.go'), '');

  it('start it once, and are judged each for itself', () => {
    open(`a "quoted" \\ folder's $name`);
    const failing = five((n) => (n === 3 ? { command: run`echo no light >&2; exit 3` } : {}));
    bench.write([failing], { batch: batch() });
    expect(bench.start()).toMatchObject({ code: 0, stderr: '' });
    expect(given()).toEqual(['0 1 2 3 4']);
    expect(outcomes()).toEqual(['ok', 'ok', 'exit 3', 'ok', 'ok']);
    expect(readFileSync(bench.result('copy:4', 'copy'), 'utf8')).toBe('content 4');
    expect(existsSync(bench.result('copy:3', 'copy'))).toBe(false);
    expect(bench.lines().flatMap((line) => (line.fact.startsWith('batch') ? [line] : []))).toMatchObject([
      { fact: 'batch-started', batch: 1, items: 5, command: expect.arrayContaining(['{{ batch }}']) },
      { fact: 'batch-ended', batch: 1, exit: 0, signal: 0 },
    ]);
    expect(bench.end('copy:1').batch).toBe(1);
    expect(bench.log('out')).toMatch(
      /^(::espalier:: copy:\d attempt 1 of r1.a1 in batch 1\n){5}one process for 5\n$/,
    );
    expect(bench.leftovers()).toEqual([]);
    // The result is remembered by the same key as one of a process of its own.
    const key = bench.end('copy:1').key;
    bench.clear();
    open().write([five()]);
    bench.start();
    expect(bench.end('copy:1')).toMatchObject({ key, outcome: 'ok' });
  });

  it('fail with it, but for those it had reported', () => {
    open().write([five()], { batch: batch('dies') });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'ok', 'exit 9', 'exit 9', 'exit 9']);
    expect(bench.end('copy:4').note).toBe('its batch ended with code 9');
    expect(bench.leftovers()).toEqual([]);
  });

  it('fail by the signal that ended it', () => {
    open().write([five()], { batch: batch('is killed') });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'ok', 'signal 9', 'signal 9', 'signal 9']);
  });

  it('have failed where it ends well without a word of them, whatever it made', () => {
    open().write([five()], { batch: batch('is silent') });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'ok', 'no-output', 'ok', 'ok']);
    expect(bench.end('copy:3').note).toBe('its batch ended with code 0 and did not report it');
    expect(existsSync(bench.result('copy:3', 'copy'))).toBe(false);
  });

  it('have failed where it reports them done and what they make is not there', () => {
    open().write([five((n) => (n === 2 ? { command: run`true` } : {}))], { batch: batch() });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'no-output', 'ok', 'ok', 'ok']);
  });

  it('may be done in any order; of its reports only whole lines in order count, and the first of each', () => {
    open().write([five()], { batch: batch('backwards') });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    bench.clear();
    open().write([five()], { batch: batch('babbles') });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('are not given to it where they need not or cannot run', () => {
    open();
    const tasks = five((n) => (n === 2 ? { inputs: { image: bench.file('not there') } } : {}));
    bench.write([tasks], { batch: batch() });
    bench.start();
    bench.start();
    expect(given()).toEqual(['0 2 3 4']);
    expect(outcomes()).toEqual(['ok', 'no-input', 'ok', 'ok', 'ok']);
    expect(bench.end('copy:1').note).toContain('found complete');
  });

  it('are kept as they come: a start after kill -9 finds those complete that were done', async () => {
    open().write([five()], { batch: batch('waits') });
    const first = bench.begin();
    await until(() => bench.ends('copy:2').length === 1, 'two are recorded while the process goes on');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    go();
    bench.start();
    expect(given()).toEqual(['0 1 2 3 4', '2 3 4']);
    expect(outcomes()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(bench.end('copy:2').note).toContain('found complete');
    expect(bench.end('copy:3').note).toBe('');
  });

  it('are stopped with the element, but for those that were done', async () => {
    open().write([five()], { batch: batch('waits') });
    const { pid, ended } = bench.begin(0, { JOB: '7_0' });
    await until(() => existsSync(bench.file('said')), 'the process runs');
    await until(() => bench.ends('copy:2').length === 1, 'two are done');
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(0);
    expect(outcomes()).toEqual(['ok', 'ok', 'stopped', 'stopped', 'stopped']);
    expect(bench.leftovers()).toEqual([]);
    go();
    bench.start(0, { JOB: '7_0', RESTART: '1' });
    expect(given()).toEqual(['0 1 2 3 4', '2 3 4']);
    expect(outcomes()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('are no more than there is time for', () => {
    open().write([five(() => ({ time: 100 }))], { batch: batch(), seconds: 190 });
    expect(bench.start().stderr).toContain('copy:3 not begun');
    expect(given()).toEqual(['0 1']);
    expect(bench.ends('copy:3')).toEqual([]);
  });

  it('are refused each by its own check, whose words speak against no other', () => {
    open();
    const check = run`echo oops; [ "$(cat ${output('copy')})" != 'content 2' ]`;
    bench.write([five(() => ({ checks: [check] }))], { batch: batch(), logWithout: ['oops'] });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'bad-output', 'ok', 'ok', 'ok']);
    expect(bench.end('copy:2').note).toContain('a check of its outputs ended with code 1');
  });

  it('are refused together by what their process says, though it says it when it has reported all', () => {
    open();
    const failing = five((n) => (n === 3 ? { command: run`exit 3` } : {}));
    bench.write([failing], { batch: batch('blurts'), logWithout: ['never said', 'oops'] });
    bench.start();
    expect(outcomes()).toEqual(['bad-output', 'bad-output', 'exit 3', 'bad-output', 'bad-output']);
    expect(bench.end('copy:1').note).toBe('it ended with code 0, but its log says: oops');
    expect(existsSync(bench.result('copy:1', 'copy'))).toBe(false);
    expect(bench.leftovers()).toEqual([]);
  });

  it('stay done, but for what was not reported, where it dies and nothing refused was said', () => {
    open().write([five()], { batch: batch('dies'), logWithout: ['oops'] });
    bench.start();
    expect(outcomes()).toEqual(['ok', 'ok', 'exit 9', 'exit 9', 'exit 9']);
  });

  it('are not refused by what an earlier process of the element said', () => {
    open().write([five()], { batch: { ...batch('says it once'), most: 2 }, logWithout: ['oops'] });
    bench.start();
    expect(given()).toEqual(['0 1', '0 1']);
    expect(outcomes()).toEqual(['bad-output', 'bad-output', 'ok', 'ok', 'ok']);
  });

  it('are not refused by what their process says where their own step refuses nothing', () => {
    open();
    const tasks = five();
    const free = tasks.map((task) => ({ ...task, id: task.id.replace('copy', 'free') }));
    bench.write([[...tasks, ...free]], {
      batch: batch('blurts'),
      logWithout: ['oops'],
      logWithoutOf: 'copy',
    });
    bench.start();
    expect(given()).toHaveLength(2);
    expect(outcomes()).toEqual(Array(5).fill('bad-output'));
    expect([1, 2, 3, 4, 5].map((n) => bench.end(`free:${n}`).outcome)).toEqual(Array(5).fill('ok'));
  });

  it('are cut where one process takes no more, or would need another environment', () => {
    open();
    const other = five((n) => (n > 3 ? { environment: { LEVEL: String(n) } } : {}));
    bench.write([other], { batch: { ...batch(), most: 2 } });
    bench.start();
    // The third is alone in its batch, and the last two are alone in their environment: they run as ever.
    expect(given()).toEqual(['0 1']);
    expect(outcomes()).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });
});
