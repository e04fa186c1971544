import { describe, expect, it } from 'vitest';
import { Backend, type Listing, LocalTransport, slurmBatch } from '../../../src/backends/index.ts';
import type { Site } from '../../../src/model/index.ts';
import { askAlone } from '../../../src/run/ask-together.ts';
import type { DriveContext } from '../../../src/run/drive/drive-context.ts';
import { RunDriver } from '../../../src/run/drive/run-driver.ts';
import { applyEvents, initialState } from '../../../src/scheduler/index.ts';
import { parseSite } from '../../../src/sites/index.ts';
import { newLedger, startRun, submitting } from '../provenance/story.ts';

const run = 'r1';
const elements = 12;

/**
 * A driver of a run whose array waits in Slurm; the clock goes on only while it sleeps, and each look but the quiet ones finds a task
 * begun. It is told to leave at the look `looks`; at the look `last` all tasks have failed.
 */
function driving(
  isQuiet: (look: number) => boolean,
  looks: number,
  last = Number.POSITIVE_INFINITY,
  { jump = () => 0, jumpAtLook = () => 0 }: Jumps = {},
) {
  let now = 0;
  let slept = 0;
  let begun = 0;
  const askedAt: number[] = [];
  const site = siteOfDefaults();
  const { pollShortest: shortest, pollLongest: longest, fileDelay } = site.limits;
  const wishes = { drain: false, kill: false };
  const ledger = newLedger();
  const labels = Array.from({ length: elements }, (_, n) => `cell${n}`);
  const plan = startRun(ledger, run, labels);
  const tasks = labels.map((_, n) => `deskew:${n + 1}`);
  const rest = labels.map((_, n) => `deconvolve:${n + 1}`);
  const indices = labels.map((_, n) => n);
  for (const [array, list] of [['r1.a1', tasks] as const, ['r1.a2', rest] as const]) {
    const taken = { native: '42', elements: [], pattern: `${array}_{}` };
    ledger.append([
      submitting(run, array, list),
      { kind: 'elements-submitting', run, array, indices },
      { kind: 'array-submitted', run, array, ...taken },
    ]);
  }
  const events = [...ledger.events(run)].map(({ event }) => ({ event, atMs: 0 }));
  // A stand-in for the cluster: all is there, and records tell of tasks that begin.
  const backend = new Backend(slurmBatch(site), new LocalTransport());
  backend.list = async ({ natives }): Promise<Listing> => {
    askedAt.push(slept / 1000);
    now += jumpAtLook(askedAt.length);
    wishes.drain = askedAt.length >= looks;
    const none = { ended: new Map(), stuck: new Map(), nodes: new Map(), notUnderstood: [] };
    return { ...none, alive: new Set(natives) };
  };
  backend.readNew = async () => {
    if (askedAt.length === last) return new Map([...failures('r1.a1', tasks), ...failures('r1.a2', rest)]);
    if (isQuiet(askedAt.length)) return new Map();
    const [index, task] = [begun, tasks[begun]];
    begun++;
    const line = { v: 1, at: 1, fact: 'task-started', task, attempt: 1, token: 'r1.a1', command: ['true'] };
    return new Map([[`r1.a1/${index}`, Buffer.from(`${JSON.stringify(line)}\n`)]]);
  };
  const cancelled: number[] = [];
  backend.cancel = async (natives) => {
    if (natives.length > 0) cancelled.push(Math.floor(now / 1000));
  };
  const context: { -readonly [Key in keyof DriveContext]: DriveContext[Key] } = {
    run,
    plan,
    folder: `/runs/${run}`,
    site: site.name,
    ledger,
    backend,
    ask: askAlone(backend, () => now),
    guard: ':',
    rule: { takes: 'arrays' },
    policy: { onFailure: () => undefined, retriesStuck: () => false, failures: 100, patienceMs: 180_000 },
    retry: { run, steps: plan.steps, task: () => undefined, fits: () => true, most: () => undefined },
    pace: { shortest, longest, fileDelay },
    clock: () => now,
    sleep: async (ms) => {
      slept += ms;
      now += ms + jump(slept);
    },
    wishes,
    arrange: async () => [],
    onChange: () => undefined,
  };
  const state = applyEvents(initialState(plan), events);
  const driver = new RunDriver(context, state, { hashes: new Map(), notes: new Set() });
  const cancelAt = (seconds: number): void => {
    context.sleep = async (ms) => {
      if (now < seconds * 1000 && now + ms >= seconds * 1000)
        ledger.append([{ kind: 'cancel-asked', run, user: 'anna', host: 'laptop' }]);
      now += ms;
    };
  };
  return { driver, state, askedAt, now: () => now / 1000, cancelAt, cancelled };
}

interface Jumps {
  /** By how much the clock is set forward or back when so much was slept, ms. */
  readonly jump?: (slept: number) => number;
  /** The same while it is asked. */
  readonly jumpAtLook?: (look: number) => number;
}

/** Records of elements of one task each, none of which did its work. */
function failures(token: string, tasks: readonly string[]): readonly (readonly [string, Buffer])[] {
  const code = { outcome: 'exit', exit: 1, signal: 0, key: '', peakKb: 0, note: '', reused: '' };
  return tasks.map((task, index) => {
    const of = { v: 1, at: 1, task, attempt: 1, token };
    const lines = [
      { ...of, fact: 'task-started', command: ['false'] },
      { ...of, fact: 'task-ended', ...code },
    ];
    return [`${token}/${index}`, Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))];
  });
}

/** A profile that says nothing of how often to ask. */
function siteOfDefaults(): Site {
  const text = 'host: login\nwork: /scratch/runs\npartitions:\n  cpu: { default: true }\n';
  const site = parseSite(text, 'bed', 'bed.yaml');
  if (!site.ok) throw new Error(JSON.stringify(site.problems));
  return site.value;
}

describe('a cluster is asked', () => {
  it('every 30 s while things change, ever slower up to 180 s while they do not, and at once faster again', async () => {
    const { driver, state, askedAt } = driving((look) => look > 4 && look !== 12, 15);
    await driver.follow(state);
    const gaps = askedAt.slice(1).map((at, n) => at - (askedAt[n] ?? 0));
    const slower = [45, 67.5, 101.25, 151.875, 180, 180, 180];
    expect(gaps).toEqual([30, 30, 30, 30, ...slower, 30, 45, 67.5]);
  });

  it('no sooner than 30 s after what had happened meanwhile was collected', async () => {
    const { driver, state, askedAt } = driving(() => true, 2);
    await driver.collect();
    await driver.follow(state);
    expect(askedAt).toEqual([0, 30]);
  });
});

describe('a clock that is set while a run is followed', () => {
  it('back by ten minutes makes no pause longer', async () => {
    const jump = (slept: number) => (slept === 40_000 ? -600_000 : 0);
    const jumpAtLook = (look: number) => (look === 3 ? -600_000 : 0);
    const { driver, state, askedAt } = driving(() => false, 5, undefined, { jump, jumpAtLook });
    await driver.follow(state);
    expect(askedAt).toEqual([0, 30, 60, 90, 120]);
  });
});

describe('a run on a cluster', () => {
  it('is over with the look that finds its last task ended', async () => {
    const { driver, state, askedAt, now } = driving(() => true, 99, 2);
    await driver.follow(state);
    expect({ askedAt, over: now() }).toEqual({ askedAt: [0, 45], over: 45 });
  });

  it('is ended at once when another espalier asks for it, however long the pause', async () => {
    const { driver, state, cancelAt, cancelled } = driving(() => true, 99);
    cancelAt(700);
    await driver.follow(state);
    expect(cancelled).toEqual([700]);
  });
});
