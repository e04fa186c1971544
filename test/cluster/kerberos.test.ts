import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { openOpenssh, openSsh2, RemoteTransport, type Transport } from '../../src/backends/index.ts';
import { cluster, onCluster } from './cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'esp-krb-'));
const [sshPort, kdcPort] = [2224, 8888];
const server = `${cluster.net}.2`;
/** On the login host: what the key distribution centre and the ssh server that believes it keep. */
const there = '/run/kerberos';
const surroundings = `KRB5_CONFIG=${there}/krb5.conf KRB5_KDC_PROFILE=${there}/kdc.conf KRB5_KTNAME=FILE:${there}/keytab`;

const realmOf = (keeper: string): string => `[libdefaults]
  default_realm = LIGHT.SHEET
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  LIGHT.SHEET = {
    kdc = ${keeper}:${kdcPort}
  }
`;

const centre = `[kdcdefaults]
  kdc_ports = ""
  kdc_tcp_ports = ${kdcPort}
[realms]
  LIGHT.SHEET = {
    database_name = ${there}/principals
    key_stash_file = ${there}/stash
    acl_file = ${there}/acl
  }
`;

const opened: Transport[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const transport of opened.splice(0)) await transport.close();
});
afterAll(() => {
  // What is logged in through `ssh` stays so for a while: the next command of a person would use it.
  for (const socket of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) =>
    /^c.*\//.test(each),
  ))
    spawnSync('ssh', ['-o', `ControlPath=${join(folder, socket)}`, '-O', 'exit', 'kerberized']);
  rmSync(folder, { recursive: true, force: true });
});

function open(kind: 'openssh' | 'ssh'): Transport {
  const target = { kind, host: 'kerberized', configFile: join(folder, 'config') } as const;
  const channels =
    kind === 'openssh'
      ? openOpenssh(target, { program: 'ssh', controlFolder: mkdtempSync(join(folder, 'c')), site: 'bed' })
      : openSsh2(target, { program: 'ssh', site: 'bed' });
  const transport = new RemoteTransport(channels);
  opened.push(transport);
  return transport;
}

/** The laptop of somebody who has a ticket, or has none. */
function laptop(tickets: 'anna' | 'none'): void {
  vi.stubEnv('KRB5_CONFIG', join(folder, 'krb5.conf'));
  vi.stubEnv('KRB5CCNAME', `FILE:${join(folder, tickets)}`);
}

function asRoot(...lines: readonly string[]): void {
  const { code, stdout, stderr } = cluster.root(
    'login',
    ['set -e; PATH=/usr/sbin:$PATH', ...lines].join('\n'),
  );
  expect(code, stdout + stderr).toBe(0);
}

onCluster('a server that takes Kerberos tickets alone', () => {
  beforeAll(() => {
    writeFileSync(join(cluster.scratch, 'krb5.conf'), realmOf('127.0.0.1'));
    writeFileSync(join(cluster.scratch, 'kdc.conf'), centre);
    writeFileSync(join(folder, 'krb5.conf'), realmOf(server));
    const kadmin = `${surroundings} kadmin.local -q`;
    asRoot(
      `mkdir -p ${there}`,
      `mv /scratch/krb5.conf /scratch/kdc.conf ${there}/`,
      `${surroundings} kdb5_util create -s -P master >/dev/null`,
      `${kadmin} 'addprinc -pw lattice anna' >/dev/null`,
      `${kadmin} 'addprinc -randkey host/${server}' >/dev/null`,
      `${kadmin} 'ktadd -k ${there}/keytab host/${server}' >/dev/null`,
      `${surroundings} krb5kdc -P /run/krb5kdc.pid`,
      `${surroundings} /usr/sbin/sshd -f /testbed/sshd_config -o Port=${sshPort} -o PidFile=/run/sshd-kerberos.pid -o GSSAPIAuthentication=yes -o GSSAPIStrictAcceptorCheck=no -o AuthenticationMethods=gssapi-with-mic`,
      `echo lattice | ${surroundings} kinit -c FILE:/scratch/ticket anna`,
      'chmod 644 /scratch/ticket',
    );
    copyFileSync(join(cluster.scratch, 'ticket'), join(folder, 'anna'));
    rmSync(join(cluster.scratch, 'ticket'));
    const [known = ''] = readFileSync(join(cluster.state, 'host-key-login.pub'), 'utf8').split('\n');
    writeFileSync(join(folder, 'known'), `[${server}]:${sshPort} ${known}\n`);
    const block = [
      `HostName ${server}`,
      `Port ${sshPort}`,
      'User anna',
      'GSSAPIAuthentication yes',
      `UserKnownHostsFile ${join(folder, 'known')}`,
      'GlobalKnownHostsFile /dev/null',
    ];
    writeFileSync(join(folder, 'config'), `Host kerberized\n${block.map((line) => `  ${line}\n`).join('')}`);
  });
  afterAll(() => {
    cluster.root('login', `kill "$(cat /run/sshd-kerberos.pid)" "$(cat /run/krb5kdc.pid)"; rm -rf ${there}`);
  });

  it('lets in, through `ssh`, who has a ticket; commands and files share the one login', async () => {
    laptop('anna');
    const transport = open('openssh');
    expect((await transport.run('hostname; id -un')).stdout).toBe('login\nanna\n');
    laptop('none');
    expect((await transport.run('echo again')).stdout).toBe('again\n');
  });

  it('refuses who has none, and says how to get one', async () => {
    laptop('none');
    await expect(open('openssh').run(':')).rejects.toMatchObject({
      code: 'needs-login',
      message: expect.stringContaining('gssapi-with-mic'),
      hint: expect.stringContaining('kinit'),
    });
  });

  it('is refused by the built-in client, which names Kerberos and what to write', async () => {
    laptop('anna');
    await expect(open('ssh').run(':')).rejects.toMatchObject({
      code: 'needs-openssh',
      message: expect.stringContaining('Kerberos'),
      hint: expect.stringContaining('transport: openssh'),
    });
  });
});
