import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileNames } from '../hostile-names.ts';
import { Desk } from './espalier.ts';
import { writeSmallWorkflow } from './small-workflow.ts';

/** A file that starts with a dot is hidden and left out; its name is tested where names are read. */
const names = hostileNames.filter((name) => !name.startsWith('.'));

let desk: Desk;
let run: string;

beforeAll(async () => {
  desk = new Desk();
  writeSmallWorkflow(desk, { names });
  const { code, stderr } = await desk.espalier('run', 'work.yaml', '--quiet');
  expect(code, stderr).toBe(0);
  [run = ''] = desk.runs();
});

afterAll(() => desk.clear());

const result = (step: string, name: string): string => join('espalier-runs', run, 'results', step, name);

/** Every whole line of every record of the run. */
function recordLines(): readonly { readonly fact: string; readonly path?: string }[] {
  const folder = join(desk.folder, 'espalier-runs', run, 'records');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\/\d+$/.test(name))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('names that break careless software', () => {
  it.each(names.map((name, index) => [name, index] as const))('come out as results: %j', (name, index) => {
    expect(desk.read(result('upper', `${name}.upper`))).toBe(`TEXT ${index}\n`);
    expect(desk.read(result('marked', `${name}.marked`))).toBe(`TEXT ${index}\n! ${name}\n`);
  });

  it('run nothing and leave nothing beside the results', () => {
    expect(existsSync(join(desk.folder, 'pwned'))).toBe(false);
    for (const step of ['upper', 'marked'])
      expect(readdirSync(join(desk.folder, result(step, '')))).toHaveLength(names.length);
  });

  it('stand in the records as they are', () => {
    const lines = recordLines();
    const paths = (fact: string): ReadonlySet<string> =>
      new Set(lines.flatMap((line) => (line.fact === fact && line.path !== undefined ? [line.path] : [])));
    const read = paths('input');
    const made = paths('output');
    for (const name of names) {
      expect(read).toContain(join(desk.folder, 'data', `${name}.txt`));
      expect(made).toContain(join(desk.folder, result('marked', `${name}.marked`)));
    }
  });

  it('stand in the ledger as they are', async () => {
    const { tasks } = await desk.json<{ tasks: readonly { task: string; label: string }[] }>('show', run);
    const marked = tasks.filter(({ task }) => task.startsWith('marked:')).map(({ label }) => label);
    // A label quotes a name where it could be misread.
    const plain = marked
      .map((label) => label.replace(/^name=/, ''))
      .map((text) => (text.startsWith('"') ? JSON.parse(text) : text));
    expect(plain.sort()).toEqual([...names].sort());
    const odd = tasks.find(({ label, task }) => label === 'name="new\\nline"' && task.startsWith('upper:'));
    const { attempts } = await desk.json<{
      attempts: readonly { inputs: readonly { path: string }[]; outputs: readonly { path: string }[] }[];
    }>('show', run, odd?.task ?? '');
    expect(attempts[0]?.inputs[0]?.path).toBe(join(desk.folder, 'data/new\nline.txt'));
    expect(attempts[0]?.outputs[0]?.path).toBe(join(desk.folder, result('upper', 'new\nline.upper')));
  });

  it.each(['new\nline', '$(touch pwned)', '-leading-dash'])('are traced to raw data: %j', async (name) => {
    const file = join(desk.folder, result('marked', `${name}.marked`));
    const { files } = await desk.json<{ files: readonly { path: string }[] }>('trace', file);
    expect(files.map(({ path }) => path).sort()).toEqual(
      [
        file,
        join(desk.folder, result('upper', `${name}.upper`)),
        join(desk.folder, 'data', `${name}.txt`),
      ].sort(),
    );
  });

  it('reach a terminal without control characters', async () => {
    const { stdout } = await desk.espalier('show', run, '--tasks');
    expect(stdout).toContain('new\\nline');
    expect([...stdout.replaceAll('\n', '')].filter((character) => /\p{Cc}|\u202e/u.test(character))).toEqual(
      [],
    );
  });

  it('are inert text in the report', async () => {
    const { code, stdout } = await desk.espalier('report', run);
    expect(code).toBe(0);
    const page = readFileSync(stdout.trimEnd(), 'utf8');
    expect(page).not.toContain('<b>bold');
    expect(page).not.toMatch(/<script/i);
    expect(page).toContain('&lt;b&gt;bold &amp; entity;');
    expect(page).toContain('細胞');
  });
});
