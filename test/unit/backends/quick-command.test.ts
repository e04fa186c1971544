import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, expect, it } from 'vitest';
import { openSsh2 } from '../../../src/backends/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'espalier-quick-'));
const keys = ssh2.utils.generateKeyPairSync('ed25519');
/** A stand-in for sshd, as no real one can be told to say all in one go: begun, exit code, end. */
const server = new ssh2.Server({ hostKeys: [keys.private] }, (client) => {
  client.on('error', () => undefined);
  client.on('authentication', (login) => login.accept());
  client.on('session', (accept) => {
    accept().on('exec', (begin) => {
      const channel = begin();
      channel.exit(3);
      channel.end();
    });
  });
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it('tells the exit code of a command whose end comes together with the word that it has begun', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = Object(server.address());
  const [configFile, identity, known] = [join(folder, 'config'), join(folder, 'id'), join(folder, 'known')];
  writeFileSync(identity, keys.private, { mode: 0o600 });
  writeFileSync(known, `[127.0.0.1]:${port} ${keys.public.split(' ').slice(0, 2).join(' ')}\n`);
  writeFileSync(
    configFile,
    `Host *\n  User anna\n  IdentityFile ${identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile /dev/null\n`,
  );
  const channels = openSsh2(
    { kind: 'ssh', host: '127.0.0.1', port, configFile },
    { program: 'ssh', site: 'bed' },
  );
  const ran = await channels.exec('exit 3', { timeoutMs: 10_000 });
  await channels.close();
  expect(ran.code).toBe(3);
});
