import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTiff, parseJaneliaName, parseSettingsText } from '../../../../src/formats/index.ts';
import { type Acquisition, defaultAcquisition, simulate } from '../../../../src/imaging/simulate/index.ts';

const small: Acquisition = {
  ...defaultAcquisition,
  base: 'cell',
  times: 2,
  raw: { nx: 40, ny: 48, nz: 24 },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'espalier-simulate-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function hashes(acquisition: Acquisition, name: string): Promise<Map<string, string>> {
  await simulate(join(folder, name), acquisition);
  const files = (await readdir(join(folder, name))).sort();
  const entries = files.map(async (file): Promise<[string, string]> => {
    const bytes = await readFile(join(folder, name, file));
    return [file, createHash('sha256').update(bytes).digest('hex')];
  });
  return new Map(await Promise.all(entries));
}

describe('a simulated acquisition', () => {
  it('is the same byte for byte for one seed, and another for another', async () => {
    const first = await hashes(small, 'a');
    expect(await hashes(small, 'b')).toEqual(first);
    const other = await hashes({ ...small, seed: 2 }, 'c');
    expect([...other.keys()]).toEqual([...first.keys()]);
    for (const [name, hash] of other) if (name.endsWith('.tif')) expect(hash).not.toBe(first.get(name));
  });

  it('gives the bytes that Node 20, 22 and 24 gave alike', async () => {
    const found = await hashes({ ...small, times: 1, channels: 1 }, 'a');
    const stack = 'cell_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif';
    // Recorded; a change of the specimen or of the TIFF writer changes it, another machine must not.
    expect(found.get(stack)).toBe('d5a5c47040c86129bc6771544b7146aca49dc9b8d2e6b65901f06acb9f42ff9a');
  });

  it('draws the noise of the camera from the seed too', async () => {
    const pixels = async (seed: number): Promise<number[]> => {
      await simulate(join(folder, `${seed}`), { ...small, seed, times: 1, channels: 1 });
      const name = 'cell_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif';
      const image = await openTiff(join(folder, `${seed}`, name));
      const plane = await image.readPlane({ z: 0, c: 0, t: 0 });
      await image.close();
      // High above the glass, where there is no cell.
      return [...plane.slice(0, 8)];
    };
    expect(await pixels(1)).not.toEqual(await pixels(2));
  });

  it('begins with the same stacks however many follow', async () => {
    const short = await hashes({ ...small, times: 1, channels: 1 }, 'short');
    const long = await hashes(small, 'long');
    const stack = 'cell_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif';
    expect(long.get(stack)).toBe(short.get(stack));
  });

  it('has names that a reader of such microscopes takes apart', async () => {
    await simulate(join(folder, 'a'), small);
    const files = await readdir(join(folder, 'a'));
    expect(files.sort()).toEqual([
      'cell_Settings.txt',
      'cell_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif',
      'cell_ch0_stack0001_488nm_0004000msec_0020935273msecAbs.tif',
      'cell_ch1_stack0000_560nm_0000000msec_0020931273msecAbs.tif',
      'cell_ch1_stack0001_560nm_0004000msec_0020935273msecAbs.tif',
      'psf_ch0.tif',
      'psf_ch1.tif',
    ]);
    expect(parseJaneliaName('cell_ch1_stack0001_560nm_0004000msec_0020935273msecAbs.tif')).toMatchObject({
      base: 'cell',
    });
  });

  it('has a settings file that says how it was scanned', async () => {
    await simulate(join(folder, 'a'), small);
    const text = await readFile(join(folder, 'a', 'cell_Settings.txt'));
    expect(text.toString()).toContain(
      'S PZT Offset, Interval (um), # of Pixels for Excitation (0) :\t50\t0.4\t24\r\n',
    );
    expect(text.toString().replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    const settings = parseSettingsText(text);
    expect(JSON.stringify(settings)).toContain('31.5');
    expect(settings).toMatchObject({ angle: 31.5 });
  });

  it('shows a cell above a camera offset of 100, and a bead in the middle of its own image', async () => {
    await simulate(join(folder, 'a'), small);
    const stack = await openTiff(
      join(folder, 'a', 'cell_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif'),
    );
    expect([stack.width, stack.height, stack.sizes.z, stack.pixelType]).toEqual([40, 48, 24, 'uint16']);
    expect(stack.voxel.z).toBeUndefined();
    const plane = [...(await stack.readPlane({ z: 12, c: 0, t: 0 }))].sort((a, b) => a - b);
    await stack.close();
    expect(plane[Math.floor(plane.length / 10)]).toBeGreaterThan(92);
    expect(plane[Math.floor(plane.length / 10)]).toBeLessThan(112);
    expect(plane.at(-1)).toBeGreaterThan(250);

    const bead = await openTiff(join(folder, 'a', 'psf_ch0.tif'));
    expect(bead.voxel).toMatchObject({ x: 0.104, y: 0.104, z: 0.1 });
    const middle = await bead.readPlane({ z: 30, c: 0, t: 0 });
    await bead.close();
    const brightest = middle.indexOf(Math.max(...middle));
    expect([brightest % 64, Math.floor(brightest / 64)]).toEqual([32, 32]);
  });

  it('leaves nothing when it cannot be finished', async () => {
    const stop = (name: string): void => {
      if (name.includes('stack0001')) throw new Error('stopped');
    };
    await expect(simulate(join(folder, 'a'), small, stop)).rejects.toThrow('stopped');
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes into a new or empty folder only', async () => {
    await writeFile(join(folder, 'mine'), '');
    await expect(simulate(folder, small)).rejects.toThrow(/is not empty; choose a new folder/);
  });
});
