import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { judgeKey, knownKeys } from '../../../src/backends/transport/ssh2/known-hosts.ts';

const folder = mkdtempSync(join(tmpdir(), 'espalier-known-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Real keys: ssh-keygen passes over lines whose key it cannot read. */
function makeKey(name: string): string {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  return readFileSync(`${file}.pub`, 'utf8').split(' ')[1] ?? '';
}

const [a, b, c] = [makeKey('a'), makeKey('b'), makeKey('c')];

const lists = [
  `login ssh-ed25519 ${a}`,
  `# a comment\n\nlogin,10.0.0.2 ssh-ed25519 ${a} a comment`,
  `LOGIN.example.org ssh-ed25519 ${a}`,
  `*.example.org ssh-ed25519 ${a}\nlogin ssh-ed25519 ${b}`,
  `*.example.org,!login.example.org ssh-ed25519 ${a}`,
  `10.0.0.? ssh-ed25519 ${a}`,
  `[login]:2222 ssh-ed25519 ${a}\nlogin ssh-ed25519 ${b}`,
  `@revoked login ssh-ed25519 ${c}\nlogin ssh-ed25519 ${a}`,
];
const names = ['login', 'login.example.org', 'x.example.org', '10.0.0.2', '10.0.0.22', '[login]:2222', 'log'];

it.each(lists.flatMap((text) => names.map((name) => [text, name] as const)))(
  'finds in %j of %s what ssh-keygen finds',
  (text, name) => {
    for (const hashed of [false, true]) {
      const file = join(folder, 'list');
      writeFileSync(file, `${text}\n`);
      // What has a wildcard stays as it is.
      if (hashed) execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
      let theirs = '';
      try {
        theirs = execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8', stdio: 'pipe' });
      } catch {
        // it ends with 1 where there is nothing
      }
      const found = theirs.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const port = /^\[(.*)\]:(\d+)$/.exec(name);
      const ours = knownKeys(readFileSync(file, 'utf8'), port?.[1] ?? name, Number(port?.[2] ?? 22));
      // Without a line for the port, ssh itself looks for the host alone; ssh-keygen does not.
      if (port !== null && found.length === 0) continue;
      expect(ours.map(({ key }) => key)).toEqual(
        found.map((line) => line.split(' ').at(line.startsWith('@') ? 3 : 2)),
      );
    }
  },
);

it('takes a key of the host without a port where nothing is said of the port', () => {
  expect(knownKeys(`login ssh-ed25519 ${a}`, 'login', 2222).map(({ key }) => key)).toEqual([a]);
});

it.each([
  [a, 'known'],
  [b, 'changed'],
  [c, 'revoked'],
])('judges a key: %#', (key, trust) => {
  const known = knownKeys(
    `login ssh-ed25519 ${a}\nlogin ssh-ed25519 ${c}\n@revoked * ssh-ed25519 ${c}`,
    'login',
    22,
  );
  expect(judgeKey(known, 'ssh-ed25519', key)).toBe(trust);
  expect(judgeKey([], 'ssh-ed25519', key)).toBe('unknown');
});
