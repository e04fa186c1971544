import { basename, dirname } from 'node:path';
import { FormatError, openTiffBytes, shownPath } from '../formats/index.ts';
import type { Acquisition, FileIdentity } from '../model/index.ts';
import { mergeAcquisitions, settingsAcquisition, type TiffFacts, tiffAcquisition } from './acquisition.ts';
import type { Candidate, Inspected } from './candidate.ts';
import type { FileAccess, SeenIdentity } from './file-access.ts';
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
  const folders = [...new Set(candidates.map(({ location }) => dirname(location)))];
  const read = await mapLimited(folders, width, (folder) => readSettingsFiles(folder, options.access));
  const settings = new Map(folders.map((folder, at) => [folder, read[at] ?? []]));
  return mapLimited(candidates, width, (candidate) =>
    inspectFile(candidate, settings.get(dirname(candidate.location)) ?? [], options),
  );
}

/** No promise where all is known already: a folder of a site may hold a hundred thousand files, and was listed in one piece. */
function inspectFile(
  candidate: Candidate,
  files: readonly SettingsFile[],
  options: InspectOptions,
): Inspected | Promise<Inspected> {
  const seen = options.access.identify(candidate.location);
  return seen instanceof Promise
    ? seen.then((found) => inspectSeen(candidate, found, files, options))
    : inspectSeen(candidate, seen, files, options);
}

function inspectSeen(
  candidate: Candidate,
  seen: SeenIdentity | undefined,
  files: readonly SettingsFile[],
  options: InspectOptions,
): Inspected | Promise<Inspected> {
  const name = basename(candidate.location);
  const { identity, fault } = identify(candidate.location, seen, options);
  if (fault !== undefined) return { candidate, file: identity, acquisition: {}, fault };
  const said = acquisitionOf(candidate, name, files, options);
  if (!wantsHeader(name, said, options)) return inspected(candidate, identity, said, {});
  return readHeader(candidate.location, options.access).then((header) =>
    inspected(candidate, identity, said, header),
  );
}

function acquisitionOf(
  { dims: { channel } }: Candidate,
  name: string,
  files: readonly SettingsFile[],
  { role }: InspectOptions,
): Acquisition {
  const settings = chooseSettings(files, name, role);
  if (settings === undefined) return {};
  return settingsAcquisition(
    settings.settings,
    settings.name,
    typeof channel === 'number' ? channel : undefined,
  );
}

function inspected(
  candidate: Candidate,
  file: FileIdentity,
  said: Acquisition,
  looked: { readonly tiff?: TiffFacts; readonly fault?: string },
): Inspected {
  const name = basename(candidate.location);
  const short = looked.fault ?? tooShort(said, file.size, name);
  const { tiff } = looked;
  if (tiff === undefined && short === undefined) return { candidate, file, acquisition: said };
  const fault = short !== undefined && { fault: short };
  if (tiff === undefined) return { candidate, file, acquisition: said, ...fault };
  const acquisition = mergeAcquisitions(said, tiffAcquisition(tiff, name));
  return { candidate, file, acquisition, tiff, ...fault };
}

function wantsHeader(name: string, said: Acquisition, { headers }: InspectOptions): boolean {
  if (!/\.tiff?$/i.test(name)) return false;
  return headers === 'all' || said.dr === undefined || said.dz === undefined || said.planes === undefined;
}

function identify(
  path: string,
  seen: SeenIdentity | undefined,
  { site }: InspectOptions,
): { readonly identity: FileIdentity; readonly fault?: string } {
  const nothing = { site, path, size: 0, mtimeMs: 0, inode: '' };
  if (seen === undefined)
    return { identity: nothing, fault: `${shownPath(path)} does not exist or may not be read` };
  if (!seen.isFile) return { identity: nothing, fault: `${shownPath(path)} is not a file` };
  const { size, mtimeMs, inode } = seen;
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
