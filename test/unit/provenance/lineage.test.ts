import { expect, test } from 'vitest';
import { cachedIn, chainOfTwo, newLedger, sha, startRun, submitting, succeeded } from './story.ts';

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

test('a result read before its maker was heard of still has one', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  const [submit, answer, deskew, deconvolve] = chainOfTwo('r1');
  if (!submit || !answer || !deskew || !deconvolve) throw new Error('no story');
  ledger.append([submit, answer, deconvolve, deskew]);
  const result = ledger.artifactByPath('/runs/r1/results/deconvolve/a.tif');
  expect(ledger.traceUp(result?.location ?? 0).attempts.map(({ task }) => task)).toEqual([
    'deconvolve:1',
    'deskew:1',
  ]);
});

test('a result written over by another attempt keeps its own history', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  const path = '/runs/r1/results/deskew/a.tif';
  const write = (attempt: number, content: string) => [
    submitting('r1', `a${attempt}`, ['deskew:1'], attempt),
    succeeded('r1', 'deskew:1', {
      attempt,
      inputs: [{ role: 'image', path: '/data/a.tif', content: 'raw a' }],
      outputs: [{ role: 'image', path, content }],
    }),
  ];
  ledger.append(write(1, 'first'));
  ledger.append([
    { kind: 'tasks-reset', run: 'r1', tasks: ['deskew:1'], why: 'again' },
    ...write(2, 'second'),
  ]);
  expect(ledger.artifactByPath(path)).toMatchObject({
    sha256: sha('second'),
    state: 'present',
    madeBy: { attempt: 2 },
  });
  expect(ledger.artifactBySha(sha('first'))?.locations).toMatchObject([
    { state: 'superseded', madeBy: { attempt: 1 } },
  ]);
  ledger.append([
    { kind: 'tasks-reset', run: 'r1', tasks: ['deskew:1'], why: 'again' },
    ...write(3, 'second'),
  ]);
  expect(ledger.artifactBySha(sha('second'))?.locations).toMatchObject([
    { state: 'present', madeBy: { attempt: 3 } },
    { state: 'superseded', madeBy: { attempt: 2 } },
  ]);
});

test('a result that was moved by hand is traced by its content, and says so', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  const moved = { site: 'local', path: '/archive/a.tif', size: 13, mtimeMs: 1, inode: '5', hashedMs: 9000 };
  ledger.append([{ kind: 'files-hashed', files: [{ ...moved, sha256: sha('deconvolved a') }] }]);
  const file = ledger.artifactByPath('/archive/a.tif');
  expect(file?.madeBy).toMatchObject({ task: 'deconvolve:1', byContent: true });
  expect(ledger.traceUp(file?.location ?? 0).attempts).toHaveLength(2);
  expect(ledger.impact(sha('psf')).map(({ path }) => path)).toContain('/archive/a.tif');
});

test('what was made from a cached result is traced to the run that made it, and its impact reaches there', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  ledger.append([cachedIn('r2', 'r1'), submitting('r2', 'b1', ['deconvolve:1'])]);
  const folder = '/runs/r2/results';
  ledger.append([
    succeeded('r2', 'deconvolve:1', {
      array: 'b1',
      inputs: [{ role: 'image', path: `${folder}/deskew/a.tif`, content: 'deskewed a' }],
      outputs: [{ role: 'image', path: `${folder}/deconvolve/a.tif`, content: 'sharper a' }],
    }),
  ]);
  const result = ledger.artifactByPath(`${folder}/deconvolve/a.tif`);
  expect(ledger.traceUp(result?.location ?? 0).attempts.map(({ run, task }) => `${run} ${task}`)).toEqual([
    'r2 deconvolve:1',
    'r1 deskew:1',
  ]);
  expect(ledger.impact(sha('raw a')).map(({ path }) => path)).toContain(`${folder}/deconvolve/a.tif`);
});

test('a result that serves where it lies keeps its one maker', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  startRun(ledger, 'r2');
  const event = cachedIn('r2', 'r1');
  if (event.kind !== 'task-cached') throw new Error('no such event');
  const path = '/runs/r1/results/deskew/a.tif';
  startRun(ledger, 'r3');
  ledger.append([
    { ...event, outputs: event.outputs.map((output) => ({ ...output, path })) },
    // Also where the attempt that serves is another one, which made the same bytes elsewhere.
    ...chainOfTwo('r3'),
    {
      ...event,
      task: 'deskew:2',
      from: { ...event.from, run: 'r3' },
      outputs: event.outputs.map((output) => ({ ...output, path })),
    },
  ]);
  expect(ledger.artifactBySha(sha('deskewed a'))?.locations).toMatchObject([
    { path: '/runs/r3/results/deskew/a.tif', madeBy: { run: 'r3' }, state: 'present' },
    { path, madeBy: { run: 'r1' }, state: 'present' },
  ]);
});
