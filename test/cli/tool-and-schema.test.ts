import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Desk } from './espalier.ts';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
});

afterEach(() => desk.clear());

const packageFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe('espalier schema', () => {
  it.each([
    ['workflow', 'workflows'],
    ['tool', 'tools'],
  ])(
    'prints a JSON Schema for %s files that takes those in %s, and no misspelt one',
    async (what, folder) => {
      const { code, stdout } = await desk.espalier('schema', what);
      expect(code).toBe(0);
      const schema = z.fromJSONSchema(JSON.parse(stdout));
      const files = readdirSync(packageFile(folder));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const document = parse(readFileSync(packageFile(`${folder}/${file}`), 'utf8'));
        expect(schema.safeParse(document).error, file).toBeUndefined();
        expect(schema.safeParse({ ...document, nmae: 'x' }).success, file).toBe(false);
      }
    },
  );
});

describe('espalier tool', () => {
  it('lists the tools of the package and those put into the home folder', async () => {
    desk.write({
      'home/tools/shout.yaml': [
        'name: shout',
        'version: 2.1.0',
        'summary: Capital letters',
        'inputs: { text: { type: file } }',
        'outputs: { text: { name: "{{ inputs.text | stem }}.upper" } }',
        'script: tr a-z A-Z < {{ inputs.text }} > {{ outputs.text }}',
        'resources: { cpus: 1, memory: 10MB, time: 1m }',
        '',
      ].join('\n'),
    });
    const { code, stdout, stderr } = await desk.espalier('tool', 'list');
    expect(code, stderr).toBe(0);
    const names = stdout.split('\n').map((line) => line.split(' ', 1)[0]);
    expect(names).toEqual(
      expect.arrayContaining(['deconvolve', 'deskew', 'otf', 'project', 'rotate', 'shout', 'split']),
    );
    expect(stdout).toMatch(/^shout +2\.1\.0 +Capital letters$/m);
  });

  it('shows one with its inputs, outputs and parameters, and suggests the one that was meant', async () => {
    const { code, stdout } = await desk.espalier('tool', 'show', 'deskew');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^image +file +Raw skewed stack \(TIFF\)$/m);
    expect(stdout).toMatch(/^angle +number \(deg\) +from the acquisition's angle +Between stage travel/m);
    const missing = await desk.espalier('tool', 'show', 'deskw');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('did you mean `deskew`?');
  });

  it('checks a descriptor, and says everything that is wrong with one', async () => {
    const good = await desk.espalier('tool', 'check', packageFile('tools/project.yaml'));
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^`project` .* is in order\n$/) });
    desk.write({
      'bad.yaml':
        'name: bad\nversion: 1\nsumary: x\noutputs: { a: { name: a } }\ncommand: [echo, "{{ inptus.a }}"]\n',
    });
    const { code, stderr } = await desk.espalier('tool', 'check', 'bad.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('bad.yaml:3:1: ');
    expect(stderr).toContain('did you mean `summary`?');
    expect(stderr).toMatch(/espalier: \d+ problems/);
  });
});
