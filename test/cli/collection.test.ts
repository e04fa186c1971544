import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTiff } from '../../src/formats/index.ts';
import { Desk } from './espalier.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

async function writeStacks(...names: readonly string[]): Promise<void> {
  mkdirSync(join(desk.folder, 'data'));
  const header = {
    width: 3,
    height: 2,
    sizes: { z: 2, c: 1, t: 1 },
    pixelType: 'uint8',
    voxel: { x: 0.1, y: 0.1, z: 0.4 },
  } as const;
  for (const name of names)
    await writeTiff(join(desk.folder, 'data', name), header, [new Uint8Array(6), new Uint8Array(6)]);
}

const pattern = ['--pattern', 'c{channel:int}_t{time:int}.tif'];

describe('espalier collection', () => {
  it('shows dimensions, the hole and the duplicate, sizes, and the voxel with where it was read', async () => {
    await writeStacks('c0_t2.tif', 'c0_t10.tif', 'c1_t2.tif', 'c1_t02.tif');
    const { stdout } = await desk.espalier('collection', 'data', ...pattern);
    expect(stdout).toMatch(/^channel +int +2 +0, 1$/m);
    expect(stdout).toMatch(/^time +int +2 +2, 10$/m);
    expect(stdout).toContain('grid: 3 of 4 combinations; 1 missing:\n\n  channel=1 time=10');
    expect(stdout).toContain('files with the same dimensions:\n  c1_t02.tif\n  c1_t2.tif');
    expect(stdout).toMatch(/^ +4 +3 +2 +2 +1 +1 +uint8$/m);
    expect(stdout).toMatch(/^dz +0\.4 um +c\d_t\d+\.tif: ImageJ unit$/m);
    expect(stdout).toContain('not recorded: angle (give it with --set angle=…)');
  });

  it('gives the same as JSON', async () => {
    await writeStacks('c0_t2.tif', 'c0_t10.tif', 'c1_t2.tif');
    const { collection } = await desk.json<{ collection: object }>('collection', 'data', ...pattern);
    expect(collection).toMatchObject({
      files: 3,
      grid: { expected: 4, present: 3, holes: ['channel=1 time=10'] },
      duplicates: [],
    });
  });

  it('refuses a folder that is not there', async () => {
    const { code, stderr } = await desk.espalier('collection', 'nowhere');
    expect(code).toBe(2);
    expect(stderr).toContain('nowhere` does not exist');
  });
});
