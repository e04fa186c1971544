import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Desk } from './espalier.ts';

/** Does the ordinary command of each item; says in a file of the desk how many it was given. */
const program = `
const { appendFileSync, readFileSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const [said, list] = process.argv.slice(2);
const items = readFileSync(list, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
appendFileSync(said, items.length + ' ');
for (const { item, dir, command } of items)
  appendFileSync(list + '.done', item + ' ' + spawnSync(command[0], command.slice(1), { cwd: dir }).status + '\\n');
`;

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  const many = `[${process.execPath}, ${join(desk.folder, 'many.js')}, ${join(desk.folder, 'said')}, "{{ batch }}"]`;
  const tool = (name: string, more: string) =>
    `name: ${name}\nversion: 1\nsummary: copies\ninputs: { text: file }\noutputs: { text: "{{ item.name }}.${name}" }\ncommand: [cp, "{{ inputs.text }}", "{{ outputs.text }}"]\nresources: { memory: 10MB }\n${more}`;
  const batch = `batch: { command: ${many}, most: 4 }\n`;
  desk.write({
    'many.js': program,
    'home/sites/others.yaml': 'batch: local\ntransport: local\nwork: /tmp/others\nengines: [other]\n',
    'home/tools/first.yaml': tool('first', batch),
    'home/tools/second.yaml': tool('second', batch),
    'home/tools/single.yaml': tool('single', ''),
    'home/tools/engines.yaml': tool(
      'engines',
      `${batch}engines: { cpu: {}, other: { command: [cp, -p, "{{ inputs.text }}", "{{ outputs.text }}"] } }\n`,
    ),
    ...Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`data/${name}.txt`, `text ${name}\n`])),
  });
});
afterEach(() => desk.clear());

/** Five files through both tools, packed by five, so that it does not depend on the machine's processors. */
function workflow(first = '', tool = 'first'): void {
  const step = (name: string, from: string, which: string, more: string) =>
    `  ${name}: { tool: ${which}, for-each: ${from}, pack: 5${more} }\n`;
  desk.write({
    'w.yaml': `name: w\ncollections: { raw: { pattern: "{name}.txt", in: data } }\nsteps:\n${step('one', 'raw', tool, first)}${step('two', 'one.text', 'second', '')}`,
  });
}

/** The numbers of items that processes were given, since last asked. */
function said(): string {
  const text = existsSync(join(desk.folder, 'said')) ? desk.read('said').trim() : '';
  desk.write({ said: '' });
  return text;
}

describe('a tool that takes many items in one process', () => {
  it('is given those of an element, step after step, and makes what single processes make', async () => {
    workflow();
    const ran = await desk.espalier('run', 'w.yaml', '--quiet');
    expect(ran.code, ran.stderr).toBe(0);
    // Four at most in one process; the fifth of each step runs alone.
    expect(said()).toBe('4 4');
    const [run = ''] = desk.runs();
    expect(desk.read(`espalier-runs/${run}/results/two/e.second`)).toBe('text e\n');
    expect((await desk.espalier('ledger', 'check')).code).toBe(0);
    // The keys are those of tasks that run alone: nothing is to be done again.
    const plain = await desk.espalier('run', 'w.yaml', '--quiet', '--no-batch');
    expect(plain.code).toBe(0);
    expect(said()).toBe('');
    const { run: second } = await desk.json<{ run: { counts: unknown } }>('status');
    expect(second.counts).toEqual({ cached: 10 });
  });

  it('is shown by plan, and can be switched off on the command line and in the workflow', async () => {
    workflow();
    const shown = await desk.espalier('plan', 'w.yaml', '--scripts');
    expect(shown.stdout).toMatch(/^esp_run_batch \S+ \S+many.js \S+said "\$esp_items"$/m);
    expect((await desk.espalier('plan', 'w.yaml', '--scripts', '--no-batch')).stdout).not.toMatch(
      /^esp_run_batch /m,
    );
    workflow(', batch: false');
    expect((await desk.espalier('run', 'w.yaml', '--quiet')).code).toBe(0);
    expect(said()).toBe('4');
    workflow(', batch: 2');
    const plan = await desk.espalier('plan', 'w.yaml', '--scripts');
    expect(plan.stdout.match(/^esp_batch \d/gm)).toEqual(['esp_batch 2', 'esp_batch 2', 'esp_batch 4']);
    // And is no part of what a result is remembered by.
    expect((await desk.espalier('run', 'w.yaml', '--quiet')).code).toBe(0);
    expect(said()).toBe('');
  });

  it('is not asked that way for an engine whose command is another one', async () => {
    workflow('', 'engines');
    const batches = async (engine: string) => {
      const choice = ['--site', 'others', '--set', `one.engine=${engine}`];
      const { stdout } = await desk.espalier('plan', 'w.yaml', '--scripts', ...choice);
      return stdout.match(/^esp_batch /gm)?.length;
    };
    expect(await batches('cpu')).toBe(2);
    expect(await batches('other')).toBe(1);
  });

  it('is missed by name where a step wants one and its tool takes one item at a time', async () => {
    workflow(', batch: 3', 'single');
    const checked = await desk.espalier('check', 'w.yaml');
    expect(checked.code).toBe(2);
    expect(checked.stdout + checked.stderr).toContain('`single` takes one item at a time');
  });
});
