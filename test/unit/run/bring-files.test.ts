import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalTransport } from '../../../src/backends/index.ts';
import { bringFiles, type WantedFile } from '../../../src/run/bring-files.ts';

describe('results that are fetched', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'espalier-bring-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A result of which the ledger knows the content `known`, and the site has `held`. */
  const result = (name: string, known: string, held = known): WantedFile => {
    const from = join(folder, `${name} on the site`);
    writeFileSync(from, held);
    const sha256 = createHash('sha256').update(known).digest('hex');
    return { from, to: join(folder, name), sha256, size: Buffer.byteLength(known) };
  };
  const bring = async (...wanted: readonly WantedFile[]): Promise<readonly string[]> => {
    const was: string[] = [];
    await bringFiles(wanted, new LocalTransport(), (file) => was.push(file.was));
    return was;
  };

  it('are left where they lie with their content, and replaced where they lie with another', async () => {
    const [first, second] = [result('a', 'first'), result('b', 'other')];
    expect(await bring(first, second)).toEqual(['fetched', 'fetched']);
    expect(await bring(first, second)).toEqual(['there', 'there']);
    // Made again since, of the same length and of another.
    expect(await bring(result('a', 'FIRST'), second)).toEqual(['there', 'fetched']);
    expect(readFileSync(first.to, 'utf8')).toBe('FIRST');
    expect(await bring(result('a', 'longer'), result('b', 'longer too'))).toEqual(['fetched', 'fetched']);
    expect(readFileSync(second.to, 'utf8')).toBe('longer too');
  });

  it.each([
    ['one', []],
    ['one among several', ['b']],
  ])('do not come with another content than the ledger knows: %s', async (_, others) => {
    const wrong = result('a', 'known', 'wrong');
    const all = [wrong, ...others.map((name) => result(name, name))];
    for (const _again of [1, 2]) {
      await expect(bring(...all)).rejects.toMatchObject({ code: 'changed-result' });
      expect(existsSync(wrong.to)).toBe(false);
    }
  });
});
