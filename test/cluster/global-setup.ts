import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const script = fileURLToPath(new URL('testbed/cluster.sh', import.meta.url));

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the cluster keeps its state; or why there is none. */
    cluster: { readonly state: string; readonly unavailable: string };
  }
}

/**
 * Brings the cluster up once for all files and takes it down after them; one that a person brought up is used and left up. Where
 * it cannot run it says why, aloud.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const cache =
    process.env.ESPALIER_TESTBED ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'espalier-testbed');
  const isUp = answers(join(cache, 'state'));
  const unavailable = whyNot() ?? (isUp ? '' : bringUp());
  if (unavailable !== '') console.log(`\ncluster tests are skipped: ${unavailable}\n`);
  project.provide('cluster', { state: join(cache, 'state'), unavailable });
  return async () => {
    if (unavailable !== '' || isUp) return;
    // Not in one breath: Vitest hears meanwhile that the last file's process has ended.
    await once(spawn('bash', [script, 'down'], { stdio: 'inherit' }), 'close');
  };
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'the test cluster needs Linux with network namespaces';
  if (process.getuid?.() !== 0) return 'the test cluster needs root, to make hosts in namespaces';
  if (spawnSync('sh', ['-c', 'command -v apt-get']).status !== 0) return 'the test cluster needs Debian';
  const made = spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']);
  return made.status === 0 ? undefined : 'this machine lets root make no namespaces';
}

/** Whether somebody brought it up before. */
function answers(state: string): boolean {
  const words = ['-F', join(state, 'ssh_config'), '-o', 'BatchMode=yes', 'login', '/usr/bin/sinfo -h'];
  return existsSync(join(state, 'ssh_config')) && spawnSync('ssh', words, { timeout: 20_000 }).status === 0;
}

/** Empty when it is up. */
function bringUp(): string {
  const ran = spawnSync('bash', [script, 'up'], { encoding: 'utf8', timeout: 580_000 });
  if (ran.status === 0) return '';
  return `it did not come up: ${(ran.stderr || ran.stdout).trim().split('\n').slice(-3).join(' | ')}`;
}
