import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileIdentity, LedgerEvent } from '../../../src/model/index.ts';
import { recordSeconds } from '../../../src/provenance/project/locate.ts';
import {
  cachedIn,
  chainOfTwo,
  keyPartsOf,
  newLedger,
  scratch,
  sha,
  startRun,
  submitted,
  submitting,
  succeeded,
} from './story.ts';

const psf: FileIdentity = { site: 'local', path: '/data/psf.tif', size: 3, mtimeMs: 50_000, inode: '9' };

function hashed(file: FileIdentity, hashedMs: number): LedgerEvent {
  return { kind: 'files-hashed', files: [{ ...file, sha256: sha('psf'), hashedMs }] };
}

test('results of a content key are found with their files, the newest first', () => {
  const ledger = newLedger();
  for (const run of ['r1', 'r2']) {
    startRun(ledger, run);
    ledger.append(chainOfTwo(run));
  }
  expect(ledger.succeededByContentKey(sha('key deskew a')).map(({ from }) => from.run)).toEqual(['r2', 'r1']);
  const [, first] = ledger.succeededByContentKey(sha('key deskew a'));
  expect(first?.from).toEqual({ run: 'r1', task: 'deskew:1', attempt: 1 });
  expect(first?.outputs).toMatchObject([
    {
      role: 'image',
      site: 'local',
      path: '/runs/r1/results/deskew/a.tif',
      sha256: sha('deskewed a'),
      size: 10,
      mtimeMs: 100_250,
      inode: '11',
      state: 'present',
    },
  ]);
  expect(ledger.succeededByContentKey(sha('another'))).toEqual([]);
});

test('a cached task points at the attempt that made its result, and gets none of its own', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  ledger.append([cachedIn('r2', 'r1')]);

  const origin = { run: 'r1', task: 'deskew:1', attempt: 1 };
  expect(ledger.task('r2', 'deskew:1')).toMatchObject({
    state: 'cached',
    attempt: 0,
    cachedFrom: origin,
    why: 'plan',
  });
  expect(ledger.attempts('r2', 'deskew:1')).toEqual([]);
  const linked = ledger.artifactByPath('/runs/r2/results/deskew/a.tif');
  expect(linked?.madeBy).toEqual({ ...origin, role: 'image', byContent: false });
  expect(ledger.attempts('r1', 'deskew:1')[0]?.outputs.map(({ path }) => path)).toEqual([
    '/runs/r1/results/deskew/a.tif',
  ]);
});

test('a copy made for a cached task serves when the original is gone', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  ledger.append([cachedIn('r2', 'r1')]);
  const path = '/runs/r1/results/deskew/a.tif';
  ledger.append([{ kind: 'output-lost', run: 'r1', task: 'deskew:1', role: 'image', path, why: 'missing' }]);
  expect(
    ledger
      .succeededByContentKey(sha('key deskew a'))
      .map(({ outputs }) => outputs.map((o) => [o.path, o.state])),
  ).toEqual([[['/runs/r2/results/deskew/a.tif', 'present']], [[path, 'missing']]]);
});

test('a task found cached by its node keeps the attempt that found it', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  ledger.append([submitting('r2', 'b1', ['deskew:1']), submitted('r2', 'b1'), cachedIn('r2', 'r1', 'node')]);
  expect(ledger.task('r2', 'deskew:1')).toMatchObject({ state: 'cached', attempt: 1, why: 'node' });
  expect(ledger.attempts('r2', 'deskew:1').map(({ state, outputs }) => [state, outputs])).toEqual([
    ['cached', []],
  ]);
  expect(ledger.openArrays('r2')).toEqual([]);
});

test('candidates of a static key come with what they read', () => {
  const ledger = newLedger();
  const plan = startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  const key = plan.tasks.find(({ id }) => id === 'deconvolve:1')?.staticKey ?? '';
  const [candidate, ...others] = ledger.candidatesFor(key, 'a');
  expect(others).toEqual([]);
  expect(candidate).toMatchObject({
    from: { run: 'r1', task: 'deconvolve:1', attempt: 1 },
    contentKey: sha('key deconvolve a'),
  });
  expect(candidate?.inputs.map(({ role, n, sha256 }) => [role, n, sha256])).toEqual([
    ['image', 0, sha('deskewed a')],
    ['psf', 1, sha('psf')],
  ]);
  expect(ledger.candidatesFor(key, 'b')).toEqual([]);
  const other = plan.tasks.find(({ id }) => id === 'deskew:2')?.staticKey ?? '';
  expect([...ledger.keysWithSuccess([key, other, sha('unknown')])]).toEqual([key]);
});

test('the latest attempt like a task tells key parts, values and inputs to compare with', () => {
  const ledger = newLedger();
  const plan = startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  ledger.append(chainOfTwo('r2'));
  const deskew = plan.tasks[0];
  if (deskew === undefined) throw new Error('no task');
  const earlier = ledger.lastAttemptLike('lattice', 'deskew', 'a', 'r2');
  expect(earlier).toMatchObject({
    run: 'r1',
    task: 'deskew:1',
    staticKey: deskew.staticKey,
    contentKey: sha('key deskew a'),
  });
  expect(earlier?.keyParts).toEqual(keyPartsOf(deskew));
  expect(earlier?.values.angle?.value).toBe(31.5);
  expect(earlier?.inputs[0]?.sha256).toBe(sha('raw a'));
  expect(ledger.lastAttemptLike('lattice', 'deskew', 'a')?.run).toBe('r2');
  expect(ledger.lastAttemptLike('lattice', 'deskew', 'b')).toBeUndefined();
  expect(ledger.lastAttemptLike('zeiss', 'deskew', 'a')).toBeUndefined();
});

test('a hash is remembered for the very file that was hashed', () => {
  const ledger = newLedger();
  ledger.append([hashed(psf, 60_000)]);
  expect(ledger.rememberedHash(psf)).toBe(sha('psf'));
  const others: readonly Partial<FileIdentity>[] = [
    { site: 'cluster' },
    { path: '/data/psf2.tif' },
    { size: 4 },
    { inode: '10' },
    { mtimeMs: 51_000 },
  ];
  for (const other of others) {
    expect(ledger.rememberedHash({ ...psf, ...other }), JSON.stringify(other)).toBeUndefined();
  }
});

test('a file hashed within two seconds of its change is not trusted', () => {
  const ledger = newLedger();
  ledger.append([hashed(psf, 52_000)]);
  expect(ledger.rememberedHash(psf)).toBeUndefined();
  ledger.append([hashed(psf, 52_001)]);
  expect(ledger.rememberedHash(psf)).toBe(sha('psf'));
});

test('a file of milliseconds is told from its neighbour in the same second', () => {
  const ledger = newLedger();
  const exact = { ...psf, mtimeMs: 50_250 };
  ledger.append([hashed(exact, 60_000)]);
  expect(ledger.rememberedHash({ ...exact, mtimeMs: 50_251 })).toBe(sha('psf'));
  expect(ledger.rememberedHash({ ...exact, mtimeMs: 50_260 })).toBeUndefined();
  // A node that tells whole seconds only.
  expect(ledger.rememberedHash({ ...exact, mtimeMs: 50_000 })).toBe(sha('psf'));
  ledger.append([hashed(psf, 60_000)]);
  expect(ledger.rememberedHash({ ...psf, mtimeMs: 50_999 })).toBe(sha('psf'));
});

test('what a task read is remembered as well, and forgotten when the file is seen changed', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append([submitting('r1', 'a1', ['deskew:1'])]);
  ledger.append([
    succeeded('r1', 'deskew:1', { inputs: [{ role: 'image', path: '/data/a.tif', content: 'raw a' }] }),
  ]);
  const read = { site: 'local', path: '/data/a.tif', size: 5, mtimeMs: 100_250, inode: '11' };
  expect(ledger.rememberedHash(read)).toBe(sha('raw a'));
  ledger.append([
    {
      kind: 'files-hashed',
      files: [{ ...read, mtimeMs: 300_000, sha256: sha('edited'), hashedMs: 400_000 }],
    },
  ]);
  expect(ledger.rememberedHash(read)).toBeUndefined();
  expect(ledger.artifactBySha(sha('raw a'))?.locations.map(({ state }) => state)).toEqual(['superseded']);
});

test('seconds with a fraction become whole milliseconds, whatever their binary form', () => {
  expect([1.001, 1758.123, 1_700_000_000.123, 1_700_000_000.999, 5].map(recordSeconds)).toEqual([
    1001, 1_758_123, 1_700_000_000_123, 1_700_000_000_999, 5000,
  ]);
  expect(recordSeconds(1.0009)).toBe(1000);
  expect(recordSeconds(undefined)).toBeNull();
});

test.each([
  ['this connection', 0],
  ['another one', 1],
])('a key that nothing had succeeded for is looked up again once %s has written', (_, writer) => {
  const path = join(scratch(), 'ledger.sqlite');
  const [ledger, other] = [newLedger(path), newLedger(path)];
  const [first, second] = startRun(ledger, 'r1').tasks.map(({ staticKey }) => staticKey);
  const keys = [first ?? '', second ?? ''];
  expect(ledger.keysWithSuccess(keys).size).toBe(0);
  [ledger, other][writer]?.append(chainOfTwo('r1'));
  expect([...ledger.keysWithSuccess(keys)]).toEqual([first]);
});
