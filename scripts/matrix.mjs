// Tests on Node 22 and 24, each in a scratch copy installed without the lock: the lock is for Node 20, and one lock for
// all three breaks in silence (see docs/decisions/node-versions.md). Real Nodes come from the registry as packages.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
// `npm run matrix`, or for some of it `npm run matrix -- 24 test/unit/provenance`.
const asked = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const versions = asked.length > 0 ? asked : ['22', '24'];
const tests = process.argv.slice(2).filter((word) => !/^\d+$/.test(word));

for (const version of versions) testOn(version);

function testOn(version) {
  const scratch = mkdtempSync(join(tmpdir(), `espalier-node${version}-`));
  try {
    const run = (command, args, options = {}) =>
      execFileSync(command, args, { cwd: scratch, stdio: 'inherit', ...options });
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
    }).toString();
    for (const file of files.split('\0').filter((name) => name !== '' && name !== 'package-lock.json')) {
      cpSync(join(root, file), join(scratch, file), { recursive: true });
    }
    const nodeFolder = mkdtempSync(join(tmpdir(), 'espalier-node-'));
    run('npm', ['install', '--no-save', '--prefix', nodeFolder, `node@${version}`]);
    const env = {
      ...process.env,
      PATH: `${join(nodeFolder, 'node_modules/node/bin')}${delimiter}${process.env.PATH}`,
      ESPALIER_SHARED: process.env.ESPALIER_SHARED ?? join(root, '../shared'),
    };
    // Headers of another Node must not be compiled against; on these versions nothing is compiled.
    delete env.npm_config_nodedir;
    console.log(`--- Node ${execFileSync('node', ['--version'], { env }).toString().trim()} ---`);
    run('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], { env });
    run('npx', ['vitest', 'run', ...tests], { env });
    rmSync(nodeFolder, { recursive: true, force: true });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
