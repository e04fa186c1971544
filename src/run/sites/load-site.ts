import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accept, type Checked, refuse, type Site, suggest } from '../../model/index.ts';
import { localSite, parseSite } from '../../sites/index.ts';
import type { Settings } from '../settings.ts';

export type SiteSettings = Pick<Settings, 'siteFolders' | 'work'>;

/** The profile of a name: the first file `NAME.yaml` in the site folders; `local` is this machine. */
export async function loadSite(name: string, settings: SiteSettings): Promise<Checked<Site>> {
  for (const folder of settings.siteFolders) {
    const file = join(folder, `${name}.yaml`);
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) break;
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseSite(text, name, file);
  }
  if (name === 'local') return accept(localSite(settings.work));
  const known = await siteNames(settings);
  const close = suggest(name, known);
  const hint =
    close === undefined
      ? `there are: ${known.join(', ')}; \`espalier site add\` makes one`
      : `did you mean \`${close}\`?`;
  return refuse({ code: 'no-site', message: `there is no site \`${name}\``, hint });
}

/** Every name that can be loaded. */
export async function siteNames(settings: SiteSettings): Promise<readonly string[]> {
  const names = new Set(['local']);
  for (const folder of settings.siteFolders) {
    for (const file of await readdir(folder).catch(() => []))
      if (file.endsWith('.yaml')) names.add(file.slice(0, -'.yaml'.length));
  }
  return [...names].sort();
}
