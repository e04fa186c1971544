import { expect, it } from 'vitest';
import { Backend, type Listing, LocalTransport, localBatch } from '../../../src/backends/index.ts';
import { askAlone } from '../../../src/run/ask-together.ts';
import type { DriveContext } from '../../../src/run/drive/drive-context.ts';
import { RunDriver } from '../../../src/run/drive/run-driver.ts';
import { applyEvents, initialState } from '../../../src/scheduler/index.ts';
import { newLedger, startRun, submitting } from '../provenance/story.ts';

const run = 'r1';
const task = 'deskew:1';
const asked = 60;
const hours = 8 * 3600;

/**
 * Follows a run whose one element goes on for ever, until it is ended; when that was, in seconds. The clock goes on while the driver
 * sleeps, and at `lidSeconds` by hours at once.
 */
async function endedAt(lidSeconds: number, isHere: boolean): Promise<number> {
  let now = 0;
  let cancelled: number | undefined;
  const ledger = newLedger();
  const plan = startRun(ledger, run, ['cell']);
  const native = '1.2.3';
  const sent = [
    submitting(run, 'r1.a1', [task]),
    { kind: 'elements-submitting', run, array: 'r1.a1', indices: [0] },
    { kind: 'array-submitted', run, array: 'r1.a1', native: '', elements: [{ index: 0, native }] },
  ] as const;
  ledger.append(sent);
  const backend = new Backend(localBatch, new LocalTransport());
  const wishes = { drain: false, kill: false };
  backend.list = async ({ natives }): Promise<Listing> => {
    const alive = new Set(cancelled === undefined ? natives : []);
    return { alive, ended: new Map(), stuck: new Map(), nodes: new Map(), notUnderstood: [] };
  };
  backend.readNew = async () => new Map();
  backend.cancel = async () => {
    cancelled ??= now / 1000;
    wishes.drain = true;
  };
  const context: DriveContext = {
    run,
    plan,
    folder: `/runs/${run}`,
    site: 'local',
    ledger,
    backend,
    ask: askAlone(backend, () => now),
    guard: ':',
    rule: { takes: 'elements', capacity: { cpus: 0, gpus: 0, memory: 0 }, isHere },
    policy: { onFailure: () => undefined, retriesStuck: () => false, failures: 100, patienceMs: 0 },
    retry: { run, steps: plan.steps, task: () => undefined, fits: () => true, most: () => undefined },
    pace: { shortest: 0.05, longest: 1, fileDelay: 0 },
    clock: () => now,
    sleep: async (ms) => {
      const isClosed = now < lidSeconds * 1000 && now + ms >= lidSeconds * 1000;
      now += ms + (isClosed ? hours * 1000 : 0);
    },
    wishes,
    arrange: async () => [],
    onChange: () => undefined,
  };
  const state = applyEvents(
    initialState(plan),
    sent.map((event) => ({ event, atMs: 0 })),
  );
  await new RunDriver(context, state, { hashes: new Map(), notes: new Set() }).follow(state);
  return cancelled ?? Number.NaN;
}

it('counts against the time of a task only what this machine was awake, where the task runs on it', async () => {
  const never = await endedAt(hours, true);
  expect(never).toBeGreaterThan(asked);
  expect(never).toBeLessThan(asked + 2);
  const slept = await endedAt(asked / 2, true);
  expect(slept).toBeGreaterThan(asked + hours);
  expect(slept).toBeLessThan(asked + hours + 2);
  // Another machine went on meanwhile.
  const elsewhere = await endedAt(asked / 2, false);
  expect(elsewhere).toBeLessThan(asked / 2 + hours + 2);
});
