import { expect, test } from 'vitest';
import { chainOfTwo, newLedger, scratch, sha, startRun, submitting, succeeded } from './story.ts';

test('a run tells what it was planned with', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  expect(ledger.run('r1')).toEqual({
    run: 'r1',
    workflow: 'lattice',
    workflowFile: '/w/lattice.yaml',
    workflowSha256: sha('workflow'),
    planSha256: ledger.run('r1').planSha256,
    site: 'local',
    folder: '/runs/r1',
    dataFolder: '/data',
    user: 'ada',
    host: 'laptop',
    version: '0.1.0',
    arguments: ['run', 'lattice.yaml'],
    acknowledged: ['angle'],
    parameters: { iterations: { value: 10, origin: 'command line', source: '--set iterations=10' } },
    plannedMs: 1_000_000,
    finishedMs: null,
    driver: null,
    counts: { waiting: 4 },
    state: 'waiting',
  });
});

test('a run is found by the beginning of its id, the latest first in the list', () => {
  const ledger = newLedger();
  expect(ledger.latestRun()).toBeUndefined();
  for (const run of ['2026-01-a', '2026-01-b', '2026-02-%']) startRun(ledger, run);
  expect(ledger.run('2026-02').run).toBe('2026-02-%');
  expect(ledger.runs().map(({ run }) => run)).toEqual(['2026-02-%', '2026-01-b', '2026-01-a']);
  expect(ledger.latestRun()?.run).toBe('2026-02-%');
  expect(() => ledger.run('2026-01')).toThrow('may mean 2 runs');
  for (const none of ['2025', '', '%', '2026-0_'])
    expect(() => ledger.run(none), none).toThrow('there is no run');
});

test('steps are counted by state, with the times of what succeeded', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  expect(ledger.stepCounts('r1')).toEqual([
    {
      step: 'deskew',
      counts: { succeeded: 1, waiting: 1 },
      total: 2,
      times: { attempts: 1, sumMs: 11_250, maxMs: 11_250, firstMs: 190_500, lastMs: 201_750, peakKb: 2048 },
    },
    {
      step: 'deconvolve',
      counts: { succeeded: 1, waiting: 1 },
      total: 2,
      times: { attempts: 1, sumMs: 11_250, maxMs: 11_250, firstMs: 190_500, lastMs: 201_750, peakKb: 2048 },
    },
  ]);
  expect(ledger.steps('r1').map(({ name, after }) => [name, after])).toEqual([
    ['deskew', []],
    ['deconvolve', ['deskew']],
  ]);
});

test('tasks are listed in the order of the plan, by state, step and page', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1', ['a', 'b', 'c']);
  ledger.append(chainOfTwo('r1'));
  const ids = (filter: Parameters<typeof ledger.tasks>[1]): readonly string[] =>
    ledger.tasks('r1', filter).map(({ task }) => task);
  expect(ids({})).toEqual([
    'deskew:1',
    'deskew:2',
    'deskew:3',
    'deconvolve:1',
    'deconvolve:2',
    'deconvolve:3',
  ]);
  expect(ids({ states: ['succeeded'] })).toEqual(['deskew:1', 'deconvolve:1']);
  expect(ids({ states: ['waiting', 'failed'], step: 'deskew' })).toEqual(['deskew:2', 'deskew:3']);
  expect(ids({ after: 'deskew:2', limit: 2 })).toEqual(['deskew:3', 'deconvolve:1']);
  expect(ids({ changedAfter: 1 })).toEqual(['deskew:1', 'deconvolve:1']);
  expect(ids({ step: "x' or 1=1 --" })).toEqual([]);
});

test('a task is found by its id or its label, and a label of many asks which', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  expect(ledger.task('r1', 'deconvolve:2')).toMatchObject({
    task: 'deconvolve:2',
    label: 'b',
    state: 'waiting',
  });
  expect(ledger.task('r1', 'deconvolve:3')).toBeUndefined();
  expect(ledger.task('r1', 'nobody')).toBeUndefined();
  expect(() => ledger.task('r1', 'a')).toThrow('the label of 2 tasks');
});

test('an attempt in a container tells the sha256 of its image and what ran it; one on the host, null', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  const inside = succeeded('r1', 'deskew:1');
  const image = { container: sha('image'), runtime: 'apptainer version 1.4.5' };
  const started = { at: 190.5, host: 'node1', gpus: '', job: '42_0', ...image };
  const evidence = { ...inside.evidence, started };
  ledger.append([
    submitting('r1', 'a1', ['deskew:1', 'deskew:2']),
    { ...inside, evidence },
    succeeded('r1', 'deskew:2'),
  ]);
  expect(ledger.attempts('r1', 'deskew:1')).toMatchObject([image]);
  expect(ledger.attempts('r1', 'deskew:2')).toMatchObject([{ container: null, runtime: null }]);
});

test('a planned task is read from the plan without the others', () => {
  const ledger = newLedger();
  const plan = startRun(ledger, 'r1', ['a', 'b']);
  expect(ledger.plannedTask('r1', 'deconvolve:2')).toEqual(plan.tasks[3]);
  expect(ledger.plannedTask('r1', 'deconvolve:20')).toBeUndefined();
  expect(ledger.plan('r1').plan).toEqual(plan);
});

test.each([
  "it's; drop table task; --",
  'two\nlines "and" `quotes` $(rm -rf /)',
  '-leading <b>dash</b> 🔬 ünï',
])('a name like %j goes through unchanged', (name) => {
  const ledger = newLedger(`${scratch()}/${name.replaceAll('/', '_')}.sqlite`);
  const plan = startRun(ledger, 'r1', [name]);
  const path = `/data/${name}.tif`;
  const inputs = [{ role: 'image', path, content: 'raw' }];
  ledger.append([submitting('r1', 'a1', ['deskew:1']), succeeded('r1', 'deskew:1', { inputs })]);
  expect(ledger.task('r1', 'deskew:1')?.label).toBe(name);
  expect(ledger.tasks('r1', { step: 'deskew' })[0]?.label).toBe(name);
  expect(ledger.artifactByPath(path)?.sha256).toBe(sha('raw'));
  expect(ledger.attempts('r1', 'deskew:1')[0]?.inputs[0]?.path).toBe(path);
  expect(ledger.plan('r1').plan).toEqual(plan);
  ledger.rebuild();
  expect(ledger.task('r1', 'deskew:1')).toMatchObject({ label: name, state: 'succeeded' });
});

test('a text is stored once and comes back as it was', () => {
  const ledger = newLedger();
  const text = 'name: lattice\n# µm, 🔬\n';
  const first = ledger.putBlob(text);
  expect(ledger.putBlob(text)).toBe(first);
  expect(first).toBe(sha(text));
  expect(ledger.blob(first)).toBe(text);
  expect(() => ledger.blob(sha('nothing'))).toThrow(sha('nothing'));
});

test('a run was last heard of when something came from its site, not when this machine spoke of itself', () => {
  const ledger = newLedger();
  startRun(ledger, 'r1');
  ledger.append([submitting('r1', 'a1', ['deskew:1'])]);
  ledger.append([succeeded('r1', 'deskew:1')]);
  const [, , last] = [...ledger.events('r1')];
  const heard = ledger.lastHeardMs('r1');
  expect([last?.event.kind, heard]).toEqual(['task-succeeded', last?.atMs]);
  ledger.append([{ kind: 'noted', run: 'r1', about: 'site', note: 'no answer' }]);
  ledger.append([{ kind: 'noted', run: 'r1', about: 'owner', note: 'not released' }]);
  ledger.append([{ kind: 'driver-detached', run: 'r1', epoch: 1, why: 'interrupted' }]);
  ledger.append([{ kind: 'cancel-asked', run: 'r1', user: 'ada', host: 'laptop' }]);
  expect(ledger.lastHeardMs('r1')).toBe(heard);
  ledger.append([{ kind: 'noted', run: 'r1', about: 'batch system', note: 'job 7 is held' }]);
  expect(ledger.lastHeardMs('r1')).toBeGreaterThan(heard ?? 0);
});
