import type { Transport } from '../../backends/index.ts';
import {
  Backend,
  LocalTransport,
  localBatch,
  openOpenssh,
  openSsh2,
  RemoteTransport,
  slurmBatch,
} from '../../backends/index.ts';
import type { Site, SiteTransport } from '../../model/index.ts';
import type { Settings } from '../settings.ts';

/** A site as something to work with. Nothing is asked of it yet. */
export async function openSite(site: Site, settings: Pick<Settings, 'ssh'>): Promise<Backend> {
  const { name, transport, limits } = site;
  if (site.batch === 'local') return new Backend(localBatch, openTransport(name, transport, settings));
  return new Backend(slurmBatch(site), openTransport(name, transport, settings, limits.answerWithin));
}

/** A way to a host, before anything else is known of it. */
export function openTransport(
  name: string,
  transport: SiteTransport,
  { ssh }: Pick<Settings, 'ssh'>,
  answerWithin?: number,
): Transport {
  if (transport.kind === 'local') return new LocalTransport(answerWithin);
  const open = transport.kind === 'ssh' ? openSsh2 : openOpenssh;
  return new RemoteTransport(open(transport, { ...ssh, site: name }), answerWithin);
}
