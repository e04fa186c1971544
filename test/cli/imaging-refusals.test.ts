import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { hostileNames } from '../hostile-names.ts';
import { imaging, readStack, scratchFolder, type TestStack, writeStack } from './imaging-scratch.ts';

const scratch = scratchFolder();
const one = ['--threads', '1'];
const where = ['--angle', '31.5', '--dz', '0.4', '--dr', '0.104', ...one];
const good: TestStack = { nx: 8, ny: 4, nz: 5, value: (x, y, z) => 100 + x + y + z };

/** What a refused command has to leave behind: one line, no output, nothing half written. */
async function refusal(...argv: string[]): Promise<{ code: number; err: string }> {
  const before = await scratch.list();
  const { code, err, out } = await imaging(...argv);
  expect(await scratch.list()).toEqual(before);
  const lines = err.split('\n').filter((line) => !/^(memory|warning):/.test(line));
  expect([out, lines.length]).toEqual(['', 1]);
  expect(err).not.toMatch(/^\s+at /m);
  return { code, err };
}

describe('bad input to espalier-imaging', () => {
  const cases: [string, () => Promise<unknown>, RegExp][] = [
    ['a missing file', async () => {}, /in\.tif` does not exist/],
    ['an empty file', () => writeFile(scratch.at('in.tif'), ''), /in\.tif`/],
    [
      'text',
      () => writeFile(scratch.at('in.tif'), 'not an image, but long enough to be looked at'),
      /in\.tif` is not a TIFF/,
    ],
    ['a folder', () => mkdir(scratch.at('in.tif')), /in\.tif` is a folder/],
    [
      'a single plane',
      () => writeStack(scratch.at('in.tif'), { ...good, nz: 1 }),
      /in\.tif` is a single plane/,
    ],
    [
      'a hyperstack',
      () => writeStack(scratch.at('in.tif'), { ...good, c: 2, t: 2 }),
      /in\.tif` holds 2 channels and 2 time points; take one stack out of it with `espalier-imaging split/,
    ],
    [
      'a truncated stack',
      async () => {
        await writeStack(scratch.at('in.tif'), good);
        const { length } = await readFile(scratch.at('in.tif'));
        await truncate(scratch.at('in.tif'), length - 30);
      },
      /in\.tif`/,
    ],
    [
      'a stack of zeros',
      () => writeStack(scratch.at('in.tif'), { ...good, value: () => 0 }),
      /out\.tif` was not written: all of its samples are 0/,
    ],
    [
      'a stack with a sample that is not a number',
      () =>
        writeStack(
          scratch.at('in.tif'),
          { ...good, value: (x, _y, z) => (x === 4 && z === 2 ? Number.NaN : x) },
          'float32',
        ),
      /out\.tif` was not written: \d+ of its samples are not finite/,
    ],
  ];
  it.each(cases)('is told apart and leaves nothing: %s', async (_name, prepare, message) => {
    await prepare();
    const { code, err } = await refusal('deskew', scratch.at('in.tif'), scratch.at('out.tif'), ...where);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });

  it('names the option that would supply what the header does not', async () => {
    await writeStack(scratch.at('in.tif'), { ...good, voxel: { x: 0.1, y: 0.1 } });
    const { code, err } = await refusal(
      'deskew',
      scratch.at('in.tif'),
      scratch.at('out.tif'),
      '--angle',
      '31.5',
    );
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/distance between its planes; give it in µm with --dz$/),
    ]);
  });

  it('warns where an option and the header differ', async () => {
    await writeStack(scratch.at('in.tif'), { ...good, voxel: { x: 0.2, y: 0.2, z: 0.4 } });
    const { code, err } = await imaging('deskew', scratch.at('in.tif'), scratch.at('out.tif'), ...where);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/warning: --dr says 0\.104 µm and the header of .* 0\.2 µm/),
    ]);
  });
});

describe('outputs of espalier-imaging', () => {
  it('are refused where they would overwrite their input, by whatever name', async () => {
    await writeStack(scratch.at('in.tif'), good);
    await symlink(scratch.at('in.tif'), scratch.at('link.tif'));
    for (const output of ['in.tif', 'link.tif']) {
      const { code, err } = await refusal('deskew', scratch.at('in.tif'), scratch.at(output), ...where);
      expect([code, err]).toEqual([1, expect.stringMatching(/is both read and written/)]);
    }
  });

  it('are refused where their folder is missing or they are a folder', async () => {
    await writeStack(scratch.at('in.tif'), good);
    await mkdir(scratch.at('folder'));
    const missing = await refusal('deskew', scratch.at('in.tif'), scratch.at('gone/out.tif'), ...where);
    expect([missing.code, missing.err]).toEqual([
      1,
      expect.stringMatching(/its folder does not exist; make it first/),
    ]);
    const folder = await refusal('deskew', scratch.at('in.tif'), scratch.at('folder'), ...where);
    expect([folder.code, folder.err]).toEqual([1, expect.stringMatching(/folder` is a folder/)]);
  });

  it('are told when the disk is full, and nothing is left of the picture', async (context) => {
    context.skip(!existsSync('/dev/full'), 'skipped: there is no /dev/full');
    await writeStack(scratch.at('in.tif'), good);
    const output = scratch.at('mip.tif');
    const { code } = await imaging('project', scratch.at('in.tif'), output, '--png', '/dev/full/x.png');
    expect(code).toBe(1);
    expect(await scratch.list()).toEqual(['in.tif']);
  });

  it('say when samples were clipped', async () => {
    await writeStack(scratch.at('in.tif'), { ...good, value: (x) => 30000 * x }, 'float32');
    const { code, err } = await imaging(
      'project',
      scratch.at('in.tif'),
      scratch.at('o.tif'),
      '--output-type',
      'uint16',
    );
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/warning: 63 % of the samples did not fit into uint16/),
    ]);
    expect((await readStack(scratch.at('o.tif'))).samples.slice(0, 4)).toEqual([0, 30000, 60000, 65535]);
  });
});

describe('wrong use of espalier-imaging', () => {
  const cases: [string[], RegExp][] = [
    [[], /a verb is wanted: deskew, /],
    [['deskw', 'a', 'b'], /there is no verb `deskw`/],
    [['deskew', 'a.tif'], /an INPUT and an OUTPUT are wanted/],
    [['deskew', 'a', 'b', 'c'], /not also `c`/],
    [['deskew', 'a', 'b', '--angel', '3'], /angel/],
    [['deskew', 'a', 'b', '--fill', 'dark'], /--fill wants a number, not `dark`/],
    [['deskew', 'a', 'b', '--method', 'magic'], /--method wants one of shear, orthogonal, not `magic`/],
    [['deskew', 'a', 'b', '--z-direction', 'forward'], /--z-direction goes with --method orthogonal/],
    [['deconvolve', 'a', 'b', '--iterations', '0'], /--iterations wants a whole number from 1/],
    [['project', 'a', '--axis', 'z'], /one or more INPUTs and an OUTPUT/],
    [['simulate', 'a', '--size', '96x176'], /--size wants x, y and planes/],
  ];
  it.each(cases)('%j ends with code 2 and one line', async (argv, message) => {
    const { code, err } = await refusal(...argv);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it.each(['0', '-200', '180'])('refuses an angle of %s', async (angle) => {
    await writeStack(scratch.at('in.tif'), good);
    const { code, err } = await refusal(
      'deskew',
      scratch.at('in.tif'),
      scratch.at('out.tif'),
      '--angle',
      angle,
      '--dz',
      '0.4',
      '--dr',
      '0.1',
    );
    expect([code, err]).toEqual([2, expect.stringMatching(/between -180 and 180/)]);
  });

  it('shows where an error arose only when asked to', async () => {
    const { err } = await imaging('info', scratch.at('gone.tif'), '--debug');
    expect(err).toMatch(/^\s+at /m);
  });
});

describe('memory', () => {
  it('is stated, and more than is allowed is refused before anything is read', async () => {
    await writeStack(scratch.at('in.tif'), good);
    const { code, err } = await refusal(
      'deskew',
      scratch.at('in.tif'),
      scratch.at('out.tif'),
      ...where,
      '--memory',
      '50MB',
    );
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/about \d+ MB of memory are needed and 50 MB allowed/),
    ]);
  });

  it('is kept to by deskewing a few planes at a time, with the same result', async () => {
    await writeStack(scratch.at('in.tif'), { ...good, nx: 96, ny: 96, nz: 24 });
    const all = await imaging('deskew', scratch.at('in.tif'), scratch.at('all.tif'), ...where);
    const few = await imaging(
      'deskew',
      scratch.at('in.tif'),
      scratch.at('few.tif'),
      ...where,
      '--memory',
      '81MB',
    );
    expect([all.code, few.code]).toEqual([0, 0]);
    // 80 MB are the program's own; what the 24 planes need together is more than 1 MB.
    expect(all.err).toMatch(/about 8[3-9] MB needed/);
    expect(few.err).toMatch(/about 8[01] MB needed, 81 MB allowed/);
    expect((await readFile(scratch.at('few.tif'))).equals(await readFile(scratch.at('all.tif')))).toBe(true);
  });

  it('is given as an amount', async () => {
    await writeStack(scratch.at('in.tif'), good);
    const { code, err } = await refusal(
      'deskew',
      scratch.at('in.tif'),
      scratch.at('out.tif'),
      ...where,
      '--memory',
      'lots',
    );
    expect([code, err]).toEqual([2, expect.stringMatching(/--memory wants an amount such as 4GB/)]);
  });
});

describe('hostile file names', () => {
  it.each(hostileNames)('go in and out unchanged: %j', async (name) => {
    await writeStack(scratch.at(`${name}.tif`), good);
    const result = await imaging(
      'deskew',
      scratch.at(`${name}.tif`),
      scratch.at(`out ${name}.tif`),
      ...where,
    );
    expect(result.code).toBe(0);
    expect(await scratch.list()).toEqual([`${name}.tif`, `out ${name}.tif`].sort());
    const gone = await refusal('info', scratch.at(`${name}.gone`));
    expect(gone.code).toBe(1);
  });
});

describe('names in the working folder', () => {
  it.each(['./-x.tif', './--angle', "'quoted'", '"quoted"', '007', '1e3', 'a=b', 'x.y.z'])(
    'are taken as they are typed: %s',
    async (name) => {
      const home = process.cwd();
      await mkdir(scratch.at('here'));
      process.chdir(scratch.at('here'));
      try {
        await writeStack(`./${name}`, good);
        const result = await imaging('split', name, './out.tif');
        expect(result).toEqual({ code: 0, out: '', err: '' });
      } finally {
        process.chdir(home);
      }
    },
  );
});
