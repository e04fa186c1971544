import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findHoles, summariseDimensions } from '../../../src/collections/grid.ts';
import { type CollectionDescription, describeCollection } from '../../../src/collections/index.ts';
import { writeTiff } from '../../../src/formats/index.ts';
import { sharedFile } from '../../shared-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'espalier-describe-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function describeFolder(path: string, pattern?: string): Promise<CollectionDescription> {
  const found = await describeCollection(path, pattern === undefined ? {} : { pattern });
  if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
  return found.value;
}

async function stack(folder: string, name: string, planes = 2, dz = 0.4): Promise<void> {
  mkdirSync(join(root, folder), { recursive: true });
  const header = {
    width: 3,
    height: 2,
    sizes: { z: planes, c: 1, t: 1 },
    pixelType: 'uint8',
    voxel: { x: 0.1, y: 0.1, z: dz },
  } as const;
  await writeTiff(
    join(root, folder, name),
    header,
    Array.from({ length: planes }, () => new Uint8Array(6)),
  );
}

const item = (dims: Readonly<Record<string, string | number>>) => ({ label: '', dims });
const int = (name: string) => ({ name, type: 'int' }) as const;

describe('findHoles', () => {
  it('names the combinations that are missing', () => {
    const items = [item({ c: 0, t: 0 }), item({ c: 0, t: 1 }), item({ c: 1, t: 1 })];
    expect(findHoles(items, [int('c'), int('t')])).toEqual({
      expected: 4,
      present: 3,
      holeCount: 1,
      holes: ['c=1 t=0'],
    });
  });

  it('sees no hole in a dimension that follows from another', () => {
    const items = [0, 1].flatMap((c) => [0, 1].map((t) => item({ c, wave: c === 0 ? 488 : 560, t })));
    expect(findHoles(items, [int('c'), int('wave'), int('t')])).toEqual({
      expected: 4,
      present: 4,
      holeCount: 0,
      holes: [],
    });
  });

  it('counts, but does not list, the holes of a huge sparse grid', () => {
    const items = Array.from({ length: 2000 }, (_, i) => item({ x: i, y: (i * 7) % 1999, z: i % 3 }));
    const grid = findHoles(items, [int('x'), int('y'), int('z')]);
    expect(grid.holes.length).toBeLessThanOrEqual(50);
    expect(grid.present).toBe(2000);
  });
});

describe('summariseDimensions', () => {
  it('gives count, range and the first values in natural order', () => {
    const items = ['cell10', 'cell2', 'cell2'].map((cell, t) => item({ cell, t }));
    expect(summariseDimensions(items, [{ name: 'cell', type: 'text' }])).toEqual([
      { name: 'cell', type: 'text', count: 2, values: ['cell2', 'cell10'], first: 'cell2', last: 'cell10' },
    ]);
  });
});

describe('describeCollection', () => {
  it('shows grid, duplicates, sizes and voxel with where they were read', async () => {
    for (const name of ['c0_t1.tif', 'c0_t2.tif', 'c1_t1.tif', 'c1_t01.tif']) await stack('plain', name);
    const found = await describeFolder(join(root, 'plain'), 'c{channel:int}_t{time:int}.tif');
    expect(found).toMatchObject({
      files: 4,
      pattern: 'c{channel:int}_t{time:int}.tif',
      faulty: [],
      problems: [],
    });
    expect(found.grid).toEqual({ expected: 4, present: 3, holeCount: 1, holes: ['channel=1 time=2'] });
    expect(found.duplicates).toEqual([['c1_t01.tif', 'c1_t1.tif']]);
    expect(found.shapes).toEqual([{ width: 3, height: 2, z: 2, c: 1, t: 1, pixelType: 'uint8', files: 4 }]);
    expect(found.acquisition.dz).toMatchObject({
      value: 0.4,
      unit: 'um',
      source: expect.stringMatching(/^c\d_t\d+\.tif: ImageJ unit$/),
    });
    expect(found.missing).toEqual(['angle']);
    expect(found.bytes).toBeGreaterThan(4 * 12);
  });

  it('lists files that are cut short and values that differ', async () => {
    await stack('mixed', 'a.tif', 2, 0.4);
    await stack('mixed', 'b.tif', 3, 0.5);
    const whole = readFileSync(join(root, 'mixed', 'b.tif'));
    writeFileSync(join(root, 'mixed', 'c.tif'), whole.subarray(0, whole.length - 1));
    const found = await describeFolder(join(root, 'mixed'));
    expect(found.pattern).toBe('{name}.tif');
    expect(found.faulty).toEqual([{ path: 'c.tif', why: expect.stringContaining('is truncated') }]);
    expect(found.varying.dz?.map(({ measured, files }) => [measured.value, files])).toEqual([
      [0.4, 1],
      [0.5, 1],
    ]);
    // What only two of the three files say is not said of all.
    expect(found.acquisition).not.toHaveProperty('dr');
    expect(found.varying.dr?.map(({ files }) => files)).toEqual([2]);
    expect(found.shapes.map(({ z, files }) => [z, files])).toEqual([
      [2, 1],
      [3, 1],
    ]);
  });

  it('finds the names of the microscope by itself', async () => {
    await stack('micro', 'cell5_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif');
    await stack('micro', 'cell5_ch0_stack0000_488nm_0000000msec_0020931273msecAbs_decon.tif');
    const found = await describeFolder(join(root, 'micro'));
    expect(found).toMatchObject({ pattern: 'janelia', files: 1 });
    expect(found.ignored).toHaveLength(1);
  });

  it('describes a single file and a table', async () => {
    await stack('single', 'odd {name}.tif');
    expect(await describeFolder(join(root, 'single', 'odd {name}.tif'))).toMatchObject({ files: 1 });
    writeFileSync(join(root, 'single', 't.csv'), 'file,cell:text\nodd {name}.tif,a\n');
    expect(await describeFolder(join(root, 'single', 't.csv'))).toMatchObject({
      files: 1,
      dimensions: [{ name: 'cell' }],
    });
  });

  it('refuses a path that is not there', async () => {
    await expect(describeCollection(join(root, 'gone'))).rejects.toThrow('does not exist');
  });

  const settings = sharedFile('data/settings-sample.txt');
  it.skipIf(settings === undefined)(
    'reports a raw stack that is shorter than a real settings file says',
    async () => {
      const folder = join(root, 'real');
      mkdirSync(folder);
      writeFileSync(join(folder, 'cell5_Settings.txt'), readFileSync(settings ?? ''));
      await stack('real', 'cell5_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif', 60);
      const found = await describeFolder(folder);
      expect(found.acquisition).toMatchObject({
        angle: { value: 31 },
        dr: { value: 0.105 },
        dz: { value: 0.4 },
        planes: { value: 61 },
      });
      expect(found.faulty[0]?.why).toContain('is incomplete');
      expect(found.missing).toEqual([]);
    },
  );
});
