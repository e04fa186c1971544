import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWorkflow } from '../../../src/run/check-workflow.ts';

const tool = (name: string, version: string): string =>
  `${name}\nversion: ${version}\nsummary: copies\ninputs: { image: { type: file } }\noutputs: { copy: { name: "{{ item.t }}.txt" } }\ncommand: [cp, "{{ inputs.image }}", "{{ outputs.copy }}"]\n`;

describe('the tools of a workflow', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'espalier-tools-'));
    mkdirSync(join(folder, 'tools'));
    mkdirSync(join(folder, 'own'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const check = (name: string) => {
    const steps = `steps:\n  first: { for-each: raw, tool: ${name} }\n`;
    const file = join(folder, 'w.yaml');
    writeFileSync(file, `name: w\ncollections: { raw: { pattern: "t{t:int}.txt" } }\n${steps}`);
    return checkWorkflow(file, { toolFolders: [join(folder, 'own')] });
  };
  const put = (where: string, text: string): void => writeFileSync(join(folder, where), text);
  const versionOf = async (name: string): Promise<string | undefined> => {
    const checked = await check(name);
    return checked.ok ? checked.value.steps[0]?.tool.version : undefined;
  };

  it('are found by name, in the nearest folder first', async () => {
    put('own/a.yaml', tool('name: copy', '1'));
    expect(await versionOf('copy')).toBe('1');
    put('tools/b.yaml', tool('name: copy', '2'));
    expect(await versionOf('copy')).toBe('2');
  });

  it.each(['name: "copy"', "'name': copy", 'name:   copy   # the plain one', 'name: >-\n  copy'])(
    'are found by a name that is written %j',
    async (written) => {
      put('own/a.yaml', tool('name: copy', '1'));
      put('tools/b.yaml', tool(written, '2'));
      expect(await versionOf('copy')).toBe('2');
    },
  );

  it('are found where the workflow writes the name in another way', async () => {
    put('own/a.yaml', tool('name: copy', '1'));
    expect(await versionOf('"c\\x6fpy"')).toBe('1');
  });

  it('are all named where the one that is wanted is not there, and those that cannot be read', async () => {
    put('own/a.yaml', tool('name: copy', '1'));
    put('own/b.yaml', tool('name: other', '1').replace('summary', 'sumary'));
    const checked = await check('cpoy');
    const said = checked.ok
      ? ''
      : checked.problems.map(({ message, hint }) => `${message} ${hint ?? ''}`).join('\n');
    expect(said).toMatch(/copy/);
    expect(said).toMatch(/sumary/);
  });
});
