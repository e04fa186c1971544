import type { SiteFile } from '../backends/index.ts';
import type { Site } from '../model/index.ts';
import { shellQuote } from '../templates/index.ts';
import type { Settings } from './settings.ts';

/**
 * Programs that come with espalier, as small scripts in the run's folder, so that tasks on this machine find them by name.
 * They are of this machine: on any other site the tools run in containers or are there already.
 */
export function programFiles(
  folder: string,
  site: Site,
  settings: Pick<Settings, 'programs'>,
): readonly SiteFile[] {
  if (site.transport.kind !== 'local') return [];
  return Object.entries(settings.programs).map(([name, words]) => ({
    path: `${folder}/tools/bin/${name}`,
    content: `#!/bin/sh\nexec ${words.map(shellQuote).join(' ')} "$@"\n`,
    executable: true,
  }));
}

/** Shell lines before the wrapper: the site's own, and what puts those programs on the PATH. */
export function sitePrelude(site: Site, folder: string): readonly string[] {
  const path = [`PATH=${shellQuote(`${folder}/tools/bin`)}:$PATH`, 'export PATH'];
  const containers = site.containers.runtime === 'none' ? [] : site.containers.prelude;
  return [...site.prelude, ...containers, ...(site.transport.kind === 'local' ? path : [])];
}
