import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const bundle = fileURLToPath(new URL('../../dist/bundle/', import.meta.url));

interface Loader {
  loadBundle(
    folder: string,
    entry: string,
    onScript?: (name: string, script: unknown, fromCache: boolean) => void,
  ): unknown;
}

const { loadBundle }: Loader = await import(pathToFileURL(join(bundle, 'load.mjs')).href);

/** One file of the bundle with its cache, in a folder of its own. */
function aside(): string {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['suggest.cjs', 'suggest.cjs.cache'])
    copyFileSync(join(bundle, name), join(folder, name));
  return folder;
}

/** What the file exports, and whether its cache served. */
function load(folder: string): {
  readonly names: readonly string[];
  readonly fromCache: boolean | undefined;
} {
  let served: boolean | undefined;
  const exported = loadBundle(folder, 'suggest.cjs', (_name, _script, fromCache) => {
    served = fromCache;
  });
  return { names: Object.keys(exported ?? {}), fromCache: served };
}

test('a start takes what V8 made of each file when it was built', () => {
  const seen = new Map<string, boolean>();
  loadBundle(bundle, 'cli.cjs', (name, _script, fromCache) => seen.set(name, fromCache));
  expect(seen.size).toBeGreaterThan(1);
  expect([...seen].filter(([, fromCache]) => !fromCache)).toEqual([]);
});

test('a file that was changed since is read anew, also where its length is the same', () => {
  const folder = aside();
  const { names, fromCache } = load(folder);
  expect(fromCache).toBe(true);
  const [name = ''] = names;
  const other = 'z'.repeat(name.length);
  const path = join(folder, 'suggest.cjs');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(name, other));
  expect(load(folder)).toEqual({
    names: names.map((each) => (each === name ? other : each)),
    fromCache: false,
  });
});

test('a cache that is damaged, cut short, empty or not there is passed over', () => {
  const folder = aside();
  const path = join(folder, 'suggest.cjs.cache');
  const { names } = load(folder);
  const whole = readFileSync(path);
  const flipped = Buffer.from(whole);
  flipped.writeUInt8(flipped.readUInt8(whole.length - 20) ^ 1, whole.length - 20);
  for (const bytes of [flipped, whole.subarray(0, whole.length - 1), Buffer.alloc(0)]) {
    writeFileSync(path, bytes);
    expect(load(folder)).toEqual({ names, fromCache: false });
  }
  rmSync(path);
  expect(load(folder)).toEqual({ names, fromCache: false });
});

test('a cache that was made on another kind of machine is passed over', () => {
  const folder = aside();
  const { names } = load(folder);
  const { arch } = process;
  onTestFinished(() => {
    Object.defineProperty(process, 'arch', { value: arch });
  });
  Object.defineProperty(process, 'arch', { value: 'another' });
  expect(load(folder)).toEqual({ names, fromCache: false });
});
