import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openOpenssh, openSsh2, RemoteTransport, type Transport } from '../../src/backends/index.ts';
import { cluster, onCluster } from './cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'esp-cert-'));
const port = 2222;
const keys = '/testbed/keys';

const opened: Transport[] = [];
afterEach(async () => {
  for (const transport of opened.splice(0)) await transport.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keygen(...words: readonly string[]): void {
  execFileSync('ssh-keygen', ['-q', ...words], { cwd: folder });
}

/** A configuration of one host, the login host's second server; `lines` stand in its block. */
function configOf(name: string, known: string, lines: readonly string[]): string {
  const [file, knownHosts] = [join(folder, name), join(folder, `${name}-known`)];
  writeFileSync(knownHosts, `${known}\n`);
  const block = [
    `HostName ${cluster.net}.2`,
    `Port ${port}`,
    'User anna',
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${knownHosts}`,
    'GlobalKnownHostsFile /dev/null',
    ...lines,
  ];
  writeFileSync(file, `Host signed\n${block.map((line) => `  ${line}\n`).join('')}`);
  return file;
}

function open(kind: 'openssh' | 'ssh', configFile: string): Transport {
  const target = { kind, host: 'signed', configFile } as const;
  const channels =
    kind === 'openssh'
      ? openOpenssh(target, { program: 'ssh', controlFolder: folder, site: 'bed' })
      : openSsh2(target, { program: 'ssh', site: 'bed' });
  const transport = new RemoteTransport(channels);
  opened.push(transport);
  return transport;
}

const hello = async (transport: Transport): Promise<string> =>
  (await transport.run('hostname; id -un')).stdout;

onCluster(
  'a server whose key an authority has signed, and that trusts users whose keys it has signed',
  () => {
    const address = () => `[${cluster.net}.2]:${port}`;
    const authority = () =>
      `@cert-authority ${address()} ${readFileSync(join(folder, 'ca.pub'), 'utf8').trim()}`;
    const oldKey = () => [`IdentityFile ${join(cluster.state, 'id_ed25519')}`];
    /** A key that the server knows by its certificate alone. */
    const signedKey = () => [
      `IdentityFile ${join(folder, 'mine')}`,
      `CertificateFile ${join(folder, 'mine-cert.pub')}`,
    ];

    beforeAll(() => {
      keygen('-t', 'ed25519', '-N', '', '-f', 'ca');
      keygen('-t', 'ed25519', '-N', '', '-f', 'mine');
      copyFileSync(join(cluster.state, 'host-key-login.pub'), join(folder, 'host.pub'));
      keygen('-s', 'ca', '-I', 'login', '-h', '-n', `${cluster.net}.2`, 'host.pub');
      keygen('-s', 'ca', '-I', 'anna', '-n', 'anna', 'mine.pub');
      for (const name of ['ca.pub', 'host-cert.pub'])
        copyFileSync(join(folder, name), join(cluster.scratch, name));
      const server = [
        `cp /scratch/ca.pub /scratch/host-cert.pub ${keys}/`,
        `/usr/sbin/sshd -f /testbed/sshd_config -o Port=${port} -o PidFile=/run/sshd-signed.pid -o HostCertificate=${keys}/host-cert.pub -o TrustedUserCAKeys=${keys}/ca.pub`,
      ];
      const begun = cluster.root('login', server.join(' && '));
      expect(begun.code, begun.stderr).toBe(0);
    });
    afterAll(() => {
      cluster.root('login', 'kill "$(cat /run/sshd-signed.pid)"');
    });

    it('is reached through `ssh`, which believes the authority', async () => {
      expect(await hello(open('openssh', configOf('host', authority(), oldKey())))).toBe('login\nanna\n');
      const other = authority().replace(address(), '[10.0.0.1]:22');
      const unknown = open('openssh', configOf('other', other, oldKey())).run(':');
      await expect(unknown).rejects.toMatchObject({ code: 'host-key-unknown' });
    });

    it('lets a certified key in through `ssh`, and no other', async () => {
      expect(await hello(open('openssh', configOf('user', authority(), signedKey())))).toBe('login\nanna\n');
      const [plain = ''] = signedKey();
      rmSync(join(folder, 'bare'), { force: true });
      copyFileSync(join(folder, 'mine'), join(folder, 'bare'));
      const bare = plain.replace(/mine$/, 'bare');
      const refused = open('openssh', configOf('bare-user', authority(), [bare])).run(':');
      await expect(refused).rejects.toMatchObject({ code: 'needs-login' });
    });

    it('is refused by the built-in client, which names what it cannot do', async () => {
      for (const [lines, what] of [
        [oldKey(), 'host certificates'],
        [signedKey(), 'CertificateFile'],
      ] as const)
        await expect(open('ssh', configOf('built-in', authority(), lines)).run(':')).rejects.toMatchObject({
          code: 'needs-openssh',
          message: expect.stringContaining(what),
          hint: expect.stringContaining('transport: openssh'),
        });
    });

    it.each(['openssh', 'ssh'] as const)('is found by what `Match exec` says, over %s', async (kind) => {
      const plain = `${address()} ${readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ')}`;
      const flag = join(folder, `${kind}-here`);
      const file = configOf(`match-${kind}`, plain, oldKey());
      const text = readFileSync(file, 'utf8').replace(`  Port ${port}\n`, '');
      writeFileSync(file, `Match originalhost signed exec "test -e ${flag}"\n  Port ${port}\n${text}`);
      // Port 22 has the same key, but nobody has vouched for it there.
      await expect(open(kind, file).run(':')).rejects.toMatchObject({ code: 'host-key-unknown' });
      writeFileSync(flag, '');
      expect(await hello(open(kind, file))).toBe('login\nanna\n');
    });
  },
);
