import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Desk, ended } from '../cli/espalier.ts';
import { cluster, deskWithSite, isQueueEmpty, onCluster, until } from './cluster.ts';
import { events } from './faults.ts';

const desks: Desk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.clear();
});

/** Two steps that are not fused; the second waits for a file `go` beside the images. */
function begin(name: string, fetch: string) {
  const desk = deskWithSite(name, 3);
  desks.push(desk);
  const there = desk.data.replace('/scratch', cluster.scratch);
  desk.write({
    'w.yaml': `name: ${name}
collections:
  raw: { at: "bed:${desk.data}", pattern: "cell_t{t:int}.txt" }
steps:
  thumb:
    for-each: raw
    fuse: false
    run: "cp {{ inputs.image }} {{ outputs.small }}; cp {{ inputs.image }} {{ outputs.large }}"
    outputs: { small: "it's {{ item.t }}.s", large: "{{ item.t }}.l" }
    resources: { memory: 50MB, time: 5m }
  slow:
    for-each: thumb.small
    fuse: false
    run: "while [ ! -e ${desk.data}/go ]; do sleep 0.2; done; cat {{ inputs.image }} >{{ outputs.end }}"
    outputs: { end: "{{ item.t }}.e" }
    resources: { memory: 50MB, time: 5m }
fetch: ${fetch}
`,
  });
  const runs = (): readonly string[] =>
    existsSync(join(desk.folder, 'espalier-results'))
      ? readdirSync(join(desk.folder, 'espalier-results'))
      : [];
  return {
    desk,
    go: () => writeFileSync(join(there, 'go'), ''),
    /** What has come so far, whatever the run is called. */
    here: (): readonly string[] =>
      runs().flatMap((run) =>
        readdirSync(join(desk.folder, 'espalier-results', run), { recursive: true, encoding: 'utf8' }).filter(
          (each) => /\.[sle]$/.test(each),
        ),
      ),
  };
}

const smalls = [1, 2, 3].map((t) => `thumb/it's ${t}.s`);

onCluster('what a workflow names under `fetch`', () => {
  it('comes while the run goes on, and no other results do', async () => {
    const { desk, go, here } = begin('along', '[thumb.small, "slow/2.*"]');
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const ran = ended(child);
    await until('the thumbnails', () => here().length === 3);
    expect([...here()].sort()).toEqual(smalls);
    expect(child.exitCode).toBeNull();
    go();
    const { code, stderr } = await ran;
    expect(code, stderr).toBe(0);
    expect([...here()].sort()).toEqual(['slow/2.e', ...smalls]);
    expect(stderr).toMatch(/4 result\(s\) fetched into espalier-results\//);
    const [run = ''] = readdirSync(join(desk.folder, 'espalier-results'));
    const text = readFileSync(join(desk.folder, 'espalier-results', run, "thumb/it's 1.s"), 'utf8');
    expect(text).toBe('image 1\n');
  });

  it('comes with `attach` where the run ended without this machine', async () => {
    const { desk, go, here } = begin('later', 'thumb.small');
    const child = desk.begin('run', 'w.yaml', '--site', 'bed');
    const submitted = () => events(desk).filter(({ kind }) => kind === 'array-submitted');
    await until('word that both arrays are there', () => submitted().length === 2);
    child.kill('SIGKILL');
    await ended(child);
    go();
    await until('the queue to run empty', isQueueEmpty);
    const attached = await desk.espalier('attach');
    expect(attached.code, attached.stderr).toBe(0);
    expect([...here()].sort()).toEqual(smalls);
  });
});
