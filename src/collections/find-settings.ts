import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AcquisitionSettings, parseSettingsText } from '../formats/index.ts';

export interface SettingsFile {
  readonly name: string;
  readonly settings: AcquisitionSettings;
}

const largestSettings = 4 * 1024 * 1024;

/** Reads the `*Settings.txt` files of a folder that are settings files. A folder that cannot be read has none. */
export async function readSettingsFiles(folder: string): Promise<readonly SettingsFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => /settings\.txt$/i.test(name) && !name.startsWith('.'),
  );
  const found: SettingsFile[] = [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (file === undefined || !file.isFile() || file.size > largestSettings) continue;
    const settings = parseSettingsText(await readFile(path));
    if (settings.recognised) found.push({ name, settings });
  }
  return found;
}

/**
 * The settings that belong to an image: `<base>_Settings.txt` whose base begins the image's name, the longest of
 * several. Data may also have the only settings file of their folder, since a folder is one acquisition; a PSF may
 * not, because it has a step of its own that the settings of the data do not know.
 */
export function chooseSettings(
  files: readonly SettingsFile[],
  image: string,
  role: 'data' | 'calibration',
): SettingsFile | undefined {
  const fitting = files.filter(({ name }) => baseOf(name) !== '' && image.startsWith(baseOf(name)));
  const longest = [...fitting].sort((a, b) => baseOf(b.name).length - baseOf(a.name).length)[0];
  return longest ?? (files.length === 1 && role === 'data' ? files[0] : undefined);
}

function baseOf(name: string): string {
  return name.replace(/_?settings\.txt$/i, '');
}
