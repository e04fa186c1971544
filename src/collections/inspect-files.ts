import { basename, dirname } from 'node:path';
import { FormatError, openTiffBytes, shownPath } from '../formats/index.ts';
import type { Acquisition, FileIdentity } from '../model/index.ts';
import { mergeAcquisitions, settingsAcquisition, type TiffFacts, tiffAcquisition } from './acquisition.ts';
import type { Candidate, Inspected } from './candidate.ts';
import type { FileAccess } from './file-access.ts';
import { chooseSettings, readSettingsFiles, type SettingsFile } from './find-settings.ts';
import { mapLimited } from './map-limited.ts';

export interface InspectOptions {
  readonly site: string;
  readonly role: 'data' | 'calibration';
  /** `needed`: TIFF headers are read only where a settings file does not say what they would; `all`: always. */
  readonly headers: 'needed' | 'all';
  readonly access: FileAccess;
}

/** Files looked at at once: enough to hide the latency of a network file system, few enough for open files. */
const width = 16;

/** Looks at every file: identity, acquisition metadata with sources, and what is wrong with it. Reads no pixels. */
export async function inspectFiles(
  candidates: readonly Candidate[],
  options: InspectOptions,
): Promise<readonly Inspected[]> {
  const settings = new Map<string, Promise<readonly SettingsFile[]>>();
  const settingsOf = (folder: string) => {
    const known = settings.get(folder) ?? readSettingsFiles(folder, options.access);
    settings.set(folder, known);
    return known;
  };
  return mapLimited(candidates, width, async (candidate) =>
    inspectFile(candidate, await settingsOf(dirname(candidate.location)), options),
  );
}

async function inspectFile(
  candidate: Candidate,
  files: readonly SettingsFile[],
  options: InspectOptions,
): Promise<Inspected> {
  const name = basename(candidate.location);
  const { identity, fault } = await identify(candidate.location, options);
  if (fault !== undefined) return { ...candidate, file: identity, acquisition: {}, fault };
  const settings = chooseSettings(files, name, options.role);
  const channel = candidate.dims.channel;
  const said =
    settings === undefined
      ? {}
      : settingsAcquisition(
          settings.settings,
          settings.name,
          typeof channel === 'number' ? channel : undefined,
        );
  const looked = wantsHeader(name, said, options) ? await readHeader(candidate.location, options.access) : {};
  const header = looked.tiff === undefined ? {} : tiffAcquisition(looked.tiff, name);
  const short = looked.fault ?? tooShort(said, identity.size, name);
  return {
    ...candidate,
    file: identity,
    acquisition: mergeAcquisitions(said, header),
    ...(looked.tiff !== undefined && { tiff: looked.tiff }),
    ...(short !== undefined && { fault: short }),
  };
}

function wantsHeader(name: string, said: Acquisition, { headers }: InspectOptions): boolean {
  if (!/\.tiff?$/i.test(name)) return false;
  return headers === 'all' || said.dr === undefined || said.dz === undefined || said.planes === undefined;
}

async function identify(
  path: string,
  { site, access }: InspectOptions,
): Promise<{ identity: FileIdentity; fault?: string }> {
  const nothing = { site, path, size: 0, mtimeMs: 0, inode: '' };
  const found = await access.identify(path);
  if (found === undefined)
    return { identity: nothing, fault: `${shownPath(path)} does not exist or may not be read` };
  if (!found.isFile) return { identity: nothing, fault: `${shownPath(path)} is not a file` };
  const { size, mtimeMs, inode } = found;
  return { identity: { site, path, size, mtimeMs, inode } };
}

async function readHeader(path: string, access: FileAccess): Promise<{ tiff?: TiffFacts; fault?: string }> {
  try {
    const { close, width, height, sizes, voxel, pixelType, pages } = await openTiffBytes(
      await access.open(path),
    );
    await close();
    return { tiff: { width, height, sizes, voxel, pixelType, pages } };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { fault: error.message };
  }
}

/** A raw stack holds at least its 16-bit pixels; the settings file says how many. */
function tooShort(said: Acquisition, size: number, name: string): string | undefined {
  const [width, height, planes] = [said.width?.value, said.height?.value, said.planes?.value];
  if (!/msecabs/i.test(name)) return undefined;
  if (typeof width !== 'number' || typeof height !== 'number' || typeof planes !== 'number') return undefined;
  const expected = width * height * planes * 2;
  if (size >= expected) return undefined;
  return `${shownPath(name)} is incomplete: it has ${size} bytes where ${width} × ${height} × ${planes} pixels of the settings file need ${expected}`;
}
