import { Backend, LocalTransport, localBatch, type SiteFile } from '../backends/index.ts';
import { shellQuote } from '../templates/index.ts';
import type { Settings } from './settings.ts';

export const localSiteName = 'local';

/** This machine, as a site with the batch system that starts processes. */
export function openLocalSite(): Backend {
  return new Backend(localBatch, new LocalTransport());
}

/** Programs that come with espalier, as small scripts in the run's folder, so that tasks find them by name. */
export function programFiles(folder: string, settings: Pick<Settings, 'programs'>): readonly SiteFile[] {
  return Object.entries(settings.programs).map(([name, words]) => ({
    path: `${folder}/tools/bin/${name}`,
    content: `#!/bin/sh\nexec ${words.map(shellQuote).join(' ')} "$@"\n`,
    executable: true,
  }));
}

/** Shell lines that put them on the PATH. */
export function pathPrelude(folder: string): readonly string[] {
  return [`PATH=${shellQuote(`${folder}/tools/bin`)}:$PATH`, 'export PATH'];
}
