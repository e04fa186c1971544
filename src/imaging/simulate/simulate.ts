import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, type TiffHeader, writeTiff } from '../../formats/index.ts';
import { type Acquisition, pixelSize, stackName, wavelengthOf } from './acquisition.ts';
import { expose, takeFrame } from './camera.ts';
import { emit } from './emission.ts';
import { blur, pointSpread, samplePointSpread } from './optics.ts';
import { createRandom } from './random.ts';
import { renderSettings } from './settings-text.ts';
import { createSpecimen, type Specimen } from './specimen.ts';
import { createUprightGrid, type UprightGrid } from './upright-grid.ts';

/**
 * Writes an acquisition into a new or empty folder: a raw stack per channel and time point, the settings file, and
 * a bead image per channel (`psf_ch0.tif`, upright, its voxel size in the header). After an error nothing is left.
 * @param tell is called with the name of every file that is whole
 * @throws FormatError when the folder holds something or cannot be written
 */
export async function simulate(
  folder: string,
  acquisition: Acquisition,
  tell: (name: string) => void = () => {},
): Promise<void> {
  const isNew = await openEmptyFolder(folder);
  const written: string[] = [];
  try {
    for (const { name, write } of listFiles(acquisition)) {
      written.push(name);
      await write(join(folder, name));
      tell(name);
    }
  } catch (error) {
    for (const name of written) await rm(join(folder, name), { force: true });
    if (isNew) await rmdir(folder);
    throw error;
  }
}

/** @returns whether the folder was made */
async function openEmptyFolder(folder: string): Promise<boolean> {
  let made: string | undefined;
  let held: string[];
  try {
    made = await mkdir(folder, { recursive: true });
    held = await readdir(folder);
  } catch (error) {
    throw new FormatError(folder, 'cannot be made a folder; check the path and its permissions', {
      cause: error,
    });
  }
  if (held.length > 0) throw new FormatError(folder, 'is not empty; choose a new folder');
  return made !== undefined;
}

interface PlannedFile {
  readonly name: string;
  write(path: string): Promise<void>;
}

function* listFiles(acquisition: Acquisition): Generator<PlannedFile> {
  const settings = `${acquisition.base}_Settings.txt`;
  yield { name: settings, write: (path) => writeSettings(path, acquisition) };
  const grid = createUprightGrid(acquisition);
  const specimen = createSpecimen(acquisition, grid);
  for (let channel = 0; channel < acquisition.channels; channel++) {
    yield { name: `psf_ch${channel}.tif`, write: (path) => writeBead(path, acquisition, channel) };
    for (let time = 0; time < acquisition.times; time++) {
      const name = stackName(acquisition, channel, time);
      yield { name, write: (path) => writeStack(path, acquisition, grid, specimen, { channel, time }) };
    }
  }
}

async function writeSettings(path: string, acquisition: Acquisition): Promise<void> {
  try {
    await writeFile(path, renderSettings(acquisition));
  } catch (error) {
    throw new FormatError(path, 'could not be written; check the free space and its permissions', {
      cause: error,
    });
  }
}

/** Raw stacks carry no voxel size, as the microscope's own do not: it stands in the settings file. */
async function writeStack(
  path: string,
  acquisition: Acquisition,
  grid: UprightGrid,
  specimen: Specimen,
  { channel, time }: { readonly channel: number; readonly time: number },
): Promise<void> {
  const { raw, seed } = acquisition;
  const parts = pointSpread(wavelengthOf(channel));
  const light = blur(emit(specimen, grid, channel, time), grid.shape, grid.spacing, parts);
  const random = createRandom(seed, `camera ${channel} ${time}`);
  await writeTiff(
    path,
    headerOf(raw),
    planes(raw.nz, (z) => takeFrame(random, light, grid, z)),
  );
}

const bead = { shape: { nx: 64, ny: 64, nz: 61 }, axial: 0.1, photons: 200_000 };

async function writeBead(path: string, acquisition: Acquisition, channel: number): Promise<void> {
  const { nx, ny, nz } = bead.shape;
  const lateral = pixelSize(acquisition);
  const parts = pointSpread(wavelengthOf(channel));
  const light = samplePointSpread(bead.shape, { lateral, axial: bead.axial }, parts);
  const random = createRandom(acquisition.seed, `bead ${channel}`);
  const header = { ...headerOf({ nx, ny, nz }), voxel: { x: lateral, y: lateral, z: bead.axial } };
  const plane = (z: number): Uint16Array =>
    Uint16Array.from(light.subarray(z * nx * ny, (z + 1) * nx * ny), (share) =>
      expose(random, share * bead.photons),
    );
  await writeTiff(path, header, planes(nz, plane));
}

function headerOf({
  nx,
  ny,
  nz,
}: {
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
}): TiffHeader {
  return { width: nx, height: ny, sizes: { z: nz, c: 1, t: 1 }, pixelType: 'uint16' };
}

function* planes(count: number, plane: (z: number) => Uint16Array): Generator<Uint16Array> {
  for (let z = 0; z < count; z++) yield plane(z);
}
