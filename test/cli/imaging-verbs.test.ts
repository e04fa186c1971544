import { readFileSync, writeFileSync } from 'node:fs';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { imaging, readStack, scratchFolder, writeStack } from './imaging-scratch.ts';

const scratch = scratchFolder();
const one = ['--threads', '1'];

/** A bright voxel over a dark ground of 100. */
const point = (at: readonly [number, number, number], value = 1100) => ({
  value: (x: number, y: number, z: number) => (x === at[0] && y === at[1] && z === at[2] ? value : 100),
});

describe('espalier-imaging deskew', () => {
  it('shears by the formula, rounds half up, and says what it did and how z runs', async () => {
    await writeStack(scratch.at('raw.tif'), { nx: 10, ny: 2, nz: 3, ...point([5, 0, 1]) });
    const where = ['--angle', '60', '--dz', '1', '--dr', '0.2', '--fill', '7'];
    const { code, err } = await imaging(
      'deskew',
      scratch.at('raw.tif'),
      scratch.at('out.tif'),
      ...where,
      ...one,
    );
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^memory: about \d+ MB needed, .* allowed; threads: 1$/),
    ]);
    const { image, samples } = await readStack(scratch.at('out.tif'));
    expect([image.width, image.height, image.sizes.z, image.pixelType]).toEqual([17, 2, 3, 'uint16']);
    const row = samples.slice(2 * 17, 3 * 17);
    // 0.75 and 0.25 of 1000 above the ground, at 7 and 8; x_in = x − 2.25 lies in 0 … 9 from 3 to 11.
    expect(row).toEqual([7, 7, 7, 100, 100, 100, 100, 850, 350, 100, 100, 100, 7, 7, 7, 7, 7]);
    expect(image.voxel.x).toBeCloseTo(0.2, 9);
    expect(image.voxel.z).toBeCloseTo(Math.sin(Math.PI / 3), 9);
    expect(image.notes).toMatchObject({
      operations: 'deskew(method=shear, angle=60, dz=1, dr=0.2, skew=x, linear, fill=7)',
      'z-direction': 'along the detection axis, in the order of the raw planes',
      scale: 'counts of the input',
    });
  });

  it('takes a negative step as a scan the other way', async () => {
    await writeStack(scratch.at('raw.tif'), { nx: 10, ny: 2, nz: 3, ...point([5, 0, 1]) });
    const run = (name: string, angle: string, dz: string) =>
      imaging(
        'deskew',
        scratch.at('raw.tif'),
        scratch.at(name),
        '--angle',
        angle,
        '--dz',
        dz,
        '--dr',
        '0.2',
        ...one,
      );
    await run('a.tif', '60', '-1');
    await run('b.tif', '-60', '1');
    await run('c.tif', '60', '1');
    const [a, b, c] = [
      await readStack(scratch.at('a.tif')),
      await readStack(scratch.at('b.tif')),
      await readStack(scratch.at('c.tif')),
    ];
    expect(a.samples).toEqual(b.samples);
    expect(a.samples).not.toEqual(c.samples);
    expect(a.image.voxel.z).toBeGreaterThan(0);
  });

  it('keeps fractions as float32, and takes voxel sizes from the header', async () => {
    const voxel = { x: 0.2, y: 0.2, z: 1 };
    await writeStack(scratch.at('raw.tif'), { nx: 10, ny: 1, nz: 3, voxel, ...point([5, 0, 1], 101) });
    const { code } = await imaging(
      'deskew',
      scratch.at('raw.tif'),
      scratch.at('out.ome.tif'),
      '--angle',
      '60',
      '--output-type',
      'float32',
      ...one,
    );
    expect(code).toBe(0);
    const { image, samples } = await readStack(scratch.at('out.ome.tif'));
    expect([image.pixelType, image.voxel.source]).toEqual(['float32', 'ome']);
    expect(samples[17 + 7]).toBeCloseTo(100.75, 4);
  });

  it('goes upright in one step with --method orthogonal, and says which way z runs', async () => {
    const value = (x: number, y: number, z: number): number => (x === 1 && y === 1 && z === 1 ? 10000 : 0);
    await writeStack(scratch.at('raw.tif'), { nx: 10, ny: 10, nz: 10, value });
    const where = ['--angle', '30', '--dz', '1', '--dr', '1', '--skew', 'y', '--method', 'orthogonal'];
    const accepted = ['--accept-small-shift'];
    const result = await imaging(
      'deskew',
      scratch.at('raw.tif'),
      scratch.at('out.tif'),
      ...where,
      ...accepted,
      ...one,
    );
    expect(result.code).toBe(0);
    const { image, samples } = await readStack(scratch.at('out.tif'));
    expect([image.width, image.height, image.sizes.z]).toEqual([10, 19, 5]);
    expect(samples[(3 * 19 + 2) * 10 + 1]).toBe(1699);
    expect(image.voxel).toMatchObject({ x: 1, y: 1, z: 1 });
    expect(image.notes['z-direction']).toBe(
      'normal to the cover glass, in the order of the raw planes (forward)',
    );
  });

  it('wants a shift below one pixel per plane to be acknowledged', async () => {
    await writeStack(scratch.at('raw.tif'), { nx: 10, ny: 2, nz: 3, ...point([5, 0, 1]) });
    const run = (...more: string[]) =>
      imaging(
        'deskew',
        scratch.at('raw.tif'),
        scratch.at('out.tif'),
        '--angle',
        '31.5',
        '--dz',
        '0.1',
        '--dr',
        '0.4',
        ...more,
        ...one,
      );
    const refused = await run();
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/only 0\.213 pixels.*--accept-small-shift/),
    ]);
    expect(await scratch.list()).toEqual(['raw.tif']);
    expect((await run('--accept-small-shift')).code).toBe(0);
  });
});

describe('espalier-imaging rotate', () => {
  it('turns a deskewed stack, with cubic voxels and its z direction named', async () => {
    const voxel = { x: 1, y: 1, z: 1 };
    await writeStack(scratch.at('up.tif'), { nx: 8, ny: 1, nz: 6, voxel, ...point([5, 0, 2]) });
    const run = (name: string, ...more: string[]) =>
      imaging('rotate', scratch.at('up.tif'), scratch.at(name), '--angle', '90', ...more, ...one);
    expect((await run('out.tif')).code).toBe(0);
    const { image, samples } = await readStack(scratch.at('out.tif'));
    expect([image.width, image.height, image.sizes.z]).toEqual([6, 1, 6]);
    expect(samples.indexOf(1100)).toBe(3 * 6 + 2);
    expect(image.notes['z-direction']).toMatch(/^normal to the cover glass, against the order.*mirror image/);
    await run('forward.tif', '--z-direction', 'forward');
    expect((await readStack(scratch.at('forward.tif'))).samples.indexOf(1100)).toBe(2 * 6 + 2);
  });
});

describe('espalier-imaging rotate at an angle', () => {
  it('counts --dz as the distance between the planes it is given, not as a stage step', async () => {
    const value = (x: number, y: number, z: number): number => 100 + x + y + z;
    await writeStack(scratch.at('up.tif'), { nx: 20, ny: 1, nz: 10, value });
    const where = ['--angle', '30', '--dz', '0.3', '--dr', '0.1', ...one];
    expect((await imaging('rotate', scratch.at('up.tif'), scratch.at('out.tif'), ...where)).code).toBe(0);
    const { image } = await readStack(scratch.at('out.tif'));
    // Height 10 · 0.3 / 0.1 = 30; length 20 cos 30° + 30 sin 30° = 32.3.
    expect([image.width, image.sizes.z]).toEqual([32, 30]);
    expect([image.voxel.x, image.voxel.z]).toEqual([expect.closeTo(0.1, 9), expect.closeTo(0.1, 9)]);
  });
});

describe('espalier-imaging project', () => {
  it('joins several stacks to a time series, and draws it with the contrast it records', async () => {
    const voxel = { x: 0.1, y: 0.1, z: 0.2 };
    for (const t of [0, 1])
      await writeStack(scratch.at(`${t}.tif`), {
        nx: 4,
        ny: 3,
        nz: 5,
        voxel,
        value: (x, y, z) => 10 * z + x + y + 100 * t,
      });
    const { code } = await imaging(
      'project',
      scratch.at('0.tif'),
      scratch.at('1.tif'),
      scratch.at('mip.tif'),
      '--axis',
      'y',
      '--png',
      scratch.at('mip.png'),
      '--contrast',
      '0,145',
    );
    expect(code).toBe(0);
    const { image, samples } = await readStack(scratch.at('mip.tif'));
    expect([image.width, image.height, image.sizes]).toEqual([4, 5, { z: 1, c: 1, t: 2 }]);
    expect(samples.slice(0, 8)).toEqual([2, 3, 4, 5, 12, 13, 14, 15]);
    expect(samples.slice(20, 24)).toEqual([102, 103, 104, 105]);
    expect([image.voxel.x, image.voxel.y]).toEqual([expect.closeTo(0.1, 9), expect.closeTo(0.2, 9)]);
    expect(image.notes.contrast).toBe('0,145');
    const png = decode(readFileSync(scratch.at('mip.png')));
    // Planes lie two pixels apart: rows are doubled, and the frames stand side by side with a gap.
    expect([png.width, png.height, png.channels]).toEqual([4 + 2 + 4, 10, 1]);
    expect(png.data[9 * 10 + 9]).toBe(255);
  });

  it('merges channels in colour', async () => {
    for (const c of [0, 1])
      await writeStack(scratch.at(`${c}.tif`), { nx: 4, ny: 4, nz: 2, value: (x) => (x === c ? 100 : 0) });
    const png = scratch.at('merged.png');
    const { code } = await imaging(
      'project',
      scratch.at('0.tif'),
      scratch.at('1.tif'),
      scratch.at('mip.tif'),
      '--join',
      'channel',
      '--png',
      png,
      '--contrast',
      '0%,100%',
    );
    expect(code).toBe(0);
    expect((await readStack(scratch.at('mip.tif'))).image.sizes).toEqual({ z: 1, c: 2, t: 1 });
    const { data, channels } = decode(readFileSync(png));
    expect(channels).toBe(3);
    expect(data[1]).toBeGreaterThan(data[0] ?? 255);
    expect(data[3]).toBeGreaterThan(data[4] ?? 255);
  });
});

describe('espalier-imaging split', () => {
  const hyper = { nx: 3, ny: 2, nz: 4, c: 2, t: 3, voxel: { x: 0.1, y: 0.1, z: 0.3 } };
  const value = (x: number, y: number, z: number, c: number, t: number): number =>
    x + 10 * y + 100 * z + 1000 * c + 10000 * t;

  it('takes one time point and channel with its voxel size', async () => {
    await writeStack(scratch.at('hyper.tif'), { ...hyper, value });
    const { code } = await imaging(
      'split',
      scratch.at('hyper.tif'),
      scratch.at('one.tif'),
      '--time',
      '2',
      '--channel',
      '1',
    );
    expect(code).toBe(0);
    const { image, samples } = await readStack(scratch.at('one.tif'));
    expect(image.sizes).toEqual({ z: 4, c: 1, t: 1 });
    expect(samples.slice(0, 7)).toEqual([21000, 21001, 21002, 21010, 21011, 21012, 21100]);
    expect(image.voxel.z).toBeCloseTo(0.3, 9);
  });

  it('asks for what is left open, and knows what is not there', async () => {
    await writeStack(scratch.at('hyper.tif'), { ...hyper, value });
    const open = await imaging('split', scratch.at('hyper.tif'), scratch.at('one.tif'), '--time', '0');
    expect([open.code, open.err]).toEqual([
      1,
      expect.stringMatching(/has 2 channels; say which with --channel, from 0 to 1/),
    ]);
    const gone = await imaging(
      'split',
      scratch.at('hyper.tif'),
      scratch.at('one.tif'),
      '--time',
      '3',
      '--channel',
      '0',
    );
    expect([gone.code, gone.err]).toEqual([
      1,
      expect.stringMatching(/has no time `3`: it has 3 time points/),
    ]);
  });
});

describe('espalier-imaging simulate, otf and deconvolve', () => {
  it('recover a simulated cell: more contrast, the same light, the size kept', async () => {
    const acquisition = scratch.at('acquisition');
    const made = await imaging(
      'simulate',
      acquisition,
      '--seed',
      '4',
      '--channels',
      '1',
      '--times',
      '1',
      '--size',
      '32x48x24',
    );
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('wrote cell1_Settings.txt')]);
    const raw = `${acquisition}/cell1_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif`;
    const where = ['--angle', '31.5', '--dz', '0.4', '--dr', '0.104', '--fill', '104'];
    expect((await imaging('deskew', raw, scratch.at('ds.tif'), ...where, ...one)).code).toBe(0);
    const before = await readStack(scratch.at('ds.tif'));
    const psf = `${acquisition}/psf_ch0.tif`;
    expect((await imaging('otf', psf, scratch.at('otf.tif'))).code).toBe(0);
    for (const blur of [
      ['--psf', psf],
      ['--otf', scratch.at('otf.tif')],
    ]) {
      const output = scratch.at('dc.tif');
      const how = ['--background', '104', '--iterations', '5', '--output-type', 'float32'];
      const result = await imaging('deconvolve', scratch.at('ds.tif'), output, ...blur, ...how, ...one);
      expect([blur[0], result.code]).toEqual([blur[0], 0]);
      const after = await readStack(output);
      expect([after.image.width, after.image.height, after.image.sizes]).toEqual([
        before.image.width,
        before.image.height,
        before.image.sizes,
      ]);
      const light = (samples: readonly number[], ground: number): number =>
        samples.reduce((sum, value) => sum + Math.max(0, value - ground), 0);
      expect(Math.abs(light(after.samples, 0) / light(before.samples, 104) - 1)).toBeLessThan(0.05);
      expect(after.samples.reduce((a, b) => Math.max(a, b))).toBeGreaterThan(
        1.5 * (before.samples.reduce((a, b) => Math.max(a, b)) - 104),
      );
      expect(after.image.notes.operations).toMatch(
        /^deskew\(.*\) > deconvolve\(richardson-lucy, iterations=5/,
      );
      expect(after.image.notes.scale).toBe('counts of the input above the background');
    }
  });
});

describe('espalier-imaging info', () => {
  it('tells size, voxels and notes, for people and as JSON', async () => {
    await writeStack(scratch.at('a.tif'), { nx: 3, ny: 2, nz: 4, value: (x) => x });
    const { out } = await imaging('info', scratch.at('a.tif'));
    expect(out).toContain('size: 3 x 2 x 4 (x, y, z), 1 channels, 1 time points, uint16');
    expect(out).toContain('values: 0 to 2');
    const json: unknown = JSON.parse((await imaging('info', scratch.at('a.tif'), '--json')).out);
    expect(json).toMatchObject({
      width: 3,
      height: 2,
      sizes: { z: 4, c: 1, t: 1 },
      range: { min: 0, max: 2 },
    });
  });
});

describe('espalier-imaging check', () => {
  it('passes what is as wanted, and names all that is not', async () => {
    await writeStack(scratch.at('good.tif'), { nx: 4, ny: 3, nz: 2, ...point([0, 0, 0]) });
    await writeStack(scratch.at('dark.tif'), { nx: 4, ny: 3, nz: 2, value: () => 0 });
    const wants = ['--shape', '4x3x2', '--type', 'uint16', '--not-all-zero', '--finite'];
    expect((await imaging('check', scratch.at('good.tif'), ...wants)).code).toBe(0);
    const dark = await imaging('check', scratch.at('dark.tif'), ...wants);
    expect([dark.code, dark.err]).toEqual([1, expect.stringContaining('is all zeros')]);
    const other = await imaging('check', scratch.at('good.tif'), '--shape', '4x3', '--type', 'float32');
    expect(other.code).toBe(1);
    expect(other.err).toContain('is `4x3x2` (x, y, planes), not `4x3x1`; holds `uint16`, not `float32`');
    expect((await imaging('check', scratch.at('good.tif'), '--shape', '4,3')).code).toBe(2);
  });

  it('finds a file that was cut short', async () => {
    await writeStack(scratch.at('whole.tif'), { nx: 64, ny: 64, nz: 4, ...point([0, 0, 0]) });
    const bytes = readFileSync(scratch.at('whole.tif'));
    writeFileSync(scratch.at('cut.tif'), bytes.subarray(0, bytes.length - 5000));
    expect((await imaging('check', scratch.at('cut.tif'))).code).toBe(1);
  });
});
