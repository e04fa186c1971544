import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Ledger } from '../../../src/provenance/index.ts';
import { newLedger, scratch } from './story.ts';

const child = fileURLToPath(new URL('./child.mjs', import.meta.url));
const appending = fileURLToPath(new URL('./appending.ts', import.meta.url));

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly acknowledged: number;
  readonly errors: string;
}

/** Starts a process that appends notes; `watch` sees how many were acknowledged so far. */
function append(
  path: string,
  name: string,
  count: number,
  watch: (acknowledged: number, process: ChildProcess) => void = () => undefined,
  limit = '',
): Promise<Ended> {
  const command = `${limit} exec "$0" "$@"`;
  const running = spawn('sh', ['-c', command, process.execPath, child, appending, path, name, String(count)]);
  let [acknowledged, errors] = [0, ''];
  running.stderr.on('data', (text) => {
    errors += String(text);
  });
  running.stdout.on('data', (text) => {
    acknowledged += String(text).split('\n').length - 1;
    watch(acknowledged, running);
  });
  return new Promise((resolve) => {
    running.on('close', (code, signal) => resolve({ code, signal, acknowledged, errors }));
  });
}

function notes(ledger: Ledger): readonly string[] {
  return [...ledger.events()].map(({ event }) =>
    event.kind === 'noted' ? `${event.about} ${event.note}` : '',
  );
}

test('three processes that make and fill one ledger at once all succeed, and leave one whole chain', async () => {
  const path = join(scratch(), 'ledger.sqlite');
  const names = ['ada', 'bob', 'cy'];
  const ended = await Promise.all(names.map((name) => append(path, name, 40)));
  expect(ended.map(({ code, errors }) => [code, errors])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ]);
  const ledger = newLedger(path);
  expect(ledger.check()).toMatchObject({ ok: true, events: 120 });
  const written = notes(ledger);
  for (const name of names) {
    const own = written.filter((note) => note.startsWith(name));
    expect(own).toEqual(Array.from({ length: 40 }, (_, i) => `${name} ${i + 1}`));
  }
});

test('killed at any moment, a process loses nothing that was acknowledged, and the chain is whole', async () => {
  const path = join(scratch(), 'ledger.sqlite');
  let before = 0;
  for (const moment of [1, 7, 30]) {
    const ended = await append(path, `until ${moment}`, 1_000_000, (acknowledged, running) => {
      if (acknowledged >= moment) running.kill('SIGKILL');
    });
    expect(ended.signal).toBe('SIGKILL');
    const ledger = newLedger(path);
    const check = ledger.check();
    expect(check.problems).toEqual([]);
    // What was told before the end is there; at most one more was written whose telling was cut off.
    expect(check.events - before).toBeGreaterThanOrEqual(ended.acknowledged);
    expect(check.events - before).toBeLessThanOrEqual(ended.acknowledged + 1);
    before = check.events;
    ledger.close();
  }
});

test('where the disk takes no more, the append fails whole and names the disk', async () => {
  const path = join(scratch(), 'ledger.sqlite');
  newLedger(path).close();
  // A limit on file size stands in for a full disk: 200 blocks of 512 or 1024 bytes, as the shell counts.
  const ended = await append(path, 'big', 1_000_000, undefined, 'ulimit -f 400;');
  expect(ended.code).not.toBe(0);
  expect(ended.errors).toMatch(/the disk (is full|refused).*disk mounted at/);
  const ledger = newLedger(path);
  expect(ledger.check()).toMatchObject({ ok: true, events: ended.acknowledged });
});

test('two connections see what each other wrote, and a reader both', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const first = newLedger(path);
  const second = newLedger(path);
  first.append([{ kind: 'noted', about: 'a', note: 'b' }]);
  second.append([{ kind: 'noted', about: 'c', note: 'd' }]);
  expect(notes(first)).toEqual(['a b', 'c d']);
  const reader = Ledger.open(path, { clock: () => 0, readonly: true });
  expect(notes(reader)).toEqual(['a b', 'c d']);
  reader.close();
});

test('closing leaves one file that holds everything', () => {
  const path = join(scratch(), 'ledger.sqlite');
  const ledger = newLedger(path);
  ledger.append([{ kind: 'noted', about: 'a', note: 'b' }]);
  ledger.close();
  expect(() => statSync(`${path}-wal`)).toThrow();
  expect(readFileSync(path).includes('"about":"a"')).toBe(true);
});
