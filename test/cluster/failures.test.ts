import { afterEach, expect, it } from 'vitest';
import type { Desk } from '../cli/espalier.ts';
import { deskWithSite, onCluster } from './cluster.ts';

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/** One step on a few items, then what gathers them; `more` are further lines of the first step. */
function begin(name: string, images: number, command: string, more = '', site = '') {
  const desk = deskWithSite(name, images, site);
  desks.push(desk);
  desk.write({
    'w.yaml': `name: ${name}
collections:
  raw: { at: "bed:${desk.data}", pattern: "cell_t{t:int}.txt" }
steps:
  first:
    for-each: raw
    fuse: false
    run: ${JSON.stringify(command)}
    outputs: { image: "{{ item.t }}.a" }
    resources: { memory: 60MB, time: 5m }
${more}
  all:
    group: { by: [], order: t }
    from: first.image
    inputs: { image: files }
    run: "cat {{ inputs.image }} >{{ outputs.image }}"
    outputs: { image: all.txt }
    resources: { memory: 50MB, time: 5m }
`,
  });
  return desk;
}

interface Shown {
  readonly state: string;
  readonly attempts: readonly {
    readonly state: string;
    readonly why: string | null;
    readonly batchRow: string | null;
    readonly node: string | null;
    readonly asked: { readonly memory: number; readonly time: number; readonly partition?: string };
  }[];
}

async function show(desk: Desk, task: string): Promise<Shown> {
  return desk.json<Shown>('show', task);
}

const megabyte = 1024 ** 2;
const eat = (megabytes: number): string => `python3 -c 'x = bytearray(${megabytes} * 1024 * 1024)'`;
const copy = 'cat {{ inputs.image }} >{{ outputs.image }}';

onCluster('a failure on a real Slurm', () => {
  it('of memory is tried again with twice as much, and what waited for it comes out right', async () => {
    const hungry = `[ {{ item.t }} -ne 2 ] || ${eat(80)}; ${copy}`;
    const desk = begin('hungry', 3, hungry, '    retry: { out-of-memory: { times: 2, memory: x2 } }');
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    const { attempts, state } = await show(desk, 'first:2');
    expect(state).toBe('succeeded');
    expect(attempts.map(({ why }) => why)).toEqual(['out-of-memory', null]);
    expect(attempts.map(({ asked }) => asked.memory)).toEqual([60 * megabyte, 120 * megabyte]);
    expect((await show(desk, 'all:1')).state).toBe('succeeded');
    expect(await desk.json<object>('status')).toMatchObject({ run: { counts: { succeeded: 4 } } });
  });

  it('of memory in a child of a command that ends with 0 is no success', async () => {
    const desk = begin('quiet', 1, `${eat(80)} || :; ${copy}`);
    const ran = await desk.espalier('run', 'w.yaml', '--site', 'bed');
    expect(ran.code).toBe(1);
    expect((await show(desk, 'first:1')).attempts.at(-1)?.why).toBe('out-of-memory');
  });
});
