import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/backends/index.ts';
import { shellQuote } from '../../src/templates/index.ts';
import { hostileNames } from '../hostile-names.ts';
import { until } from './wrapper-bench.ts';

export interface Opened {
  readonly open: () => Transport;
  /** A folder there on a disk of 64 KiB; absent where there is none to fill. */
  readonly smallDisk?: string;
  /** Whether its connection can be cut from inside. */
  readonly remote: boolean;
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** What every way of reaching a site does alike. All that is looked at is looked at through the transport itself. */
export function transportContract(name: string, { open, smallDisk, remote }: Opened): void {
  describe(`a transport: ${name}`, () => {
    let transport: Transport;
    let folder = '';
    let here = '';
    const lines = async (script: string): Promise<readonly string[]> =>
      (await transport.run(script)).stdout.split('\n').slice(0, -1);
    beforeAll(async () => {
      transport = open();
      here = mkdtempSync(join(tmpdir(), 'espalier-here-'));
      folder = (await transport.run('mktemp -d')).stdout.trim();
      expect(folder).toMatch(/^\//);
    });
    afterAll(async () => {
      await transport.run(`rm -rf -- ${shellQuote(folder)}`);
      await transport.close();
      rmSync(here, { recursive: true, force: true });
    });

    it('runs shell text and tells what came of it', async () => {
      const { code, stdout, stderr } = await transport.run('echo out; echo err >&2; exit 7');
      expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
      expect((await transport.run("sh -c 'kill -9 $$'")).code).toBe(137);
      expect((await transport.run('exit 255')).code).toBe(255);
      expect((await transport.run('cat; echo "$0"', { stdin: 'given\n' })).stdout).toContain('given\n');
    });

    it('keeps hostile words as they are', async () => {
      const script = hostileNames.map((each) => `printf '%s\\0' ${shellQuote(each)}`).join('\n');
      expect((await transport.run(script)).stdout.split('\0').slice(0, -1)).toEqual(hostileNames);
      expect(existsSync('pwned')).toBe(false);
    });

    it('takes scripts longer than one argument may be', async () => {
      expect((await transport.run(`: ${'x'.repeat(300_000)}\necho end`)).stdout).toBe('end\n');
    });

    it('hands over bytes, and a hundred megabytes of them', async () => {
      const { bytes } = await transport.run(`printf '\\377\\000\\200'`);
      expect([...bytes]).toEqual([255, 0, 128]);
      expect((await transport.run('head -c 100000000 /dev/zero')).bytes).toHaveLength(100_000_000);
    });

    it('gives up on a command that takes too long, and serves the next', async () => {
      const endless = 'while :; do sleep 0.05; done';
      await expect(transport.run(endless, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'too-slow' });
      expect((await transport.run('echo next')).stdout).toBe('next\n');
    });

    it('runs more commands at once than a server takes', async () => {
      const all = Array.from({ length: 30 }, (_, i) => transport.run(`echo ${i}`));
      expect((await Promise.all(all)).map(({ stdout }) => Number(stdout))).toEqual(all.map((_, i) => i));
    });

    it('puts files whole, in folders of their own, for us alone', async () => {
      const deep = join(folder, "deep/it's $(here)");
      await transport.put([
        { path: join(deep, 'script'), content: '#!/bin/sh\n', executable: true },
        { path: join(folder, 'deep/bytes'), content: new Uint8Array([1, 255]) },
      ]);
      expect(await lines(`cd ${shellQuote(deep)} && stat -c %a script .. . && ls -A ..`)).toEqual([
        '700',
        '700',
        '700',
        'bytes',
        "it's $(here)",
      ]);
      expect([...((await transport.read(join(folder, 'deep/bytes'))) ?? [])]).toEqual([1, 255]);
    });

    it.each([
      [{}, 'abcdef'],
      [{ offset: 2 }, 'cdef'],
      [{ offset: 2, limit: 3 }, 'cde'],
      [{ offset: 9 }, ''],
      [{ limit: 0 }, ''],
    ])('reads the range %j', async (range, text) => {
      await transport.put([{ path: join(folder, 'file'), content: 'abcdef' }]);
      const read = await transport.read(join(folder, 'file'), range);
      expect(Buffer.from(read ?? []).toString()).toBe(text);
    });

    it('tells a file that is not there from one that cannot be read', async () => {
      expect(await transport.read(join(folder, 'nothing'))).toBeUndefined();
      await expect(transport.read(folder)).rejects.toMatchObject({ code: 'cannot-read' });
    });

    it('sends and fetches files by their sha256, under any name', async () => {
      const bytes = Buffer.alloc(3_000_000, 'espalier\0\xff', 'latin1');
      writeFileSync(join(here, 'sent'), bytes);
      for (const each of hostileNames.slice(0, 8)) {
        const there = join(folder, 'sent', each);
        await transport.upload(join(here, 'sent'), there, sha256(bytes));
        expect(await transport.download(there, join(here, 'got'))).toBe(sha256(bytes));
      }
      expect(readFileSync(join(here, 'got')).equals(bytes)).toBe(true);
    });

    it('fetches a file with the content that is wanted or not at all, and gives the one it has', async () => {
      const there = join(folder, 'one');
      await transport.put([{ path: there, content: 'as it is' }]);
      const to = join(here, 'fetched one');
      expect(await transport.download(there, to, sha256('as it was'))).toBe(sha256('as it is'));
      expect(readdirSync(here).filter((name) => name.startsWith('fetched one'))).toEqual([]);
      expect(await transport.download(there, to, sha256('as it is'))).toBe(sha256('as it is'));
      expect(readFileSync(to, 'utf8')).toBe('as it is');
    });

    it('leaves nothing where what arrived is not what was sent', async () => {
      writeFileSync(join(here, 'changed'), 'changed');
      const sent = transport.upload(join(here, 'changed'), join(folder, 'other/file'), sha256('as it was'));
      await expect(sent).rejects.toThrow();
      expect(await lines(`ls -A ${shellQuote(join(folder, 'other'))}`)).toEqual([]);
    });

    it('sends many small files in one stream, and fetches them in one, under any name', async () => {
      const names = [...hostileNames, 'empty'];
      const files = names.map((name, i) => {
        const content = name === 'empty' ? '' : `content ${i} of\n`;
        const localPath = join(here, `small-${i}`);
        writeFileSync(localPath, content);
        return { localPath, sitePath: join(folder, 'many', name), sha256: sha256(content) };
      });
      await transport.uploadMany(files);
      const wanted = files.map(({ sitePath }, i) => ({ sitePath, localPath: join(here, `back/${i}`) }));
      const none = { sitePath: join(folder, 'many/not there'), localPath: join(here, 'back/none') };
      expect(await transport.downloadMany([none, ...wanted])).toEqual([
        undefined,
        ...files.map((each) => each.sha256),
      ]);
      expect(readdirSync(join(here, 'back')).sort()).toEqual(files.map((_, i) => String(i)).sort());
      expect(readFileSync(join(here, 'back/1'), 'utf8')).toBe('content 1 of\n');
      expect(await transport.downloadMany([])).toEqual([]);
      const [other] = wanted.map((each) => ({
        ...each,
        localPath: join(here, 'other'),
        sha256: sha256('x'),
      }));
      expect(await transport.downloadMany(other === undefined ? [] : [other])).toEqual([files[0]?.sha256]);
      expect(existsSync(join(here, 'other'))).toBe(false);
    });

    it('puts none of many files into place that arrived as another', async () => {
      const localPath = join(here, 'changed');
      writeFileSync(localPath, 'changed');
      const sent = transport.uploadMany([
        { localPath, sitePath: join(folder, 'mixed/wrong'), sha256: sha256('as it was') },
      ]);
      await expect(sent).rejects.toThrow();
      expect(await lines(`ls -A ${shellQuote(join(folder, 'mixed'))} 2>/dev/null || :`)).toEqual([]);
    });

    it('waits for a slow answer, and gives all of it', async () => {
      const slow = 'for each in 1 2 3; do echo $each; sleep 0.3; done';
      expect((await transport.run(slow)).stdout).toBe('1\n2\n3\n');
    });

    if (smallDisk !== undefined)
      it('says that a disk is full, and leaves nothing there', async () => {
        const content = 'x'.repeat(200_000);
        writeFileSync(join(here, 'big'), content);
        const wrong = { code: 'cannot-write' };
        await expect(transport.put([{ path: join(smallDisk, 'a/put'), content }])).rejects.toMatchObject(
          wrong,
        );
        const sent = transport.upload(join(here, 'big'), join(smallDisk, 'a/sent'), sha256(content));
        await expect(sent).rejects.toMatchObject(wrong);
        const [localPath, sitePath] = [join(here, 'big'), join(smallDisk, 'a/many')];
        const many = transport.uploadMany([{ localPath, sitePath, sha256: sha256(content) }]);
        await expect(many).rejects.toMatchObject(wrong);
        expect(await lines(`find ${shellQuote(smallDisk)} -type f`)).toEqual([]);
      });

    if (remote)
      it('says that an answer was cut in the middle, and connects again', async () => {
        // The parent of the login shell is the server's own process for this connection.
        const cut = transport.run('echo begun; kill -9 $PPID; sleep 5; echo whole');
        await expect(cut).rejects.toMatchObject({ code: 'connection-lost' });
        expect((await transport.run('echo again')).stdout).toBe('again\n');
      });

    if (remote)
      it('leaves nothing of a file whose sending was cut in the middle', async () => {
        const pipe = join(here, 'pipe');
        execFileSync('mkfifo', [pipe]);
        const end = openSync(pipe, 'r+');
        try {
          writeSync(end, 'x'.repeat(40_000));
          const there = shellQuote(join(folder, 'cut'));
          const sent = transport.upload(pipe, join(folder, 'cut/file'), sha256('whatever'));
          const gone = expect(sent).rejects.toMatchObject({ code: 'connection-lost' });
          const listed = async (): Promise<number> => (await lines(`ls -A ${there} 2>/dev/null || :`)).length;
          await until(async () => (await listed()) > 0, 'the file to be begun');
          await expect(transport.run('kill -9 $PPID; sleep 5')).rejects.toThrow();
          await gone;
          await until(async () => (await listed()) === 0, 'what was begun to be removed');
        } finally {
          closeSync(end);
        }
      });

    if (remote)
      it('runs at most eight commands at once, all on one connection', async () => {
        const log = shellQuote(join(folder, 'at-once'));
        const each = `echo "+ $PPID" >>${log}; sleep 0.2; echo - >>${log}`;
        await Promise.all(Array.from({ length: 24 }, () => transport.run(each)));
        const seen = await lines(`cat ${log}`);
        let [now, most] = [0, 0];
        for (const line of seen) {
          now += line.startsWith('+') ? 1 : -1;
          most = Math.max(most, now);
        }
        expect([now, most > 1, most <= 8]).toEqual([0, true, true]);
        expect(new Set(seen.filter((line) => line.startsWith('+'))).size).toBe(1);
      });
  });
}
