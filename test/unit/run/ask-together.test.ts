import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { Backend, LocalTransport, slurmBatch } from '../../../src/backends/index.ts';
import type { Site } from '../../../src/model/index.ts';
import { type Ask, askTogether } from '../../../src/run/ask-together.ts';
import { localSite } from '../../../src/sites/index.ts';

const here = localSite('/work');
const site: Site = {
  ...here,
  name: 'bed',
  batch: 'slurm',
  transport: { kind: 'openssh', host: 'login' },
  limits: { ...here.limits, pollShortest: 30 },
};
const folder = mkdtempSync(join(tmpdir(), 'espalier-ask-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let home = '';
let nowMs = 0;
/** When the cluster was asked. */
let asked: number[] = [];
let answer: () => Promise<string | undefined>;
/** Whether a person wants to leave. */
let leaves: boolean;
/** What happens while somebody waits. */
let meanwhile: (ms: number) => unknown;

beforeEach(() => {
  home = mkdtempSync(join(folder, 'home-'));
  nowMs = 1_000_000;
  asked = [];
  leaves = false;
  meanwhile = (ms) => {
    nowMs += ms;
  };
  answer = async () => '7_0|RUNNING|None|r.a1|cn1\n8_0|PENDING|Priority|r.a2|\n@@ 0\n';
});

/** Another process's espalier; the cluster is a stand-in, and so is the clock. */
function follower(at: Site = site): Ask {
  const backend = new Backend(slurmBatch(at), new LocalTransport());
  backend.ask = async () => {
    asked.push(nowMs);
    return answer();
  };
  const sleep = async (ms: number): Promise<void> => {
    await meanwhile(ms);
    await new Promise(setImmediate);
  };
  const settings = { home, host: 'laptop', clock: () => nowMs };
  return askTogether({ backend, site: at, settings, sleep, leaves: () => leaves });
}

const one = { natives: ['7_0'], tokens: ['r.a1'], ageSeconds: 1 };
const two = { natives: ['8_0'], tokens: ['r.a2'], ageSeconds: 1 };

it('two who follow runs at a site share an answer, each its own rows, until it is as old as the pause', async () => {
  const [a, b] = [follower(), follower()];
  expect([...((await a(one, 0))?.listing.alive ?? [])]).toEqual(['7_0']);
  nowMs += 29_999;
  const seen = await b(two, 0);
  expect([...(seen?.listing.alive ?? [])]).toEqual(['8_0']);
  expect([seen?.askedMs, asked]).toEqual([1_000_000, [1_000_000]]);
  nowMs += 1;
  expect((await b(two, 0))?.askedMs).toBe(1_030_000);
});

it('an answer from before a submission, or one seen already, is not taken', async () => {
  await follower()(one, 0);
  nowMs += 5000;
  expect((await follower()(two, 1_000_000))?.askedMs).toBe(1_005_000);
  expect(asked).toHaveLength(2);
});

it('who comes while another one asks waits for its answer', async () => {
  let give: (text: string) => void = () => undefined;
  const given = new Promise<string>((resolve) => {
    give = resolve;
  });
  const usual = await answer();
  answer = () => given;
  const first = follower()(one, 0);
  const second = follower()(two, 0);
  // Until the one that asks has written its answer, however slow the disk: the other's clock stands.
  meanwhile = () => {
    give(usual ?? '');
    return Promise.race([first, second]);
  };
  expect((await first)?.listing.alive.has('7_0')).toBe(true);
  expect((await second)?.listing.alive.has('8_0')).toBe(true);
  expect(asked).toHaveLength(1);
});

it('an answer that is none is not shared, and the next one asks', async () => {
  answer = async () => undefined;
  expect(await follower()(one, 0)).toBeUndefined();
  answer = async () => '7_0|RUNNING|None|r.a1|cn1\n';
  expect(await follower()(one, 0)).toBeUndefined();
  answer = async () => '@@ 0\n';
  expect((await follower()(one, 0))?.listing.alive.size).toBe(0);
  expect(asked).toHaveLength(3);
});

it('an answer to another login is not taken', async () => {
  await follower()(one, 0);
  await follower({ ...site, transport: { kind: 'openssh', host: 'login', user: 'carl' } })(one, 0);
  expect(asked).toHaveLength(2);
});

it('one that died while it asked holds up nobody, one that hangs no longer than the pause', async () => {
  mkdirSync(join(home, 'listings'));
  const turn = join(home, 'listings/bed.asking');
  writeFileSync(turn, '4194305'); // above the highest number that a process can have
  expect(await follower()(one, 0)).toBeDefined();
  expect(asked[0]).toBeLessThan(1_001_000);
  nowMs = 2_000_000;
  writeFileSync(turn, String(process.pid));
  expect(await follower()(one, 0)).toBeDefined();
  expect(asked[1]).toBe(2_030_000);
});

it('who leaves waits for nobody, and asks nothing more', async () => {
  mkdirSync(join(home, 'listings'));
  writeFileSync(join(home, 'listings/bed.asking'), String(process.pid));
  meanwhile = (ms) => {
    nowMs += ms;
    leaves = true;
  };
  expect(await follower()(one, 0)).toBeUndefined();
  expect([asked, nowMs < 1_001_000]).toEqual([[], true]);
});

it('where no answer can be kept, each asks for itself', async () => {
  writeFileSync(join(home, 'listings'), 'a file, where a folder should be');
  expect(await follower()(one, 0)).toBeDefined();
  expect(await follower()(one, 0)).toBeDefined();
  expect(asked).toHaveLength(2);
});

it('answers are for their owner alone', async () => {
  await follower()(one, 0);
  const modes = ['listings', 'listings/bed.json'].map((name) => statSync(join(home, name)).mode & 0o777);
  expect(modes).toEqual([0o700, 0o600]);
});
