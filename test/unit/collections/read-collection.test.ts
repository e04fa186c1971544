import { Buffer } from 'node:buffer';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type CollectionRequest, collectionLimits, readCollection } from '../../../src/collections/index.ts';
import { writeTiff } from '../../../src/formats/index.ts';
import { hostileNames } from '../../hostile-names.ts';

const root = mkdtempSync(join(tmpdir(), 'espalier-collection-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new folder holding the named files with the given content. */
function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const filesOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));

function read(folder: string, request: Partial<CollectionRequest>, limits = collectionLimits) {
  const whole: CollectionRequest = { name: 'raw', role: 'data', split: [], ...request };
  return readCollection(whole, { dataFolder: folder, workflowFolder: folder, site: 'here', limits });
}

async function items(folder: string, request: Partial<CollectionRequest>) {
  const found = await read(folder, request);
  if (!found.ok) throw new Error(found.problems.map(({ message }) => message).join('\n'));
  return found.value.items;
}

async function problems(folder: string, request: Partial<CollectionRequest>, limits = collectionLimits) {
  const found = await read(folder, request, limits);
  return found.ok ? [] : found.problems.map(({ code, message }) => `${code}: ${message}`);
}

const raw = (time: number, channel = 0, base = 'cell5') =>
  `${base}_ch${channel}_stack${String(time).padStart(4, '0')}_488nm_0000000msec_002093127${time % 10}msecAbs.tif`;

describe('readCollection by pattern', () => {
  it('gives items in natural order with label, absolute location and identity', async () => {
    const folder = folderWith(
      'natural',
      filesOf(['cell10_t1.dat', 'cell2_t10.dat', 'cell2_t9.dat', 'notes.txt']),
    );
    const found = await read(folder, { pattern: '{cell}_t{time:int}.dat' });
    expect(found).toMatchObject({
      ok: true,
      value: {
        dimensions: [
          { name: 'cell', type: 'text' },
          { name: 'time', type: 'int' },
        ],
      },
    });
    if (!found.ok) return;
    expect(found.value.items.map(({ label }) => label)).toEqual([
      'cell=cell2 time=9',
      'cell=cell2 time=10',
      'cell=cell10 time=1',
    ]);
    expect(found.value.items[0]).toMatchObject({
      location: join(folder, 'cell2_t9.dat'),
      dims: { cell: 'cell2', time: 9 },
      tags: {},
      file: { site: 'here', path: join(folder, 'cell2_t9.dat'), size: 12 },
    });
    expect(found.value.items[0]?.file.inode).toMatch(/^\d+$/);
    expect(Number.isInteger(found.value.items[0]?.file.mtimeMs)).toBe(true);
    expect(found.value.ignored).toEqual([{ path: 'notes.txt', why: 'the name does not match the pattern' }]);
  });

  it('orders by the values of dimensions, not by how they are written', async () => {
    const folder = folderWith('negative', filesOf(['-1.dat', '-2.dat', '1.dat']));
    expect((await items(folder, { pattern: '{x:int}.dat' })).map(({ dims }) => dims.x)).toEqual([-2, -1, 1]);
  });

  it('looks into folders as deep as the pattern says, below `in`', async () => {
    const folder = folderWith('deep', filesOf(['x/a/1.dat', 'x/b/c/2.dat', 'x/3.dat', 'y/a/4.dat']));
    expect((await items(folder, { in: 'x', pattern: '{day}/{n:int}.dat' })).map(({ dims }) => dims)).toEqual([
      { day: 'a', n: 1 },
    ]);
    expect((await items(folder, { in: 'x', pattern: '**/{n:int}.dat' })).map(({ dims }) => dims)).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  it('carries every hostile name through', async () => {
    const folder = folderWith('hostile', filesOf(hostileNames.map((name) => `${name}_ch1.dat`)));
    const found = await items(folder, { pattern: '{cell}_ch{channel:int}.dat' });
    const visible = hostileNames.filter((name) => !name.startsWith('.'));
    expect(found.map(({ dims }) => dims.cell).sort()).toEqual([...visible].sort());
    expect(new Set(found.map(({ label }) => label)).size).toBe(visible.length);
    for (const { label } of found)
      expect(['\n', '\r', '\u001b'].some((bad) => label.includes(bad))).toBe(false);
  });

  it('leaves hidden files out and says so', async () => {
    const folder = folderWith('hidden', filesOf(['a.dat', '._a.dat']));
    const found = await read(folder, { pattern: '{cell}.dat' });
    expect(found.ok && found.value.ignored).toEqual([{ path: '._a.dat', why: 'a hidden file' }]);
  });

  it('refuses by name a file whose name is not UTF-8, where it is meant', async () => {
    const folder = folderWith('latin', filesOf(['good.dat']));
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9), Buffer.from('.dat')]), 'x');
    expect(await problems(folder, { pattern: '{cell}.dat' })).toEqual([
      'name-not-utf8: collection `raw`: the names of 1 files are not UTF-8: `caf\ufffd.dat`',
    ]);
    const other = await read(folder, { pattern: 'g{cell}.dat' });
    expect(other.ok && other.value.ignored).toEqual([
      { path: 'caf\ufffd.dat', why: 'its name is not UTF-8' },
    ]);
  });

  it('refuses files with the same dimensions and lists them', async () => {
    const folder = folderWith('same', filesOf(['a_1.dat', 'a_01.dat', 'b_1.dat']));
    expect(await problems(folder, { pattern: '{cell}_{n:int}.dat' })).toEqual([
      'duplicate-item: collection `raw`: files with the same dimensions: `a_01.dat`, `a_1.dat`',
    ]);
  });

  it('says what it saw where nothing matches, and which folder is not there', async () => {
    const folder = folderWith('nothing', filesOf(['a.dat']));
    expect((await problems(folder, { pattern: '{cell}.tif' }))[0]).toContain(
      'it holds 1 files such as `a.dat`',
    );
    expect((await problems(join(folder, 'gone'), { pattern: '{cell}.tif' }))[0]).toContain('does not exist');
    expect((await problems(join(folder, 'a.dat'), { pattern: '{cell}.tif' }))[0]).toContain(
      'is not a folder',
    );
  });

  it('gives problems the place of the collection in the workflow', async () => {
    const place = { file: 'w.yaml', line: 3, column: 5, length: 3, source: 'raw: { pattern: "{a" }' };
    const found = await read(root, { pattern: '{a', place });
    expect(found.ok ? [] : found.problems).toMatchObject([{ code: 'open-brace', place }]);
  });

  it('follows links but not in circles, and names links that lead nowhere', async () => {
    const folder = folderWith('links', filesOf(['real/1.dat']));
    symlinkSync(folder, join(folder, 'real', 'up'));
    symlinkSync(join(folder, 'gone'), join(folder, 'broken'));
    symlinkSync('self', join(folder, 'self'));
    symlinkSync(join(folder, 'real', '1.dat'), join(folder, '2.dat'));
    const found = await read(folder, { pattern: '**/{n:int}.dat' });
    expect(found.ok && found.value.items.map(({ dims }) => dims.n)).toEqual([1, 2]);
    expect(found.ok && found.value.ignored).toEqual([
      { path: 'broken', why: 'a link that leads nowhere' },
      { path: 'real/up/', why: 'a link that leads back to a folder above it' },
      { path: 'self', why: 'a link that leads nowhere' },
    ]);
  });

  it('stops at the number of files it may look at', async () => {
    const folder = folderWith('many', filesOf(['1.dat', '2.dat', '3.dat']));
    const limits = { ...collectionLimits, files: 2 };
    expect((await problems(folder, { pattern: '{n:int}.dat' }, limits))[0]).toContain(
      'holds more than 2 files',
    );
  });
});

const settings = [
  '***** ***** ***** Waveform ***** ***** *****',
  'S PZT Offset, Interval (um), # of Pixels for Excitation (0) :\t52\t-0.4\t2',
  'Excitation Filter, Laser, Power (%), Exp(ms) (0) :\tN/A\t488\t5\t18',
  'Z motion :\tSample piezo',
  '***** ***** *****   Camera  ***** ***** *****',
  'Model :\tC11440-22C',
  'ROI :\tLeft=1 Top=1 Right=4 Bot=3',
  '***** ***** *****   .ini File  ***** ***** *****',
  '[Detection optics]',
  'Magnification = 62.5',
  '[Hamamatsu Camera Settings]',
  'Orca4.0 : Image Transform (None) = "None"',
  '[Sample stage]',
  'Angle between stage and bessel beam (deg) = 31.5',
].join('\r\n');

describe('readCollection of microscope names', () => {
  it('keeps raw stacks, with dimensions from the names, and tells why others are ignored', async () => {
    const names = [
      raw(10),
      raw(2),
      raw(2, 1),
      raw(2).replace('.tif', '_deskewed.tif'),
      'cell5_Settings.txt',
      'readme',
    ];
    const folder = folderWith('janelia', filesOf(names));
    const found = await read(folder, { pattern: 'janelia' });
    if (!found.ok) throw new Error(JSON.stringify(found.problems));
    expect(found.value.dimensions.map(({ name }) => name)).toEqual(['base', 'channel', 'wave', 'time']);
    expect(found.value.items.map(({ dims }) => dims)).toEqual([
      { base: 'cell5', channel: 0, wave: 488, time: 2 },
      { base: 'cell5', channel: 0, wave: 488, time: 10 },
      { base: 'cell5', channel: 1, wave: 488, time: 2 },
    ]);
    expect(found.value.ignored.map(({ why }) => why)).toEqual([
      'a settings file, read for its metadata',
      'a processed file, since `_deskewed` follows the raw name',
      'not the name of a raw stack',
    ]);
  });

  it('refuses a folder in which an acquisition was started again', async () => {
    const first = raw(3);
    const again = first.replace('0020931273', '0099999999');
    const folder = folderWith('restarted', filesOf([first, again, raw(4)]));
    const found = await read(folder, { pattern: 'janelia' });
    expect(found.ok ? [] : found.problems).toMatchObject([
      { code: 'duplicate-item', hint: expect.stringContaining('restarted in the same folder') },
    ]);
    expect((await problems(folder, { pattern: 'janelia' }))[0]).toContain(`\`${first}\`, \`${again}\``);
  });

  it('refuses a name whose times disagree', async () => {
    const name = 'Scan_Iter_0001_ch0_stack0000_488nm_0000000msec_0005695970msecAbs_000x_000y_000z_0002t.tif';
    const folder = folderWith('disagree', filesOf([name]));
    expect((await problems(folder, { pattern: 'janelia' }))[0]).toContain(
      "Iter says 1 but the tile's frame says 2",
    );
  });

  it('takes the folders above as dimensions', async () => {
    const folder = folderWith('folders', filesOf([`mon/${raw(1)}`, `tue/${raw(1)}`, raw(1)]));
    const days = await items(folder, { pattern: '{day}/janelia' });
    expect(days.map(({ dims }) => dims.day)).toEqual(['mon', 'tue']);
    const all = await items(folder, { pattern: '**/janelia' });
    expect(all.map(({ dims }) => dims.folder)).toEqual(['.', 'mon', 'tue']);
  });

  it('adds what the settings file of the folder says, with the line it was read from', async () => {
    const folder = folderWith('settings', { [raw(1)]: 'x'.repeat(48), 'cell5_Settings.txt': settings });
    const [item] = await items(folder, { pattern: 'janelia' });
    const step = 'cell5_Settings.txt: S PZT Offset, Interval (um), # of Pixels for Excitation (0)';
    expect(item?.acquisition).toMatchObject({
      angle: {
        value: 31.5,
        unit: 'deg',
        source: 'cell5_Settings.txt: [Sample stage] Angle between stage and bessel beam (deg)',
      },
      dz: { value: 0.4, unit: 'um', source: step },
      direction: { value: -1, source: step },
      dr: { value: 0.104, unit: 'um' },
      planes: { value: 2, source: step },
      scan: { value: 'sample', source: 'cell5_Settings.txt: Z motion' },
      wavelength: { value: 488, unit: 'nm' },
      width: { value: 4 },
      height: { value: 3 },
    });
  });

  it('warns of a stack shorter than its settings say, and keeps it', async () => {
    const folder = folderWith('short', { [raw(1)]: 'x'.repeat(47), 'cell5_Settings.txt': settings });
    const found = await read(folder, { pattern: 'janelia' });
    expect(found.ok && found.value.items.length).toBe(1);
    expect(found.ok && found.warnings.map(({ message, severity }) => [severity, message])).toEqual([
      [
        'warning',
        expect.stringContaining(
          'is incomplete: it has 47 bytes where 4 × 3 × 2 pixels of the settings file need 48',
        ),
      ],
    ]);
  });

  it('does not lend the settings of the data to a PSF beside them', async () => {
    const folder = folderWith('psf', { 'psf_ch0.dat': 'x', 'cell5_Settings.txt': settings });
    const [item] = await items(folder, { pattern: 'psf_ch{channel:int}.dat', role: 'calibration' });
    expect(item?.acquisition).toEqual({});
  });
});

describe('readCollection with TIFF headers', () => {
  const plane = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const header = {
    width: 3,
    height: 2,
    sizes: { z: 2, c: 2, t: 3 },
    pixelType: 'uint8',
    voxel: { x: 0.1, y: 0.1, z: 0.5 },
  } as const;
  const twelve = Array.from({ length: 12 }, () => plane);

  it('takes sizes and voxel from ImageJ and OME headers, with the source', async () => {
    const folder = folderWith('headers', {});
    await writeTiff(join(folder, 'a.tif'), header, twelve);
    await writeTiff(join(folder, 'b.ome.tif'), header, twelve);
    const found = await items(folder, { pattern: '{cell}.tif' });
    expect(found.map(({ acquisition }) => [acquisition.dr, acquisition.dz])).toEqual([
      [
        { value: 0.1, unit: 'um', source: 'a.tif: ImageJ unit' },
        { value: 0.5, unit: 'um', source: 'a.tif: ImageJ unit' },
      ],
      [
        { value: 0.1, unit: 'um', source: 'b.ome.tif: OME PhysicalSize' },
        { value: 0.5, unit: 'um', source: 'b.ome.tif: OME PhysicalSize' },
      ],
    ]);
    expect(found[0]?.acquisition).toMatchObject({
      planes: { value: 2 },
      times: { value: 3 },
      channels: { value: 2 },
      width: { value: 3 },
    });
    expect(found[0]?.acquisition).not.toHaveProperty('angle');
  });

  it('asks the header for what the settings file does not say, and believes the settings where both speak', async () => {
    const folder = folderWith('both', { 'a_Settings.txt': settings.replace('C11440', 'Unknown') });
    await writeTiff(join(folder, 'a.tif'), header, twelve);
    const [item] = await items(folder, { pattern: '{cell}.tif' });
    expect(item?.acquisition.dr).toEqual({ value: 0.1, unit: 'um', source: 'a.tif: ImageJ unit' });
    expect(item?.acquisition.dz).toMatchObject({
      value: 0.4,
      source: expect.stringContaining('a_Settings.txt: S PZT'),
    });
  });

  it('splits a hyperstack into one item per time and channel of the same file', async () => {
    const folder = folderWith('split', {});
    await writeTiff(join(folder, 'a.tif'), header, twelve);
    const found = await items(folder, { pattern: '{cell}.tif', split: ['time', 'channel'] });
    expect(found.map(({ label }) => label)).toEqual(
      [0, 1, 2].flatMap((time) => [0, 1].map((channel) => `cell=a time=${time} channel=${channel}`)),
    );
    expect(new Set(found.map(({ location }) => location))).toEqual(new Set([join(folder, 'a.tif')]));
  });

  it('refuses to split by a dimension that the names give, or a file it cannot read, or into too many', async () => {
    const folder = folderWith('split-bad', { 't2.tif': 'no image' });
    await writeTiff(join(folder, 't1.tif'), header, twelve);
    expect(
      (await problems(folder, { pattern: 't{time:int}.tif', split: ['time'] })).map(
        (text) => text.split(':')[0],
      ),
    ).toEqual(['split-twice', 'split-unreadable']);
    const limits = { ...collectionLimits, items: 5 };
    expect((await problems(folder, { pattern: 't1.tif', split: ['time', 'channel'] }, limits))[0]).toContain(
      'splitting makes 6 items',
    );
  });

  it('warns of the first ten faulty files in full and counts the others', async () => {
    const folder = folderWith('faults', filesOf(Array.from({ length: 12 }, (_, n) => `${n}.tif`)));
    const found = await read(folder, { pattern: '{n:int}.tif' });
    expect(found.ok && found.value.items.length).toBe(12);
    expect(found.ok && found.warnings.map(({ message }) => message).slice(9)).toEqual([
      expect.stringContaining('is not a TIFF'),
      'collection `raw`: and 2 more files with faults',
    ]);
  });

  it('warns of a file that is cut short', async () => {
    const folder = folderWith('cut', { 'a.tif': 'II*\0' });
    const found = await read(folder, { pattern: '{cell}.tif' });
    expect(found.ok && found.warnings[0]?.message).toContain('a.tif` is not a TIFF');
  });
});

describe('readCollection by table', () => {
  it('takes rows as items, with paths relative to the table', async () => {
    const folder = folderWith('table', {
      'lists/t.csv': 'file,cell:text,dose\n../b.dat,b,2\n../a.dat,a,10\n',
      ...filesOf(['a.dat', 'b.dat']),
    });
    const found = await items(folder, { table: 'lists/t.csv' });
    expect(found.map(({ label, location, tags, row }) => [label, location, tags, row])).toEqual([
      ['cell=a', join(folder, 'a.dat'), { dose: 10 }, 3],
      ['cell=b', join(folder, 'b.dat'), { dose: 2 }, 2],
    ]);
  });

  it('names the rows whose files are missing, and a table that is', async () => {
    const folder = folderWith('table-bad', { 't.csv': 'file\na.dat\ngone.dat\n', 'a.dat': 'x' });
    expect(await problems(folder, { table: 't.csv' })).toEqual([
      'missing-file: collection `raw`: 1 files do not exist or may not be read: `gone.dat (row 3)`',
    ]);
    expect((await problems(folder, { table: 'none.csv' }))[0]).toContain('none.csv` cannot be read');
  });
});
