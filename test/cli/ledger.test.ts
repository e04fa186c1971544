import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../src/provenance/index.ts';
import { Desk } from './espalier.ts';
import { writeSmallWorkflow } from './small-workflow.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

describe('an empty ledger', () => {
  it('holds no run, and says how to begin', async () => {
    expect(await desk.espalier('runs')).toMatchObject({
      code: 0,
      stdout: 'no run yet; begin with `espalier demo`\n',
    });
    expect(await desk.json('runs')).toEqual({ format: 1, runs: [] });
  });
});

describe('a ledger with a run', () => {
  beforeEach(async () => {
    writeSmallWorkflow(desk, { names: ['a'] });
    expect((await desk.espalier('run', 'work.yaml', '--quiet')).code).toBe(0);
  });

  it('lies in ESPALIER_HOME, is in order, and says the same after it was written again from its events', async () => {
    expect(existsSync(join(desk.folder, 'home/ledger.sqlite'))).toBe(true);
    const check = await desk.json<{ ok: boolean; events: number; head: string }>('ledger', 'check');
    expect(check).toMatchObject({ ok: true, problems: [] });
    const before = await desk.espalier('show', 'marked:1', '--output', 'json');
    const rebuilt = await desk.json<{ events: number }>('ledger', 'rebuild');
    expect(rebuilt.events).toBe(check.events);
    expect(await desk.espalier('show', 'marked:1', '--output', 'json')).toEqual(before);
    expect(await desk.json('ledger', 'check')).toMatchObject({
      ok: true,
      events: check.events,
      head: check.head,
    });
  });

  it('is backed up to a file for its owner alone, never over another', async () => {
    const { code, stdout } = await desk.espalier('ledger', 'backup', 'copy.sqlite');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'copy.sqlite\n' });
    expect(statSync(join(desk.folder, 'copy.sqlite')).mode & 0o777).toBe(0o600);
    const again = await desk.espalier('ledger', 'backup', 'copy.sqlite');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('copy.sqlite');
  });
});

describe('a ledger with an event that its tables cannot hold', () => {
  it('says so when it is checked or rebuilt, and tells of other runs all the same', async () => {
    mkdirSync(join(desk.folder, 'home'));
    const ledger = Ledger.open(join(desk.folder, 'home/ledger.sqlite'), { clock: () => 0 });
    ledger.appendAhead([{ kind: 'array-submitted', run: 'r9', array: 'a1', native: '7', elements: [] }]);
    ledger.close();
    const check = await desk.espalier('ledger', 'check');
    expect(check).toMatchObject({ code: 1, stdout: expect.stringContaining('event 1 (`array-submitted`)') });
    writeSmallWorkflow(desk, { names: ['a'] });
    expect(await desk.espalier('run', 'work.yaml')).toMatchObject({ code: 0 });
    expect((await desk.json<{ runs: readonly unknown[] }>('runs')).runs).toHaveLength(1);
    const rebuilt = await desk.espalier('ledger', 'rebuild');
    expect(rebuilt).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('event 1 (`array-submitted`)'),
    });
  });
});
