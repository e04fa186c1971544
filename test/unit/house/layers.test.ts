import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let house: string;

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), 'espalier-house-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(join(root, file), join(house, file));
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'));
});

afterAll(() => rmSync(house, { recursive: true, force: true }));

/** Lints a house of these files; gives the names of the rules that were broken. */
function brokenRules(files: Readonly<Record<string, string>>): string {
  rmSync(join(house, 'src'), { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(house, path, '..'), { recursive: true });
    writeFileSync(join(house, path), text);
  }
  try {
    const bin = join(root, 'node_modules/.bin/depcruise');
    return execFileSync(bin, ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'src'], {
      cwd: house,
    }).toString();
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

const model = { 'src/model/index.ts': 'export const ground = 1;\n' };

describe('the layer rule', () => {
  it('lets a room import what lies below it', () => {
    const report = brokenRules({
      ...model,
      'src/scheduler/index.ts': "export { ground } from '../model/index.ts';\n",
      'src/run/index.ts': "export { ground } from '../scheduler/index.ts';\n",
    });
    expect(report).toContain('no dependency violations');
  });

  it('refuses an import that goes up', () => {
    const report = brokenRules({
      'src/run/index.ts': 'export const high = 1;\n',
      'src/model/index.ts': "export { high } from '../run/index.ts';\n",
    });
    expect(report).toContain('layer-model');
  });

  it('refuses an import between neighbours', () => {
    const report = brokenRules({
      ...model,
      'src/provenance/index.ts': 'export const past = 1;\n',
      'src/scheduler/index.ts': "export { past } from '../provenance/index.ts';\n",
    });
    expect(report).toContain('layer-scheduler');
  });

  it('keeps files, processes and packages out of the rooms that only decide', () => {
    const report = brokenRules({
      ...model,
      'src/scheduler/index.ts':
        "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
      'src/run/index.ts': "export { read } from '../scheduler/index.ts';\n",
    });
    expect(report).toContain('model-is-the-ground');
  });
});
