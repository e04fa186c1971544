import { createHash } from 'node:crypto';
import { EspalierError } from '../../model/index.ts';

/** `docker://HOST/NAME:TAG` in parts; undefined where no host is named. */
export function parseTag(
  image: string,
): { readonly host: string; readonly name: string; readonly tag: string } | undefined {
  const [, rest = ''] = /^(?:docker|oras):\/\/(.+)$/.exec(image) ?? [];
  const slash = rest.indexOf('/');
  const host = rest.slice(0, Math.max(slash, 0));
  // As container tools read it: the first part is a host if it could be nothing else.
  if (!/[.:]/.test(host) && host !== 'localhost') return undefined;
  const [, name = '', tag = 'latest'] =
    /^([^:@]+)(?::([\w][\w.-]{0,127}))?$/.exec(rest.slice(slash + 1)) ?? [];
  return name === '' ? undefined : { host, name, tag };
}

const kinds = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const patienceMs = 30_000;

/**
 * What a tag means now: the sha256 of its manifest, worked out from the manifest itself (OCI distribution specification 1.1,
 * "Pulling manifests"). Anonymous: a registry that wants a login is refused.
 *
 * @throws EspalierError `no-image` where the registry does not give it
 */
export async function resolveTag(image: string, insecure: readonly string[]): Promise<string> {
  const parsed = parseTag(image);
  if (parsed === undefined)
    throw noImage(image, 'its name names no registry', 'write HOST/NAME:TAG, or add its digest');
  const { host, name, tag } = parsed;
  const url = `${insecure.includes(host) ? 'http' : 'https'}://${host}/v2/${name}/manifests/${tag}`;
  try {
    let answer = await ask(url);
    if (answer.status === 401)
      answer = await ask(url, await anonymousToken(answer.headers.get('www-authenticate') ?? ''));
    if (!answer.ok) throw new Error(`the registry answers ${answer.status} ${answer.statusText}`.trim());
    const digest = createHash('sha256')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('hex');
    return `sha256:${digest}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    const why = error instanceof Error ? `${error.message}${cause}` : String(error);
    throw noImage(
      image,
      why,
      'is the name right, and this machine on the network? a digest, `…@sha256:…`, needs neither',
    );
  }
}

function ask(url: string, token?: string): Promise<Response> {
  const headers = { accept: kinds, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return fetch(url, { headers, signal: AbortSignal.timeout(patienceMs) });
}

/** Registries that are open to all still want a token that anybody gets. */
async function anonymousToken(challenge: string): Promise<string> {
  const fields = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const realm = fields.get('realm');
  if (!/^bearer /i.test(challenge) || realm === undefined) throw new Error('the registry wants a login');
  const url = new URL(realm);
  for (const key of ['service', 'scope']) {
    const value = fields.get(key);
    if (value !== undefined) url.searchParams.set(key, value);
  }
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  const body: unknown = answer.ok ? await answer.json() : {};
  const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined;
  if (typeof token !== 'string') throw new Error('the registry wants a login');
  return token;
}

function noImage(image: string, why: string, hint: string): EspalierError {
  return new EspalierError('no-image', `cannot find out what \`${image}\` is: ${why}`, {
    fault: 'user',
    hint,
  });
}
