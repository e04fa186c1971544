import { type AcquisitionSettings, parseSettingsText } from '../formats/index.ts';
import type { FileAccess } from './file-access.ts';

export interface SettingsFile {
  readonly name: string;
  readonly settings: AcquisitionSettings;
}

/** Those of a folder's settings files that are the kind we know. */
export async function readSettingsFiles(
  folder: string,
  access: FileAccess,
): Promise<readonly SettingsFile[]> {
  const found: SettingsFile[] = [];
  for (const { name, bytes } of await access.settings(folder)) {
    const settings = parseSettingsText(bytes);
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
