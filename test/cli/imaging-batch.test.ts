import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { imaging, readStack, scratchFolder, writeStack } from './imaging-scratch.ts';

const folder = scratchFolder();
const options = ['--angle=31.8', '--dz=0.5', '--dr=0.1', '--threads=1'];

async function prepare(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await writeStack(folder.at(`${i}.tif`), {
      nx: 12,
      ny: 8,
      nz: 6,
      value: (x, y, z) => 100 + i + x * y + z,
    });
}

function writeItems(items: readonly unknown[]): string {
  const file = folder.at('items');
  writeFileSync(file, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  return file;
}

const reported = (file: string): string[] =>
  readFileSync(`${file}.done`, 'utf8').split('\n').slice(0, -1).sort();

describe('many commands in one process', () => {
  it('give the bytes that each would give alone, whatever folder they count from', async () => {
    await prepare(3);
    const items = [0, 1, 2].map((item) => {
      mkdirSync(folder.at(`fresh ${item}`));
      const command = ['espalier-imaging', 'deskew', `../${item}.tif`, 'out.tif', ...options];
      return { item, dir: folder.at(`fresh ${item}`), command };
    });
    const file = writeItems(items);
    expect((await imaging('batch', file)).code).toBe(0);
    expect(reported(file)).toEqual(['0 0', '1 0', '2 0']);
    for (const item of [0, 1, 2]) {
      const alone = folder.at(`alone-${item}.tif`);
      await imaging('deskew', folder.at(`${item}.tif`), alone, ...options);
      expect(readFileSync(folder.at(`fresh ${item}/out.tif`)).equals(readFileSync(alone))).toBe(true);
    }
    expect((await readStack(folder.at('fresh 2/out.tif'))).samples).not.toEqual(
      (await readStack(folder.at('fresh 1/out.tif'))).samples,
    );
  });

  it('fail each for itself, with the code it would have alone', async () => {
    await prepare(2);
    const command = (input: string, output: string, ...more: string[]) => [
      ...['espalier-imaging', 'deskew', input, output, ...options],
      ...more,
    ];
    const dir = folder.at('.');
    const file = writeItems([
      { item: 7, dir, command: command('none.tif', 'a.tif') },
      { item: 3, dir, command: command('0.tif', 'b.tif', '--method=none') },
      { item: 12, dir, command: command('1.tif', 'c.tif') },
    ]);
    const { code, err } = await imaging('batch', file);
    expect(code).toBe(0);
    expect(reported(file)).toEqual(['12 0', '3 2', '7 1']);
    expect(err).toContain('item 7: espalier-imaging: ');
    expect(await folder.list()).toContain('c.tif');
  });

  it('are read while another is computed: the second is on its way before the first is done', async () => {
    const value = (x: number, y: number, z: number): number =>
      x === 9 && y === 8 && z === 3 ? 900 : 100 + x;
    await writeStack(folder.at('psf.tif'), { nx: 18, ny: 16, nz: 7, value });
    for (const name of ['0.tif', '1.tif'])
      await writeStack(folder.at(name), { nx: 48, ny: 40, nz: 24, value });
    const sizes = ['--dr=0.1', '--dz=0.2', '--psf-dr=0.1', '--psf-dz=0.2', '--psf=psf.tif', '--threads=1'];
    const items = [0, 1].map((item) => {
      const command = ['espalier-imaging', 'deconvolve', `${item}.tif`, `out-${item}.tif`, ...sizes];
      return { item, dir: folder.at('.'), command };
    });
    const { code, err } = await imaging('batch', writeItems(items));
    expect(code, err).toBe(0);
    const lines = err.split('\n');
    const firstOf = (text: string): number => lines.findIndex((line) => line.startsWith(text));
    // Either may be the first to speak.
    for (const word of ['item 0: memory', 'item 1: memory', 'item 0: light kept', 'item 1: light kept'])
      expect(firstOf(word), word).toBeGreaterThanOrEqual(0);
    expect(firstOf('item 1: memory')).toBeLessThan(firstOf('item 0: light kept'));
    expect(firstOf('item 0: memory')).toBeLessThan(firstOf('item 1: light kept'));
  });

  it('are refused whole when a line is no item, before anything is run', async () => {
    await prepare(1);
    const dir = folder.at('.');
    const good = { item: 0, dir, command: ['espalier-imaging', 'deskew', '0.tif', 'out.tif', ...options] };
    for (const [bad, why] of [
      [{ item: -1, dir, command: ['espalier-imaging', 'info'] }, 'line 2 of'],
      [{ item: 1, dir }, 'line 2 of'],
      [good, 'names an item twice'],
    ] as const) {
      const { code, err } = await imaging('batch', writeItems([good, bad]));
      expect(code).toBe(2);
      expect(err).toContain(why);
    }
    expect(await folder.list()).not.toContain('out.tif');
  });
});
