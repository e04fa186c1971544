import { EspalierError } from '../../../model/index.ts';

interface Fault {
  readonly words: RegExp;
  readonly code: string;
  readonly message: (host: string) => string;
  readonly hint: (host: string, site: string, said: string) => string;
}

/** What `ssh` says when it cannot connect, the most telling first. */
const faults: readonly Fault[] = [
  {
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    code: 'host-key-changed',
    message: (host) => `the host key of \`${host}\` is not the one this machine knows`,
    hint: () =>
      'ask the facility whether its key was changed and compare the fingerprint; only then take the old line out of known_hosts',
  },
  {
    words: /REVOKED/,
    code: 'host-key-revoked',
    message: (host) => `the host key of \`${host}\` is marked as revoked`,
    hint: () => 'ask the facility; never use this key',
  },
  {
    words: /Host key verification failed|No .* host key is known/i,
    code: 'host-key-unknown',
    message: (host) => `the host key of \`${host}\` is not known on this machine`,
    hint: (host) =>
      `run \`ssh ${host}\` once, compare the fingerprint with the facility's page, and answer yes if it is the same`,
  },
  {
    words: /Permission denied|Too many authentication failures|no more authentication methods/i,
    code: 'needs-login',
    message: (host) => `\`${host}\` wants a login that only a person can give`,
    hint: (_, site, said) => `${waysIn(site, said)}; what runs there goes on meanwhile`,
  },
  {
    words:
      /Could not resolve hostname|Connection refused|timed out|No route to host|unreachable|reset by peer|closed by/i,
    code: 'unreachable',
    message: (host) => `\`${host}\` cannot be reached`,
    hint: () => 'is this machine on the network (or the VPN)? what runs there goes on meanwhile',
  },
];

/** `ssh` ends with what the server takes: `(publickey,gssapi-with-mic)`. Many name Kerberos (gssapi) whether or not anybody has it. */
function waysIn(site: string, said: string): string {
  const methods = /\(([a-z,-]+)\)/.exec(said)?.[1]?.split(',') ?? [];
  const kerberos = methods.filter((method) => method.startsWith('gssapi'));
  const login = `log in with \`espalier site login ${site}\``;
  if (kerberos.length === 0) return login;
  const ticket = 'take a Kerberos ticket (`kinit`)';
  return kerberos.length === methods.length
    ? ticket
    : `${login}, or ${ticket} if that is how you log in there`;
}

export function explainSshFault(stderr: string, host: string, site: string): EspalierError {
  const fault = faults.find(({ words }) => words.test(stderr));
  const said = stderr.trim();
  if (fault === undefined)
    return new EspalierError('unreachable', `\`ssh ${host}\` failed: ${said || 'it gave no reason'}`, {
      fault: 'site',
      hint: `try \`ssh ${host}\` by hand`,
    });
  return new EspalierError(fault.code, `${fault.message(host)}: ${said}`, {
    fault: 'site',
    hint: fault.hint(host, site, said),
  });
}
