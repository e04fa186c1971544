import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EspalierError } from '../../../src/model/index.ts';
import { Ledger } from '../../../src/provenance/index.ts';
import { chainOfTwo, newLedger, scratch, startRun, tickingClock } from './story.ts';

/** A closed ledger with a run in it, what it tells, and a backup of it. */
function sound() {
  const folder = scratch();
  const path = join(folder, 'ledger.sqlite');
  const backup = join(folder, 'backup.sqlite');
  const ledger = newLedger(path);
  startRun(ledger, 'r1');
  ledger.append(chainOfTwo('r1'));
  ledger.backup(backup);
  const told = tell(ledger);
  ledger.close();
  return { path, backup, told, bytes: readFileSync(path) };
}

function tell(ledger: Ledger) {
  return { runs: ledger.runs(), tasks: ledger.tasks('r1'), events: [...ledger.events('r1')] };
}

/** Opens it as a command does. `sound`: the check found nothing, and it tells the same once its tables are written anew. */
function look(path: string, told: unknown): 'sound' | 'found' | 'refused' {
  let ledger: Ledger | undefined;
  try {
    ledger = Ledger.open(path, { clock: tickingClock() });
    if (!ledger.check().ok) return 'found';
    ledger.rebuild();
    expect(tell(ledger)).toEqual(told);
    return 'sound';
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error;
    expect(error.code).toMatch(/^ledger-/);
    expect(error.hint).toMatch(/backup|check/i);
    return 'refused';
  } finally {
    ledger?.close();
  }
}

/** Where the plan begins: zlib's two bytes, before whose row its sha256 stands. */
function planAt(bytes: Buffer): number {
  const sha256 = /"planSha256":"([0-9a-f]{64})"/.exec(bytes.toString('latin1'))?.[1] ?? '';
  for (let at = bytes.indexOf(sha256); at >= 0; at = bytes.indexOf(sha256, at + 1)) {
    const start = bytes.indexOf(Buffer.from([0x78, 0x01]), at + 64);
    if (start >= 0 && start < at + 70) return start;
  }
  throw new Error('no plan is there');
}

describe('a ledger', () => {
  test('with bytes flipped anywhere is refused, or found damaged, or tells the same', () => {
    const { path, told, bytes } = sound();
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length - 1), { minLength: 1, maxLength: 8 }), (places) => {
        const damaged = Buffer.from(bytes);
        for (const at of places) damaged[at] = (damaged[at] ?? 0) ^ 0xff;
        const copy = join(scratch(), 'ledger.sqlite');
        writeFileSync(copy, damaged);
        seen.add(look(copy, told));
      }),
      { numRuns: 60, seed: 20_261_126 },
    );
    expect(existsSync(path)).toBe(true);
    expect(seen.has('found') || seen.has('refused')).toBe(true);
  });

  test('with bytes flipped in the text of its events is found damaged', () => {
    const { path, told, bytes } = sound();
    const copy = join(scratch(), 'ledger.sqlite');
    let events = 0;
    for (let at = bytes.indexOf('{"kind":'); at >= 0; at = bytes.indexOf('{"kind":', at + 1)) {
      const damaged = Buffer.from(bytes);
      // A letter for another: the pages of the database are in order.
      damaged[at + 9] = (damaged[at + 9] ?? 0) ^ 1;
      writeFileSync(copy, damaged);
      expect(look(copy, told)).toBe('found');
      events++;
    }
    expect(events).toBeGreaterThan(3);
    expect(existsSync(path)).toBe(true);
  });

  test('whose pages are whole and whose texts are not is refused by what reads them, with what to do', () => {
    const { bytes } = sound();
    const copy = join(scratch(), 'ledger.sqlite');
    const readers: readonly (readonly [place: number, byte: number, read: (ledger: Ledger) => unknown])[] = [
      // Another word, no JSON at all, a plan that does not unpack.
      [bytes.indexOf('{"kind":"run-planned"') + 9, 0x73, (ledger) => [...ledger.events('r1')]],
      [bytes.indexOf('{"kind":"array-packed"') + 1, 0x01, (ledger) => [...ledger.events('r1')]],
      [planAt(bytes) + 12, 0xff, (ledger) => ledger.plan('r1')],
    ];
    for (const [place, byte, read] of readers) {
      const damaged = Buffer.from(bytes);
      damaged[place] = byte;
      writeFileSync(copy, damaged);
      const ledger = newLedger(copy);
      expect(() => read(ledger)).toThrow(
        expect.objectContaining({ code: 'ledger-corrupt', hint: expect.stringMatching(/backup.*adopt/) }),
      );
      ledger.close();
    }
  });

  test('that was cut short is refused or found damaged', () => {
    const { path, told, bytes } = sound();
    for (let length = 4096; length < bytes.length; length += Math.ceil(bytes.length / 12)) {
      const copy = join(scratch(), 'ledger.sqlite');
      copyFileSync(path, copy);
      truncateSync(copy, length);
      expect(look(copy, told)).not.toBe('sound');
    }
  });

  test('that was damaged is repaired by putting back its backup, with all that was in it', () => {
    const { path, backup, told, bytes } = sound();
    const damaged = Buffer.from(bytes).fill(0xee, 4096);
    writeFileSync(path, damaged);
    expect(look(path, told)).not.toBe('sound');
    copyFileSync(backup, path);
    expect(look(path, told)).toBe('sound');
  });

  test('without its -wal file tells less, and nothing wrong', () => {
    const folder = scratch();
    const path = join(folder, 'ledger.sqlite');
    const ledger = newLedger(path);
    startRun(ledger, 'r1');
    const all = [...ledger.events()];
    expect(existsSync(`${path}-wal`)).toBe(true);
    const copy = join(folder, 'copy.sqlite');
    copyFileSync(path, copy);
    const without = newLedger(copy);
    const left = [...without.events()];
    expect(left.length).toBeLessThan(all.length);
    expect(left).toEqual(all.slice(0, left.length));
    expect(without.check().problems).toEqual([]);
    ledger.close();
  });
});
