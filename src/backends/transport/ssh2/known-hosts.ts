import { createHmac } from 'node:crypto';

/** A line of a known_hosts file that is about one host. */
export interface KnownKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, … */
  readonly type: string;
  /** As in the file, base64. */
  readonly key: string;
  readonly marker?: 'revoked' | 'cert-authority';
}

/** What a key is worth for a host: `changed` where another one is known for it. */
export type Trust = 'known' | 'unknown' | 'changed' | 'revoked';

/**
 * Lines about a host in the text of known_hosts files (sshd(8), section SSH_KNOWN_HOSTS FILE FORMAT): names, lists, `*`, `?`, `!`,
 * hashed names and `[host]:port`. Where nothing is said of the port, what is said of the host without it counts, as for `ssh`.
 */
export function knownKeys(text: string, host: string, port: number): readonly KnownKey[] {
  const lines = text.split(/\r?\n/).flatMap(parseLine);
  const about = (name: string): readonly KnownKey[] =>
    lines.filter(({ hosts }) => matches(hosts, name)).map(({ known }) => known);
  if (port === 22) return about(host.toLowerCase());
  const withPort = about(`[${host.toLowerCase()}]:${port}`);
  return withPort.length > 0 ? withPort : about(host.toLowerCase());
}

export function judgeKey(known: readonly KnownKey[], type: string, key: string): Trust {
  if (known.some((each) => each.marker === 'revoked' && each.key === key)) return 'revoked';
  const plain = known.filter(({ marker }) => marker === undefined);
  if (plain.some((each) => each.type === type && each.key === key)) return 'known';
  return plain.length > 0 ? 'changed' : 'unknown';
}

interface Line {
  readonly hosts: string;
  readonly known: KnownKey;
}

function parseLine(line: string): readonly Line[] {
  const words = line.trim().split(/\s+/);
  if (line.trim() === '' || line.trim().startsWith('#')) return [];
  const marked = /^@(revoked|cert-authority)$/.exec(words[0] ?? '');
  const [hosts, type, key] = marked === null ? words : words.slice(1);
  if (hosts === undefined || type === undefined || key === undefined) return [];
  const marker = marked?.[1] === 'revoked' ? 'revoked' : 'cert-authority';
  return [{ hosts, known: { type, key, ...(marked !== null && { marker }) } }];
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  let isFound = false;
  for (const each of hosts.split(',')) {
    const isNot = each.startsWith('!');
    if (!matchesPattern(isNot ? each.slice(1) : each, name)) continue;
    if (isNot) return false;
    isFound = true;
  }
  return isFound;
}

function matchesHash(hosts: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hosts.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function matchesPattern(pattern: string, name: string): boolean {
  const text = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${text}$`).test(name);
}
