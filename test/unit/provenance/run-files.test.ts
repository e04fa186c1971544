import { expect, test } from 'vitest';
import { cachedIn, chainOfTwo, newLedger, sha, startRun } from './story.ts';

test('the inputs of a run are what nobody made, and its outputs what it has', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  expect(ledger.runInputs('r1').map(({ path, role, uses }) => [path, role, uses])).toEqual([
    ['/data/a.tif', 'image', 1],
    ['/data/psf.tif', 'psf', 1],
  ]);
  expect(ledger.runOutputs('r1').map(({ task, path, cached }) => [task, path, cached])).toEqual([
    ['deskew:1', '/runs/r1/results/deskew/a.tif', false],
    ['deconvolve:1', '/runs/r1/results/deconvolve/a.tif', false],
  ]);
  expect(ledger.runHosts('r1')).toEqual(['node1']);
});

test('a run that only reuses shows what it linked, and what that was made from', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  ledger.append([cachedIn('r2', 'r1')]);
  expect(ledger.runOutputs('r2')).toMatchObject([
    {
      task: 'deskew:1',
      label: 'a',
      path: '/runs/r2/results/deskew/a.tif',
      cached: true,
      sha256: sha('deskewed a'),
    },
  ]);
  expect(ledger.runInputs('r2').map(({ path }) => path)).toEqual(['/data/a.tif']);
  expect(ledger.runOutputs('r1').map(({ path }) => path)).toEqual([
    '/runs/r1/results/deskew/a.tif',
    '/runs/r1/results/deconvolve/a.tif',
  ]);
});

test('values of a step are counted over its tasks', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1', ['a', 'b', 'c']);
  const angle = {
    name: 'angle',
    value: 31.5,
    origin: 'acquisition',
    source: 'Settings.txt: Angle',
    tasks: 3,
  };
  expect(ledger.stepValues('r1')).toEqual([
    { step: 'deskew', ...angle },
    { step: 'deconvolve', ...angle },
  ]);
});
