import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk } from './espalier.ts';
import { noTerminal } from './sitter.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.clear());

/** Two items, of which the second fails unless `gate` is there; each leaves a line in `tally`. */
async function runOnce(): Promise<void> {
  desk.write({
    'w.yaml': `name: terminal
collections:
  raw: { pattern: "cell_{t:int}.txt", in: data }
defaults:
  resources: { cpus: 1, memory: 10MB, time: 5m }
  environment: { AT: "${desk.folder}" }
steps:
  copy:
    for-each: raw
    run: 'echo {{ item.t }} >>"$AT/tally"; [ {{ item.t }} -ne 2 ] || [ -e "$AT/gate" ] || exit 3; cat {{ inputs.image }} >{{ outputs.image }}'
    outputs: { image: "{{ item.t }}.txt" }
`,
    'data/cell_1.txt': 'one\n',
    'data/cell_2.txt': 'two\n',
  });
  const { code } = await desk.espalier('run', 'w.yaml');
  expect(code).toBe(1);
  desk.write({ gate: '' });
}

async function resets(): Promise<number> {
  const { attempts } = await desk.json<{ attempts: readonly unknown[] }>('show', 'copy:2');
  return attempts.length;
}

const again = /copy +1 +it failed \[exit\] +as before/;

describe.skipIf(noTerminal !== '')(`espalier resume at a terminal${noTerminal}`, () => {
  it('shows what it will do and why, asks, and does it after a yes', async () => {
    await runOnce();
    const person = desk.sit('resume');
    await person.sees('Do this? [y/N] ');
    expect(person.shown).toMatch(again);
    expect(desk.tally()).toHaveLength(2);
    person.types('y');
    expect(await person.ended, person.shown).toBe(0);
    expect(desk.tally()).toHaveLength(3);
  });

  it.each([
    ['no', 'n\r'],
    ['nothing', '\r'],
    ['no word that it knows', 'yesterday\r'],
    ['Ctrl-D', '\x04'],
    ['Ctrl-C', '\x03'],
  ])('does nothing where the answer is %s', async (_, keys) => {
    await runOnce();
    const person = desk.sit('resume', '--with', 'memory=20MB');
    await person.sees('Do this? [y/N] ');
    person.presses(keys);
    expect(await person.ended, person.shown).toBe(0);
    await person.sees('nothing was done');
    expect(desk.tally()).toHaveLength(2);
    expect(await resets()).toBe(1);
    expect(await desk.json<object>('status')).toMatchObject({ run: { counts: { succeeded: 1, failed: 1 } } });
  });

  it('does not ask with --yes', async () => {
    await runOnce();
    const person = desk.sit('resume', '--yes');
    expect(await person.ended, person.shown).toBe(0);
    expect(person.shown).toMatch(again);
    expect(person.shown).not.toContain('[y/N]');
    expect(desk.tally()).toHaveLength(3);
  });

  it('asks on its own about a workflow that was edited, also with --yes, and names the way to run it', async () => {
    await runOnce();
    desk.write({ 'w.yaml': desk.read('w.yaml').replace('10MB', '12MB') });
    const refused = desk.sit('resume', '--yes');
    await refused.sees('Go on with the plan as it was? [y/N] ');
    refused.types('');
    expect(await refused.ended).toBe(0);
    await refused.sees('nothing was done');
    await refused.sees('espalier run FILE');
    expect(desk.tally()).toHaveLength(2);
    const person = desk.sit('resume', '--yes');
    await person.sees('Go on with the plan as it was? [y/N] ');
    person.types('yes');
    expect(await person.ended, person.shown).toBe(0);
    expect(desk.tally()).toHaveLength(3);
  });
});
