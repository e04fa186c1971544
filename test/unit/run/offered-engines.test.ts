import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { offeredEngines } from '../../../src/run/offered-engines.ts';
import { localSite } from '../../../src/sites/index.ts';
import { hostileNames } from '../../hostile-names.ts';

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'espalier-engines-'));
});

afterEach(() => rmSync(scratch, { recursive: true, force: true }));

it.each(hostileNames)('asks the imaging program wherever it lies: %j', async (name) => {
  const folder = join(scratch, name);
  const program = join(folder, 'imaging');
  mkdirSync(folder);
  writeFileSync(
    program,
    `#!/bin/sh
[ "$*" = "one two devices --json" ] && echo '{"engines":[{"engine":"odd","runs":true,"devices":[]}]}'
`,
  );
  chmodSync(program, 0o755);
  const programs = { 'espalier-imaging': [program, 'one two'] };
  expect((await offeredEngines(localSite('/work'), { programs })).automatic).toContain('odd');
});
