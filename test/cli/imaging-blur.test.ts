import { describe, expect, it } from 'vitest';
import { imaging, readStack, scratchFolder, writeStack } from './imaging-scratch.ts';

const scratch = scratchFolder();
const one = ['--threads', '1'];
const plain = ['--acceleration', 'off', '--iterations', '1', '--padding', 'zero', '--output-type', 'float32'];

/** A Gaussian spot of one width in µm, sampled at the given spacing. */
function spot(centre: number, spacing: number, peak: number): (x: number, y: number, z: number) => number {
  return (x, y, z) => {
    const distance = ((x - centre) ** 2 + (y - centre) ** 2 + (z - centre) ** 2) * spacing ** 2;
    return 100 + peak * Math.exp(-distance / (2 * 0.2 ** 2));
  };
}

describe('the point spread function of espalier-imaging deconvolve', () => {
  it('is brought to the voxels of the image, so that its own voxels do not matter', async () => {
    const voxel = (edge: number) => ({ x: edge, y: edge, z: edge });
    await writeStack(scratch.at('in.tif'), {
      nx: 16,
      ny: 16,
      nz: 16,
      voxel: voxel(0.1),
      value: spot(8, 0.1, 1000),
    });
    await writeStack(scratch.at('coarse.tif'), {
      nx: 17,
      ny: 17,
      nz: 17,
      voxel: voxel(0.1),
      value: spot(8, 0.1, 9000),
    });
    await writeStack(scratch.at('fine.tif'), {
      nx: 33,
      ny: 33,
      nz: 33,
      voxel: voxel(0.05),
      value: spot(16, 0.05, 9000),
    });
    const peaks: number[] = [];
    for (const psf of ['coarse.tif', 'fine.tif']) {
      const how = ['--psf', scratch.at(psf), '--background', '100', ...plain, ...one];
      const result = await imaging('deconvolve', scratch.at('in.tif'), scratch.at('out.tif'), ...how);
      expect(result.code).toBe(0);
      peaks.push((await readStack(scratch.at('out.tif'))).samples.reduce((a, b) => Math.max(a, b)));
    }
    expect(peaks[0]).toBeGreaterThan(1500);
    expect(Math.abs((peaks[1] ?? 0) / (peaks[0] ?? 1) - 1)).toBeLessThan(0.02);
  });

  it('has to be given, once, and to be one', async () => {
    const voxel = { x: 0.1, y: 0.1, z: 0.1 };
    await writeStack(scratch.at('in.tif'), { nx: 8, ny: 8, nz: 8, voxel, value: spot(4, 0.1, 1000) });
    const run = (...more: string[]) =>
      imaging('deconvolve', scratch.at('in.tif'), scratch.at('out.tif'), ...more, ...one);
    expect(await run()).toMatchObject({
      code: 2,
      err: expect.stringContaining('either --psf or --otf is wanted'),
    });
    const both = await run('--psf', scratch.at('in.tif'), '--otf', scratch.at('in.tif'));
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('either --psf or --otf') });
    const wrong = await run('--otf', scratch.at('in.tif'));
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/in\.tif` is no transfer function/) });
    await writeStack(scratch.at('dark.tif'), { nx: 8, ny: 8, nz: 8, voxel, value: () => 100 });
    const dark = await run('--psf', scratch.at('dark.tif'));
    expect(dark).toMatchObject({
      code: 1,
      err: expect.stringMatching(/dark\.tif`: .*nothing above its background/),
    });
    expect(await scratch.list()).toEqual(['dark.tif', 'in.tif']);
  });

  it('may not be of pixels that are not square, unless their size is given', async () => {
    const voxel = { x: 0.1, y: 0.1, z: 0.1 };
    await writeStack(scratch.at('in.tif'), { nx: 8, ny: 8, nz: 8, voxel, value: spot(4, 0.1, 1000) });
    await writeStack(scratch.at('psf.tif'), {
      nx: 9,
      ny: 9,
      nz: 9,
      voxel: { ...voxel, y: 0.2 },
      value: spot(4, 0.1, 1000),
    });
    const run = (...more: string[]) =>
      imaging(
        'deconvolve',
        scratch.at('in.tif'),
        scratch.at('out.tif'),
        '--psf',
        scratch.at('psf.tif'),
        ...plain,
        ...more,
        ...one,
      );
    expect(await run()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/pixels of 0\.1 x 0\.2 µm.*--psf-dr/),
    });
    expect(await run('--psf-dr', '0.1')).toMatchObject({ code: 0 });
  });
});
