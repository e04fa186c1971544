import { expect, test } from 'vitest';
import { chainOfTwo, newLedger, sha, startRun } from './story.ts';

test('a result is traced back to raw data, with the values and commands on the way', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));

  const result = ledger.artifactByPath('/runs/r1/results/deconvolve/a.tif');
  const lineage = ledger.traceUp(result?.location ?? 0);

  expect(lineage.files.map((file) => file.path)).toEqual([
    '/runs/r1/results/deconvolve/a.tif',
    '/data/a.tif',
    '/runs/r1/results/deskew/a.tif',
    '/data/psf.tif',
  ]);
  expect(lineage.attempts.map((attempt) => attempt.task)).toEqual(['deconvolve:1', 'deskew:1']);
  const [deconvolve, deskew] = lineage.attempts;
  expect(deconvolve?.values.angle).toEqual({
    value: 31.5,
    origin: 'acquisition',
    source: 'Settings.txt: Angle',
  });
  expect(deconvolve?.command).toBe('run deconvolve:1');
  expect(deskew?.step.commandTemplate).toBe('deskew {input} {output}');
  const makers = Object.fromEntries(lineage.files.map((file) => [file.path, file.madeBy]));
  expect(makers['/data/a.tif']).toBeNull();
  expect(makers['/data/psf.tif']).toBeNull();
  expect(makers['/runs/r1/results/deskew/a.tif']).toBe(deskew?.id);
});

test('the impact of a calibration file is every result made from it, and no other', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));

  expect(ledger.impact(sha('psf')).map((file) => file.path)).toEqual(['/runs/r1/results/deconvolve/a.tif']);
  expect(ledger.impact(sha('raw a')).map((file) => file.path)).toEqual([
    '/runs/r1/results/deskew/a.tif',
    '/runs/r1/results/deconvolve/a.tif',
  ]);
  expect(ledger.impact(sha('deconvolved a'))).toEqual([]);
});
