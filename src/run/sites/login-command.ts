import { Master } from '../../backends/index.ts';
import { EspalierError } from '../../model/index.ts';
import type { Settings } from '../settings.ts';
import { loadSite } from './load-site.ts';

/**
 * The `ssh` that opens a site's connection in a terminal; undefined where there is nothing to log in to. `isOpen`: it is there
 * already, and a second `ssh` would only stand beside it.
 */
export async function loginCommand(
  name: string,
  settings: Settings,
): Promise<
  { readonly program: string; readonly words: readonly string[]; readonly isOpen: boolean } | undefined
> {
  const loaded = await loadSite(name, settings);
  if (!loaded.ok)
    throw new EspalierError('bad-site', `the site \`${name}\` cannot be used`, { problems: loaded.problems });
  const { transport } = loaded.value;
  if (transport.kind === 'local') return undefined;
  const master = new Master(transport, { ...settings.ssh, site: name });
  return { program: master.program, words: master.loginWords(), isOpen: await master.isOpen() };
}
