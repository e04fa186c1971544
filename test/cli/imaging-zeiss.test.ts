import { describe, expect, it } from 'vitest';
import { sharedFile } from '../shared-folder.ts';
import { imaging, readStack, scratchFolder } from './imaging-scratch.ts';

const scratch = scratchFolder();
const raw = sharedFile('data/lls7-raw-crop.tif');

describe.skipIf(raw === undefined)('a real hyperstack of a Zeiss instrument', () => {
  it('is split, deskewed along y into an upright stack, and projected', async () => {
    const split = await imaging('split', raw ?? '', scratch.at('one.tif'), '--time', '1', '--channel', '2');
    expect(split).toEqual({ code: 0, out: '', err: '' });
    const one = await readStack(scratch.at('one.tif'));
    expect([one.image.width, one.image.height, one.image.sizes.z, one.image.pixelType]).toEqual([
      13,
      11,
      501,
      'uint16',
    ]);
    // Its header counts in pixels, which is no size.
    expect(one.image.voxel.z).toBeUndefined();

    const where = [
      '--angle',
      '30',
      '--dr',
      '0.14499219',
      '--dz',
      '0.3',
      '--skew',
      'y',
      '--method',
      'orthogonal',
      '--threads',
      '1',
    ];
    expect((await imaging('deskew', scratch.at('one.tif'), scratch.at('up.tif'), ...where)).code).toBe(0);
    const up = await readStack(scratch.at('up.tif'));
    // 11 sin 30° = 5.5 → 6; 11 cos 30° + 501 · 0.3 / 0.14499219 = 1046.1.
    expect([up.image.width, up.image.height, up.image.sizes.z]).toEqual([13, 1046, 6]);
    const lit = up.samples.filter((value) => value > 0);
    expect(lit.length / up.samples.length).toBeGreaterThan(0.5);
    const top = one.samples.reduce((a, b) => Math.max(a, b));
    expect(lit.every((value) => value <= top)).toBe(true);

    expect((await imaging('project', scratch.at('up.tif'), scratch.at('mip.tif'))).code).toBe(0);
    const mip = await readStack(scratch.at('mip.tif'));
    expect([mip.image.width, mip.image.height, mip.image.sizes.z]).toEqual([13, 1046, 1]);
    expect(mip.samples.reduce((a, b) => Math.max(a, b))).toBe(lit.reduce((a, b) => Math.max(a, b)));
    expect(mip.image.notes.operations).toMatch(
      /^split\(time=1, channel=2\) > deskew\(method=orthogonal.* > project/,
    );
  });
});
