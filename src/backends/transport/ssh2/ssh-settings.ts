import { execFile } from 'node:child_process';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { EspalierError, type SiteTransport } from '../../../model/index.ts';

/** How one host is reached, as `ssh` itself would reach it. */
export interface SshSettings {
  /** As a person called it. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Its name in known_hosts. */
  readonly keyName: string;
  readonly knownHosts: readonly string[];
  readonly identities: readonly string[];
  readonly identitiesOnly: boolean;
  /** Socket of the agent; absent: none. */
  readonly agent?: string;
  /** Hosts on the way, the nearest first. */
  readonly jumps: readonly string[];
  /** Seconds to wait for the host to answer (ConnectTimeout); absent: not said. */
  readonly patience?: number;
}

/** What `ssh -G` says of a host; where there is no `ssh`, the defaults of OpenSSH. */
export async function readSshSettings(
  target: Pick<SiteTransport, 'host' | 'user' | 'port' | 'configFile'>,
  surroundings: { readonly program: string; readonly site: string; readonly agent?: string | undefined },
): Promise<SshSettings> {
  const words = [
    ...(target.configFile === undefined ? [] : ['-F', target.configFile]),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
  ];
  const text = await askSsh(surroundings.program, [...words, '-G', '--', target.host]);
  return parseSettings(text ?? defaults(target), target.host, surroundings);
}

/** Undefined where there is no such program. */
function askSsh(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(program, words, { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') resolve(undefined);
      else reject(new EspalierError('bad-ssh-config', stderr.trim() || error.message, { fault: 'user' }));
    });
  });
}

function defaults({ host, user, port }: Pick<SiteTransport, 'host' | 'user' | 'port'>): string {
  const folder = join(homedir(), '.ssh');
  return [
    `hostname ${host}`,
    `user ${user ?? userInfo().username}`,
    `port ${port ?? 22}`,
    ...['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `identityfile ${join(folder, name)}`),
    `userknownhostsfile ${join(folder, 'known_hosts')}`,
    'globalknownhostsfile /etc/ssh/ssh_known_hosts',
  ].join('\n');
}

export function parseSettings(
  text: string,
  alias: string,
  { site, agent }: { readonly site: string; readonly agent?: string | undefined },
): SshSettings {
  const lines = text.split('\n').map((line) => line.trim());
  const all = (key: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1).trim()] : []));
  const one = (key: string): string | undefined => all(key).find((value) => value !== 'none');
  refuseUnable(one, alias, site);
  const host = one('hostname') ?? alias;
  const port = Number(one('port') ?? 22);
  const named = one('identityagent');
  const socket = named === undefined || named === 'SSH_AUTH_SOCK' ? agent : withHome(named);
  const isOff = all('identityagent').includes('none');
  return {
    alias,
    host,
    port,
    user: one('user') ?? userInfo().username,
    keyName: one('hostkeyalias') ?? host,
    knownHosts: [...all('userknownhostsfile'), ...all('globalknownhostsfile')]
      .flatMap((list) => list.split(/\s+/))
      .map(withHome),
    identities: all('identityfile').map(withHome),
    identitiesOnly: one('identitiesonly') === 'yes',
    ...(socket !== undefined && !isOff && { agent: socket }),
    ...(Number(one('connecttimeout')) > 0 && { patience: Number(one('connecttimeout')) }),
    jumps: (one('proxyjump') ?? '').split(',').filter((each) => each !== ''),
  };
}

/** What the configuration asks for and this client cannot do, by its name. */
function refuseUnable(one: (key: string) => string | undefined, alias: string, site: string): void {
  const unable: readonly (readonly [string, string])[] = [
    ['proxycommand', 'ProxyCommand'],
    ['pkcs11provider', 'PKCS11Provider'],
    ['certificatefile', 'CertificateFile'],
  ];
  for (const [key, name] of unable) if (one(key) !== undefined) throw needsOpenssh(alias, name, site);
}

export function needsOpenssh(host: string, what: string, site: string): EspalierError {
  return new EspalierError(
    'needs-openssh',
    `\`${host}\` needs ${what}, which the built-in client cannot do`,
    {
      fault: 'user',
      hint: `say \`transport: openssh\` in the profile of \`${site}\`: then this machine's own \`ssh\` is used`,
    },
  );
}

function withHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

/** `user@host:port`, `ssh://user@host:port` or an alias. */
export function parseJump(text: string): {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
} {
  const bare = text.replace(/^ssh:\/\//, '').replace(/\/$/, '');
  const at = bare.lastIndexOf('@');
  const rest = bare.slice(at + 1);
  const port = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(rest);
  return {
    host: port?.[1] ?? port?.[2] ?? rest.replace(/^\[|\]$/g, ''),
    ...(at > 0 && { user: bare.slice(0, at) }),
    ...(port?.[3] !== undefined && { port: Number(port[3]) }),
  };
}
