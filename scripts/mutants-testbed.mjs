import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * The test cluster for patches whose test runs on it, made anew after each. One that was up before is up again at the end.
 * `unavailable`: why there is none; empty when it is up.
 */
export function openTestbed(root) {
  const script = join(root, 'test/cluster/testbed/cluster.sh');
  const call = (...words) => spawnSync('bash', [script, ...words], { encoding: 'utf8', timeout: 580_000 });
  const wasUp = call('exec', 'login', 'true').status === 0;
  const bringUp = () => {
    const { status, stderr, stdout } = call('up');
    return status === 0 ? '' : `the test cluster did not come up: ${lastLine(stderr) || lastLine(stdout)}`;
  };
  const unavailable = wasUp ? '' : bringUp();
  if (unavailable !== '') console.error(`${unavailable}\n`);
  return {
    unavailable,
    renew() {
      call('down');
      bringUp();
    },
    close() {
      if (unavailable === '' && !wasUp) call('down');
    },
  };
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
