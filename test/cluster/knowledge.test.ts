import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Ledger } from '../../src/provenance/index.ts';
import { type Desk, ended } from '../cli/espalier.ts';
import { cluster, onCluster, until } from './cluster.ts';
import { copy, events, expectOnce, faultDesk, gated } from './faults.ts';

/** Seconds between two questions. */
const pause = 3;

/** When the ledger last heard that tasks had begun, ms. */
function lastBegun(desk: Desk): number {
  const ledger = Ledger.open(join(desk.folder, 'home/ledger.sqlite'), {
    clock: () => Date.now(),
    readonly: true,
  });
  const all = [...ledger.events()];
  ledger.close();
  return all.findLast(({ event }) => event.kind === 'tasks-started')?.atMs ?? 0;
}

onCluster('espalier status', () => {
  it('tells how old its knowledge is while the link is down', async () => {
    const desk = faultDesk('offline', 2, gated());
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    await until('word of a task', () => events(desk).some(({ kind }) => kind === 'tasks-started'));
    child.kill('SIGKILL');
    await ended(child);
    cluster.setLink('down');
    try {
      desk.before = ['faketime', '-f', '+10m'];
      const status = await desk.json<{ readonly heardMs: number }>('status');
      expect(status.heardMs).toBe(lastBegun(desk));
      const { code, stdout } = await desk.espalier('status');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^known {5}as of 1[01] min ago; `espalier attach` looks again$/m);
    } finally {
      cluster.setLink('up');
      desk.before = [];
    }
    desk.go();
    const attached = await desk.espalier('attach');
    expect(attached.code, attached.stderr).toBe(0);
    await expectOnce(desk, 2);
  });
});

onCluster('espalier logs --follow', () => {
  it('prints lines as they come, and ends when the task has ended', async () => {
    const desk = faultDesk('followed', 1, `echo first line; ${gated('echo last line')}; ${copy}`);
    const run = ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    await until('word of a task', () => events(desk).some(({ kind }) => kind === 'tasks-started'));
    const child = desk.begin('logs', 'first:1', '--follow');
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const end = ended(child);
    await until('the first line', () => said.includes('first line\n'));
    expect(said).toBe('first line\n');
    expect(child.exitCode).toBeNull();
    desk.go();
    const { code, stdout, stderr } = await end;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'first line\nlast line\n', stderr: '' });
    expect((await run).code).toBe(0);
  });
});

onCluster('two runs that are followed from one machine', () => {
  it('share one question to the scheduler per interval, and each hears of its own tasks', async () => {
    const desk = faultDesk('shared', 2, gated());
    const profile = 'home/sites/bed.yaml';
    const pauses = `poll-shortest: ${pause}, poll-longest: ${pause}`;
    desk.write({
      [profile]: desk.read(profile).replace('poll-shortest: 0.5, poll-longest: 2', pauses),
    });
    const follow = () => ended(desk.begin('run', 'w.yaml', '--site', 'bed'));
    const runs = [follow(), follow()];
    const begun = () => events(desk).flatMap((event) => (event.kind === 'tasks-started' ? event.run : []));
    await until('word of tasks of both', () => new Set(begun()).size === 2);
    cluster.resetCounts();
    const began = Date.now();
    await until('four questions', () => (cluster.counts().squeue ?? 0) >= 4);
    desk.go();
    for (const { code, stdout, stderr } of await Promise.all(runs)) expect(code, stdout + stderr).toBe(0);
    const seconds = (Date.now() - began) / 1000;
    expect(cluster.counts().squeue).toBeLessThanOrEqual(seconds / pause + 1);
    expect(events(desk).filter(({ kind }) => kind === 'task-succeeded')).toHaveLength(10);
  });
});
