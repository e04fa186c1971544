import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { EspalierError, type SiteTransport } from '../../../model/index.ts';
import { explainLogin, offerCredentials, type Prompt } from './credentials.ts';
import { judgeKey, type KnownKey, knownKeys, type Trust } from './known-hosts.ts';
import { needsOpenssh, parseJump, readSshSettings, type SshSettings } from './ssh-settings.ts';

export interface Ssh2Surroundings {
  /** The `ssh` program, asked for the configuration only. */
  readonly program: string;
  /** The site's name, for messages. */
  readonly site: string;
  /** Socket of the agent, `SSH_AUTH_SOCK`. */
  readonly agent?: string | undefined;
  readonly prompt?: Prompt | undefined;
}

/** A connection and those that it runs through, the nearest host first. */
export interface Connection {
  readonly client: Client;
  readonly end: () => void;
}

/** A jump host that jumps itself is followed so far. */
const mostHops = 8;

/** Connects through all hops; each hop's key is checked against its own name. */
export async function connect(target: SiteTransport, surroundings: Ssh2Surroundings): Promise<Connection> {
  const hops = await findHops(target, surroundings, mostHops);
  const clients: Client[] = [];
  const end = (): void => {
    for (const client of clients.toReversed()) client.end();
  };
  try {
    for (const hop of hops) {
      const before = clients.at(-1);
      const sock = before === undefined ? undefined : await forward(before, hop);
      clients.push(await connectHop(hop, sock, surroundings));
    }
    const client = clients.at(-1);
    if (client === undefined) throw new Error('no host to connect to');
    return { client, end };
  } catch (error) {
    end();
    throw error;
  }
}

async function findHops(
  target: Pick<SiteTransport, 'host' | 'user' | 'port' | 'configFile'>,
  surroundings: Ssh2Surroundings,
  left: number,
): Promise<readonly SshSettings[]> {
  const settings = await readSshSettings(target, surroundings);
  if (settings.jumps.length >= left)
    throw new EspalierError(
      'bad-ssh-config',
      `\`${target.host}\` is reached through more than ${mostHops} hosts`,
      {
        fault: 'user',
      },
    );
  const { configFile } = target;
  const jumps: SshSettings[] = [];
  for (const [index, jump] of settings.jumps.entries()) {
    const next = { ...parseJump(jump), ...(configFile !== undefined && { configFile }) };
    // Only the first may be behind others itself: the later ones are reached from it.
    if (index === 0) jumps.push(...(await findHops(next, surroundings, left - settings.jumps.length)));
    else jumps.push(await readSshSettings(next, surroundings));
  }
  return [...jumps, settings];
}

function forward(client: Client, { host, port, alias }: SshSettings): Promise<Readable> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
      if (error === undefined) resolve(stream);
      else reject(unreachable(alias, `the host before it cannot reach it: ${error.message}`));
    });
  });
}

async function connectHop(
  settings: SshSettings,
  sock: Readable | undefined,
  surroundings: Ssh2Surroundings,
): Promise<Client> {
  const { site, prompt } = surroundings;
  const known = knownKeys(await readAll(settings.knownHosts), settings.keyName, settings.port);
  const { handler, shortfall } = offerCredentials(settings, prompt);
  let refused: EspalierError | undefined;
  const config: ConnectConfig = {
    host: settings.host,
    port: settings.port,
    username: settings.user,
    // Up to the end of the login: where somebody may be asked, a person needs a while to answer.
    readyTimeout: prompt === undefined ? (settings.patience ?? 30) * 1000 : 300_000,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 3,
    ...(sock !== undefined && { sock }),
    algorithms: { serverHostKey: hostKeyAlgorithms(known) },
    hostVerifier: (key: Buffer) => {
      const parsedKey = ssh2.utils.parseKey(key);
      const type =
        parsedKey instanceof Error
          ? '?'
          : ((Array.isArray(parsedKey) ? parsedKey[0] : parsedKey)?.type ?? '?');
      const trust = judgeKey(known, type, key.toString('base64'));
      if (trust !== 'known') refused = refuseKey(trust, settings, known, { type, key }, site);
      return refused === undefined;
    },
    authHandler: handler as NonNullable<ConnectConfig['authHandler']>,
  };
  const client = new ssh2.Client();
  const login = (): EspalierError => explainLogin(settings, shortfall, site);
  return new Promise((resolve, reject) => {
    client.once('ready', () => {
      client.removeAllListeners('error');
      client.setNoDelay(true);
      resolve(client);
    });
    client.once('error', (error) => {
      client.on('error', () => {}); // the first one is the one to tell
      client.end();
      reject(refused ?? explain(error, settings, login, site));
    });
    // A server may end it without a word, as when it gets no answer to its questions.
    client.once('close', () => {
      const isUnanswered = shortfall.unasked !== undefined;
      reject(isUnanswered ? login() : unreachable(settings.alias, 'it closed the connection'));
    });
    client.connect(config);
  });
}

async function readAll(files: readonly string[]): Promise<string> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.join('\n');
}

const allHostKeys: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** Kinds that are known for the host first: a server with several keys then shows the one that can be checked. */
function hostKeyAlgorithms(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const types = new Set(known.filter(({ marker }) => marker === undefined).map(({ type }) => type));
  const isKnown = (each: ServerHostKeyAlgorithm): boolean =>
    types.has(each.startsWith('rsa-sha2') ? 'ssh-rsa' : each);
  return [...allHostKeys.filter(isKnown), ...allHostKeys.filter((each) => !isKnown(each))];
}

function refuseKey(
  trust: Exclude<Trust, 'known'>,
  { alias, keyName, port }: SshSettings,
  known: readonly KnownKey[],
  { type, key }: { readonly type: string; readonly key: Buffer },
  site: string,
): EspalierError {
  const print = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
  const name = port === 22 ? keyName : `[${keyName}]:${port}`;
  if (trust === 'unknown' && known.some(({ marker }) => marker === 'cert-authority'))
    return needsOpenssh(alias, 'host certificates', site);
  const said = `${type} ${print}`;
  const text = {
    unknown: `the host key of \`${name}\` is not known on this machine: ${said}`,
    changed: `the host key of \`${name}\` is not the one this machine knows: it is now ${said}`,
    revoked: `the host key of \`${name}\` is marked as revoked: ${said}`,
  }[trust];
  const hint = {
    unknown: `compare the fingerprint with the facility's page; then run \`ssh ${alias}\` once and answer yes`,
    changed:
      'ask the facility whether its key was changed and compare the fingerprint; only then take the old line out of known_hosts',
    revoked: 'ask the facility; never use this key',
  }[trust];
  return new EspalierError(`host-key-${trust}`, text, { fault: 'site', hint });
}

function explain(
  error: Error & { readonly level?: string },
  { alias }: SshSettings,
  login: () => EspalierError,
  site: string,
): EspalierError {
  if (error.level === 'client-authentication') return login();
  if (/no matching/i.test(error.message))
    return needsOpenssh(
      alias,
      `other algorithms (${error.message.replace(/^Handshake failed: /, '')})`,
      site,
    );
  return unreachable(alias, error.message);
}

function unreachable(alias: string, why: string): EspalierError {
  return new EspalierError('unreachable', `\`${alias}\` cannot be reached: ${why}`, {
    fault: 'site',
    hint: 'is this machine on the network (or the VPN)? what runs there goes on meanwhile',
  });
}
