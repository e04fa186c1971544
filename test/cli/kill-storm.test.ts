import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/kill-storm.mjs', import.meta.url));

it('twenty kills at random moments lose nothing, double nothing, and leave valid ledgers', {
  timeout: 900_000,
}, () => {
  const seed = String(Date.now() % 1_000_000);
  console.log(`kill storm: seed ${seed}`);
  const words = [script, '--kills', '20', '--seed', seed, '--aimed', '--output', 'json'];
  const ran = spawnSync(process.execPath, words, { encoding: 'utf8' });
  const { kills, lost, doubled, ledgersInvalid, faults } = JSON.parse(ran.stdout || '{}');
  expect({ kills, lost, doubled, ledgersInvalid, faults }, ran.stderr).toEqual({
    kills: 20,
    lost: 0,
    doubled: 0,
    ledgersInvalid: 0,
    faults: [],
  });
});
