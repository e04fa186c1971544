import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accept, type Checked, refuse, type Site, suggest } from '../../model/index.ts';
import { localSite, parseProfiles } from '../../sites/index.ts';
import type { Settings } from '../settings.ts';

export type SiteSettings = Pick<Settings, 'siteFolders' | 'work'>;

/** The profile of a name: the files `NAME.yaml` of the site folders, each laid over those behind it; `local` is this machine. */
export async function loadSite(name: string, settings: SiteSettings): Promise<Checked<Site>> {
  const files = await profileFiles(name, settings);
  if (files.length > 0) return parseProfiles(files, name);
  if (name === 'local') return accept(localSite(settings.work));
  const hint = nearestSite(name, await siteNames(settings));
  return refuse({ code: 'no-site', message: `there is no site \`${name}\``, hint });
}

/** What a person may have meant by a name that none of these sites has. */
export function nearestSite(name: string, known: readonly string[]): string {
  const close = suggest(name, known);
  return close === undefined
    ? `there are: ${known.join(', ')}; \`espalier site add\` makes one`
    : `did you mean \`${close}\`? there are: ${known.join(', ')}`;
}

/** The files that make a profile, the nearest first. */
export async function profileFiles(
  name: string,
  { siteFolders }: Pick<SiteSettings, 'siteFolders'>,
): Promise<readonly { readonly file: string; readonly text: string }[]> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return [];
  const files: { readonly file: string; readonly text: string }[] = [];
  for (const folder of siteFolders) {
    const file = join(folder, `${name}.yaml`);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) files.push({ file, text });
  }
  return files;
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
