import { openTiff, shownPath, type TiffImage } from '../../formats/index.ts';
import type { Blur } from '../deconvolve/index.ts';
import { type PsfOptions, preparePsf } from '../otf/index.ts';
import type { Volume } from '../volume.ts';
import { cleanBead } from './clean-bead.ts';
import { ImagingError, UsageError } from './problem.ts';
import { openStack, readPlanes } from './stack.ts';
import type { Streams } from './streams.ts';
import { choiceOf, numberOf, positiveOf, textOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { type VoxelEdges, voxelEdges } from './voxels.ts';

/** What blurred the image, from `--psf` or `--otf`; `edges` are the image's. */
export async function loadBlur(
  options: Arguments['options'],
  edges: VoxelEdges,
  streams: Streams,
): Promise<{ readonly blur: Blur; readonly described: string }> {
  const key = JSON.stringify([blurOptions.map((name) => options[name]), edges]);
  if (last?.key !== key) last = { key, loaded: load(options, edges, streams) };
  const { loaded } = last;
  // What failed for one is tried again for the next.
  loaded.catch(() => {
    last = undefined;
  });
  return loaded;
}

/** Options that say what blurred the image. */
const blurOptions = ['psf', 'otf', 'psf-dr', 'psf-dz', 'psf-background', 'psf-centre'] as const;

/** Commands of one process mostly deconvolve with the same one; an engine keeps what it made of it. */
let last: { readonly key: string; readonly loaded: ReturnType<typeof load> } | undefined;

async function load(
  options: Arguments['options'],
  edges: VoxelEdges,
  streams: Streams,
): Promise<{ readonly blur: Blur; readonly described: string }> {
  const psf = textOf(options, 'psf');
  const otf = textOf(options, 'otf');
  if (psf !== undefined && otf === undefined) return loadPsf(psf, options, edges, streams);
  if (otf !== undefined && psf === undefined) return loadOtf(otf, options, edges);
  throw new UsageError('either --psf or --otf is wanted');
}

async function loadPsf(
  path: string,
  options: Arguments['options'],
  edges: VoxelEdges,
  streams: Streams,
): Promise<{ blur: Blur; described: string }> {
  const centre = choiceOf(options, 'psf-centre', ['peak', 'middle']) ?? 'peak';
  const typed = numberOf(options, 'psf-background');
  const image = await openStack(path);
  try {
    const own = voxelEdges(image, options, streams, 'psf-');
    const measured = await readPlanes(image, 0, image.sizes.z);
    const { volume, background } =
      typed === undefined ? cleanBead(measured) : { volume: measured, background: typed };
    const blur = {
      kind: 'psf' as const,
      psf: prepare(path, volume, { centre, background, ...rescale(own, edges) }),
    };
    const described = `psf-background=${background.toFixed(2)}, psf-centre=${centre}, psf-dr=${own.dr}, psf-dz=${own.dz}`;
    return { blur, described };
  } finally {
    await image.close();
  }
}

function prepare(path: string, volume: Volume, options: PsfOptions): ReturnType<typeof preparePsf> {
  try {
    return preparePsf(volume, options);
  } catch (error) {
    if (error instanceof RangeError) throw new ImagingError(`${shownPath(path)}: ${error.message}`);
    throw error;
  }
}

function rescale(own: VoxelEdges, edges: VoxelEdges): Pick<PsfOptions, 'resample'> {
  const from = { x: own.dr, y: own.dr, z: Math.abs(own.dz) };
  const to = { x: edges.dr, y: edges.dr, z: Math.abs(edges.dz) };
  const same = Math.abs(from.x / to.x - 1) < 1e-3 && Math.abs(from.z / to.z - 1) < 1e-3;
  return same ? {} : { resample: { from, to } };
}

async function loadOtf(
  path: string,
  options: Arguments['options'],
  edges: VoxelEdges,
): Promise<{ blur: Blur; described: string }> {
  const image = await openTiff(path);
  try {
    if (
      image.sizes.z * image.sizes.c * image.sizes.t !== 1 ||
      image.width % 2 !== 0 ||
      image.pixelType !== 'float32'
    )
      throw new ImagingError(
        `${shownPath(path)} is no transfer function; make one with \`espalier-imaging otf\``,
      );
    const steps = frequencySteps(image, options);
    const plane = await image.readPlane({ z: 0, c: 0, t: 0 });
    const parts = (first: 0 | 1): Float64Array =>
      Float64Array.from({ length: plane.length / 2 }, (_, i) => plane[2 * i + first] ?? 0);
    const otf = {
      radialCount: image.height,
      axialCount: image.width / 2,
      ...steps,
      re: parts(0),
      im: parts(1),
    };
    const voxel = { xy: edges.dr, z: Math.abs(edges.dz) };
    return {
      blur: { kind: 'otf', otf, voxel },
      described: `otf-dkr=${steps.radialStep}, otf-dkz=${steps.axialStep}`,
    };
  } finally {
    await image.close();
  }
}

/** From the notes of `espalier-imaging otf`, or for another program's file from the PSF's voxel size. */
function frequencySteps(
  image: TiffImage,
  options: Arguments['options'],
): { radialStep: number; axialStep: number } {
  const [dr, dz] = [positiveOf(options, 'psf-dr'), positiveOf(options, 'psf-dz')];
  const recorded = { radialStep: Number(image.notes['otf-dkr']), axialStep: Number(image.notes['otf-dkz']) };
  const steps = {
    radialStep: dr === undefined ? recorded.radialStep : 1 / ((image.height - 1) * 2 * dr),
    axialStep: dz === undefined ? recorded.axialStep : 1 / ((image.width / 2) * dz),
  };
  if (!(steps.radialStep > 0 && steps.axialStep > 0))
    throw new ImagingError(
      `${shownPath(image.path)} does not record the voxel size of its PSF; give --psf-dr and --psf-dz in µm`,
    );
  return steps;
}
