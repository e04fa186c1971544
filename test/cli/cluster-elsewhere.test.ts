import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'espalier-elsewhere-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What this machine lacks, once nothing but a shell can be found on it. */
function lacks(): string {
  if (process.platform !== 'linux') return 'the test cluster needs Linux with network namespaces';
  return process.getuid?.() === 0 ? 'the test cluster needs Debian' : 'the test cluster needs root';
}

// A Vitest of its own, which loads every file of them.
describe('the tests on the test cluster, where it cannot run,', { timeout: 600_000 }, () => {
  it('say why, are all skipped with that in their titles, and fail nothing', () => {
    symlinkSync(execFileSync('sh', ['-c', 'command -v sh'], { encoding: 'utf8' }).trim(), join(folder, 'sh'));
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const ran = spawnSync(
      process.execPath,
      [vitest, 'run', '--project', 'cluster', '--reporter=verbose', '--reporter=./test/count-reporter.ts'],
      { cwd: root, encoding: 'utf8', env: { PATH: folder, HOME: folder, NO_COLOR: '1' } },
    );
    expect(ran.status, ran.stdout + ran.stderr).toBe(0);
    expect(ran.stdout).toContain(`\ncluster tests are skipped: ${lacks()}`);
    const tests = ran.stdout.split('\n').filter((line) => /^ *↓/.test(line));
    const files = readdirSync(join(root, 'test/cluster')).filter((name) => name.endsWith('.test.ts'));
    expect(tests.length).toBeGreaterThanOrEqual(files.length);
    for (const line of tests) expect(line).toContain(`(skipped: ${lacks()}`);
    for (const file of files) expect(tests.join('\n')).toContain(`test/cluster/${file} `);
    expect(ran.stdout.trim().split('\n').at(-1)).toBe(`0 passed, 0 failed, ${tests.length} skipped`);
  });
});
