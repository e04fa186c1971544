import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTiff } from '../../src/formats/index.ts';
import { sharedFile } from '../shared-folder.ts';
import { Desk } from './espalier.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const imaging = join(root, 'dist/bin/espalier-imaging.js');
const zeiss = sharedFile('data/lls7-raw-crop.tif');

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

function results(step: string): readonly string[] {
  return readdirSync(join(desk.folder, 'espalier-runs', desk.runs()[0] ?? '', 'results', step)).sort();
}

function result(step: string, name: string): string {
  return join(desk.folder, 'espalier-runs', desk.runs()[0] ?? '', 'results', step, name);
}

describe('the example workflows', () => {
  it('deskew, deconvolve and project a simulated acquisition, with values from its Settings.txt', async () => {
    const data = join(desk.folder, 'data');
    execFileSync(process.execPath, [imaging, 'simulate', data, '--times', '2', '--size', '48x64x32']);
    const workflow = join(root, 'workflows/lattice-light-sheet.yaml');
    const { code, stderr } = await desk.espalier('run', workflow, '--data', data, '--set', 'iterations=3');
    expect(code, stderr).toBe(0);
    expect(results('deskew')).toHaveLength(4);
    expect(results('movie')).toEqual([
      'cell1_ch0_movie.png',
      'cell1_ch0_movie.tif',
      'cell1_ch1_movie.png',
      'cell1_ch1_movie.tif',
    ]);
    const movie = await openTiff(result('movie', 'cell1_ch1_movie.tif'));
    expect(movie.sizes).toEqual({ z: 1, c: 1, t: 2 });
    await movie.close();
    // dz' = 0.4 µm · sin 31.5°
    const [first] = results('deskew');
    const deskewed = await openTiff(result('deskew', first ?? ''));
    expect(deskewed.voxel.z).toBeCloseTo(0.209, 4);
    expect(deskewed.voxel.x).toBeCloseTo(0.104, 6);
    await deskewed.close();
    const task = await desk.json<{ values: Record<string, { origin: string }> }>('show', 'deskew:1');
    expect(task.values.angle?.origin).toBe('acquisition');
    const report = await desk.espalier('report');
    expect(report.stdout.trim()).toMatch(/report\.html$/);
  });

  it.skipIf(zeiss === undefined)(
    'split, deskew along y and project one hyperstack of a Zeiss instrument',
    async () => {
      mkdirSync(join(desk.folder, 'data'));
      copyFileSync(zeiss ?? '', join(desk.folder, 'data/crop.tif'));
      const workflow = join(root, 'workflows/zeiss-lls7.yaml');
      const { code, stderr } = await desk.espalier('run', workflow, '--data', 'data');
      expect(code, stderr).toBe(0);
      expect(results('split')).toHaveLength(6);
      expect(results('deskew')).toHaveLength(6);
      expect(results('movie')).toHaveLength(6);
      // Ny · sin 30° = 11 / 2 → 6 planes; Ny · cos 30° + Nz · dz/dr = 9.53 + 1036.60 → 1046 rows; x passes through.
      const stack = await openTiff(result('deskew', results('deskew')[0] ?? ''));
      expect([stack.sizes.z, stack.height, stack.width]).toEqual([6, 1046, 13]);
      await stack.close();
      const movie = await openTiff(result('movie', 'crop_ch2_movie.tif'));
      expect(movie.sizes.t).toBe(2);
      await movie.close();
    },
  );
});
