import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalTransport, listSite } from '../../../src/backends/index.ts';

const options = { depth: 2, contentsOf: '*[Ss]ettings.txt', largest: 1000 };

/** The listing's own shell text, run on this machine. */
describe('the files of a folder on a site', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'espalier-list-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (name: string | Buffer, content = 'x'): void => {
    const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
    mkdirSync(path.subarray(0, path.lastIndexOf(0x2f)), { recursive: true });
    writeFileSync(path, content);
  };
  const list = () => listSite(new LocalTransport(), folder, options);
  const names = async (): Promise<readonly string[]> => (await list()).files.map(({ path }) => path);

  it('come in the order of their bytes, with size, time and inode', async () => {
    for (const name of ['b.tif', 'a/z.tif', 'a.tif', 'Z.tif', "it's $(1) \\ \n x.tif"]) put(name);
    put('c.tif', 'four');
    utimesSync(join(folder, 'c.tif'), 1_700_000_000, 1_700_000_000.25);
    expect(await names()).toEqual(['Z.tif', 'a.tif', 'a/z.tif', 'b.tif', 'c.tif', "it's $(1) \\ \n x.tif"]);
    const { files } = await list();
    expect(files.find(({ path }) => path === 'c.tif')).toEqual({
      path: 'c.tif',
      isText: true,
      isFile: true,
      size: 4,
      mtimeMs: 1_700_000_000_250,
      inode: String(statSync(join(folder, 'c.tif')).ino),
    });
  });

  it('come the same among names that are not plain letters, and names that are no text are told apart', async () => {
    for (const name of ['é.tif', 'b.tif', '\u{ffff}.tif', '\u{1f52c}.tif']) put(name);
    put(Buffer.from([0xff, 0x2e, 0x74]));
    // By bytes: U+FFFF before what stands outside the first plane.
    expect(await names()).toEqual(['b.tif', 'é.tif', '\u{ffff}.tif', '\u{1f52c}.tif', '\u{fffd}.t']);
    expect((await list()).files.map(({ isText }) => isText)).toEqual([true, true, true, true, false]);
  });

  it('bring the contents of small metadata files, whatever these hold', async () => {
    put('a.tif');
    put('Settings.txt', '@@ 3 b.tif\0f 1 2.0 3 c.tif\0');
    put('sub/settings.txt', 'two');
    put('large Settings.txt', 'x'.repeat(3000));
    for (const more of ['é.tif', 'd.tif']) {
      const { contents, files } = await list();
      expect([...contents].map(([path, bytes]) => [path, bytes.toString()]).sort()).toEqual([
        ['Settings.txt', '@@ 3 b.tif\0f 1 2.0 3 c.tif\0'],
        ['sub/settings.txt', 'two'],
      ]);
      expect(files.map(({ path }) => path)).not.toContain('c.tif');
      put(more);
    }
  });

  it('are none in an empty folder, and links count as what they lead to', async () => {
    expect(await names()).toEqual([]);
    put('a.tif');
    symlinkSync('a.tif', join(folder, 'link.tif'));
    symlinkSync('nowhere', join(folder, 'broken.tif'));
    const { files } = await list();
    expect(files.filter(({ isFile }) => isFile).map(({ path }) => path)).toEqual(['a.tif', 'link.tif']);
  });
});
