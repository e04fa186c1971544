import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  LocalTransport,
  openOpenssh,
  openSsh2,
  RemoteTransport,
  type Transport,
} from '../../src/backends/index.ts';
import { transportContract } from '../contract/transport-suite.ts';
import { cluster, onCluster, until } from './cluster.ts';
import { FaultProxy } from './fault-proxy.ts';
import { oneTimeCode, password } from './otto.ts';

const folder = mkdtempSync(join(tmpdir(), 'esp-ssh-'));
const smallDisk = '/mnt/espalier-small';
type Prompt = (question: string, hidden: boolean) => Promise<string>;

const opened: Transport[] = [];
const left: ChildProcess[] = [];
afterEach(async () => {
  for (const transport of opened.splice(0)) await transport.close();
});
afterAll(() => {
  for (const child of left) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

function builtIn(
  host: string,
  more: {
    readonly user?: string;
    readonly config?: string;
    readonly prompt?: Prompt;
    readonly agent?: string;
  } = {},
): Transport {
  const { user, config = cluster.sshConfig, prompt, agent } = more;
  const target = { kind: 'ssh', host, configFile: config, ...(user !== undefined && { user }) } as const;
  const transport = new RemoteTransport(openSsh2(target, { program: 'ssh', site: 'bed', prompt, agent }));
  opened.push(transport);
  return transport;
}

onCluster('the ways of SSH', () => {
  beforeAll(() => {
    const made = cluster.root(
      'login',
      `mkdir -p ${smallDisk} && mount -t tmpfs -o size=64k,mode=1777 tmpfs ${smallDisk}`,
    );
    expect(made.code, made.stderr).toBe(0);
    mkdirSync(join(folder, 'small'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(folder, 'small')]);
  });
  afterAll(() => {
    execFileSync('umount', [join(folder, 'small')]);
    cluster.root('login', `umount ${smallDisk}`);
  });

  transportContract('this machine, on a disk that is full', {
    open: () => new LocalTransport(),
    smallDisk: join(folder, 'small'),
    remote: false,
  });

  // bash, csh, fish, and a shell that talks before every answer.
  for (const user of ['anna', 'carl', 'finn', 'bela']) {
    const target = { host: 'login', user, configFile: cluster.sshConfig };
    transportContract(`openssh as ${user}`, {
      open: () =>
        new RemoteTransport(
          openOpenssh({ kind: 'openssh', ...target }, { program: 'ssh', controlFolder: folder, site: 'bed' }),
        ),
      smallDisk,
      remote: true,
    });
    transportContract(`built in, as ${user}`, {
      open: () => new RemoteTransport(openSsh2({ kind: 'ssh', ...target }, { program: 'ssh', site: 'bed' })),
      smallDisk,
      remote: true,
    });
  }
});

onCluster('a host that comes and goes', () => {
  const closed: FaultProxy[] = [];
  afterEach(async () => {
    for (const proxy of closed.splice(0)) await proxy.close();
  });
  /** The login host behind a door of ours. */
  const behind = async (kind: string, first = ''): Promise<readonly [FaultProxy, Transport]> => {
    const proxy = await FaultProxy.open(`${cluster.net}.2`, 22);
    closed.push(proxy);
    const door = `Host login\n  HostName 127.0.0.1\n  Port ${proxy.port}\n  HostKeyAlias login\n${first}`;
    const config = configWith(
      `door-${proxy.port}`,
      readFileSync(join(cluster.state, 'known_hosts'), 'utf8'),
      door,
    );
    const target = { kind: 'openssh', host: 'login', configFile: config } as const;
    const surroundings = { program: 'ssh', controlFolder: folder, site: `door-${proxy.port}` };
    if (kind === 'built in') return [proxy, builtIn('login', { config })];
    const transport = new RemoteTransport(openOpenssh(target, surroundings));
    opened.push(transport);
    return [proxy, transport];
  };

  it.each(['openssh', 'built in'])('is connected to again after a while: %s', async (kind) => {
    const [proxy, transport] = await behind(kind);
    proxy.mode = 'close';
    const first = transport.run('echo there');
    await until('a login that was hung up on', () => proxy.refused >= 1);
    proxy.mode = 'pass';
    expect((await first).stdout).toBe('there\n');
    proxy.mode = 'close';
    proxy.cut();
    const next = transport.run('echo back').catch(() => transport.run('echo back'));
    await until('two more', () => proxy.refused >= 3);
    proxy.mode = 'pass';
    expect((await next).stdout).toBe('back\n');
  });

  it('makes no connection of its own where the one it shares is gone', async () => {
    const before = new Set(readdirSync(folder));
    const [proxy, transport] = await behind('openssh');
    const server = async (): Promise<string> => (await transport.run('echo $PPID')).stdout;
    const first = await server();
    const socket = readdirSync(folder).find((each) => /^[0-9a-f]{16}$/.test(each) && !before.has(each));
    expect(socket).toBeDefined();
    proxy.cut();
    await until('the connection to end', () => !existsSync(join(folder, socket ?? '')));
    const [second, third] = [await server(), await server()];
    expect([second === first, third === second]).toEqual([false, true]);
  });

  it('is connected to again where the shared connection was killed and left its socket', async () => {
    const before = new Set(readdirSync(folder));
    const [, transport] = await behind('openssh');
    await transport.run(':');
    const name = readdirSync(folder).find((each) => /^[0-9a-f]{16}$/.test(each) && !before.has(each)) ?? '';
    const socket = join(folder, name);
    const told = spawnSync('ssh', ['-O', 'check', '-S', socket, 'login'], { encoding: 'utf8' }).stderr;
    const master = Number(/pid=(\d+)/.exec(told)?.[1]);
    process.kill(master, 'SIGKILL');
    await until('the connection to be gone', () => !existsSync(`/proc/${master}`));
    expect(existsSync(socket)).toBe(true);
    await transport.run('echo lost').catch(() => undefined);
    expect((await transport.run('echo back')).stdout).toBe('back\n');
    expect((await transport.run('echo again')).stdout).toBe('again\n');
  });

  it('is not waited for where it says nothing, longer than ConnectTimeout', async () => {
    const [proxy, transport] = await behind('built in', '  ConnectTimeout 1\n');
    proxy.mode = 'silent';
    await expect(transport.run(':')).rejects.toMatchObject({ code: 'unreachable' });
    expect(proxy.refused).toBe(1);
  });
});

/** The cluster's own configuration with another known_hosts, and whatever else stands first. */
function configWith(name: string, knownHosts: string, first = ''): string {
  const [file, known] = [join(folder, name), join(folder, `${name}-known`)];
  writeFileSync(known, knownHosts);
  const own = readFileSync(cluster.sshConfig, 'utf8').replace(
    /UserKnownHostsFile .*/g,
    `UserKnownHostsFile ${known}`,
  );
  writeFileSync(file, `${first}\n${own}`);
  return file;
}

onCluster('the built-in client', () => {
  /** Read in the tests themselves: where there is no cluster there is none, and they are skipped. */
  const keyOf = (host: string): string =>
    readFileSync(join(cluster.state, `host-key-${host}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  const hello = async (transport: Transport): Promise<string> =>
    (await transport.run('hostname; id -un')).stdout;

  it('asks for password and one-time code once, and keeps the connection', async () => {
    const asked: (readonly [string, boolean])[] = [];
    const prompt: Prompt = async (question, hidden) => {
      asked.push([question, hidden]);
      return question.includes('Password') ? password : oneTimeCode();
    };
    const transport = builtIn('login', { user: 'otto', prompt });
    for (const _ of [1, 2]) expect(await hello(transport)).toBe('login\notto\n');
    expect(asked).toEqual([
      ['Password: ', true],
      ['Verification code: ', true],
    ]);
  });

  it('says that a person is needed where there is none, or where the answer was wrong', async () => {
    const needs = { code: 'needs-login', message: expect.stringContaining('`login` does not let `otto` in') };
    await expect(builtIn('login', { user: 'otto' }).run(':')).rejects.toMatchObject(needs);
    const prompt = async (): Promise<string> => 'wrong';
    await expect(builtIn('login', { user: 'otto', prompt }).run(':')).rejects.toMatchObject(needs);
  });

  it.each([
    ['inner', 'login\nanna\n'],
    ['deep', 'cn2\nanna\n'],
  ])('reaches %s through the hosts before it', async (host, said) => {
    expect(await hello(builtIn(host))).toBe(said);
  });

  it('checks the key of each host on the way by its own name', async () => {
    const known = readFileSync(join(cluster.state, 'known_hosts'), 'utf8');
    const config = configWith('no-gate', known.replace(/^gate.*\n/m, ''));
    await expect(builtIn('inner', { config }).run(':')).rejects.toMatchObject({
      code: 'host-key-unknown',
      message: expect.stringContaining(`\`${cluster.net}.5\``),
    });
  });

  it.each([
    ['plain', (key: string) => `${cluster.net}.2 ${key}`, undefined],
    ['a list with a wildcard', (key: string) => `x,${cluster.net.slice(0, -1)}*.? ${key}`, undefined],
    ['no line', () => '', 'host-key-unknown'],
    ['another key', () => `${cluster.net}.2 ${keyOf('cn1')}`, 'host-key-changed'],
    ['revoked', (key: string) => `${cluster.net}.2 ${key}\n@revoked * ${key}`, 'host-key-revoked'],
    ['only its authority', () => `@cert-authority * ${keyOf('cn1')}`, 'needs-openssh'],
  ])('judges a host key by known_hosts: %s', async (name, lines, code) => {
    const text = lines(keyOf('login'));
    const transport = builtIn('login', { config: configWith(name.replaceAll(' ', '-'), `${text}\n`) });
    if (code === undefined) expect(await hello(transport)).toBe('login\nanna\n');
    else await expect(transport.run(':')).rejects.toMatchObject({ code });
  });

  it('finds hashed names, and shows the fingerprint that ssh-keygen shows', async () => {
    const config = configWith('hashed', `${cluster.net}.2 ${keyOf('login')}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', join(folder, 'hashed-known')], { stdio: 'ignore' });
    expect(readFileSync(join(folder, 'hashed-known'), 'utf8')).toMatch(/^\|1\|/);
    expect(await hello(builtIn('login', { config }))).toBe('login\nanna\n');
    const [, print = '?'] = execFileSync('ssh-keygen', ['-lf', join(cluster.state, 'host-key-login.pub')], {
      encoding: 'utf8',
    }).split(' ');
    const unknown = builtIn('login', { config: configWith('empty', '') }).run(':');
    await expect(unknown).rejects.toMatchObject({ message: expect.stringContaining(print) });
  });

  it('asks once for the passphrase of a key, and uses an agent before that', async () => {
    const key = join(folder, 'locked');
    execFileSync('cp', [join(cluster.state, 'id_ed25519'), key]);
    execFileSync('cp', [join(cluster.state, 'id_ed25519.pub'), `${key}.pub`]);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'lattice', '-f', key]);
    const config = join(folder, 'locked-config');
    const own = readFileSync(cluster.sshConfig, 'utf8');
    writeFileSync(config, own.replace(/IdentityFile .*/g, `IdentityFile ${key}`));
    const asked: string[] = [];
    const prompt: Prompt = async (question) => {
      asked.push(question);
      return 'lattice';
    };
    expect(await hello(builtIn('login', { config, prompt }))).toBe('login\nanna\n');
    expect(asked).toEqual([`Passphrase of the key ${key}: `]);
    await expect(builtIn('login', { config }).run(':')).rejects.toMatchObject({ code: 'needs-login' });

    const agent = join(folder, 'agent');
    left.push(spawn('ssh-agent', ['-D', '-a', agent], { stdio: 'ignore' }));
    const plain = join(cluster.state, 'id_ed25519');
    const env = { ...process.env, SSH_AUTH_SOCK: agent };
    const add = (): boolean => {
      try {
        execFileSync('ssh-add', ['-q', plain], { env, stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    };
    await until('the agent to hold the key', add);
    expect(await hello(builtIn('login', { config, agent }))).toBe('login\nanna\n');
  });

  it.each(['ProxyCommand nc %h %p', 'PKCS11Provider /usr/lib/some.so'])(
    'names what it cannot do: %s',
    async (line) => {
      const [name = ''] = line.split(' ');
      const config = configWith(name, '', `Host login\n  ${line}\n`);
      await expect(builtIn('login', { config }).run(':')).rejects.toMatchObject({
        code: 'needs-openssh',
        message: expect.stringContaining(name),
        hint: expect.stringContaining('transport: openssh'),
      });
    },
  );

  it('says that nobody answers', async () => {
    const config = configWith('nobody', '', `Host login\n  HostName ${cluster.net}.1\n  Port 9\n`);
    await expect(builtIn('login', { config }).run(':')).rejects.toMatchObject({ code: 'unreachable' });
  });
});
