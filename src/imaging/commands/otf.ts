import { shownPath, writeTiff } from '../../formats/index.ts';
import type { CleanUp, RadialOtf } from '../otf/index.ts';
import { withEngine } from './engine.ts';
import { ImagingError, UsageError } from './problem.ts';
import { checkOutput, openStack, readPlanes } from './stack.ts';
import type { Streams } from './streams.ts';
import { inputAndOutput, positiveOf, wholeOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { voxelEdges } from './voxels.ts';
import { notesFor } from './write-checked.ts';

/**
 * Writes a transfer function as cudaDecon's `radialft` does: float32, a row per kr, real and imaginary parts of kz
 * in turn. The steps in frequency go into the notes, since the picture has no place for them.
 */
export async function runOtf(args: Arguments, streams: Streams): Promise<void> {
  const { options } = args;
  const [input, output] = inputAndOutput(args);
  const fixOrigin = wholeOf(options, 'fix-origin', 0) ?? 10;
  const optics = cleanUpOf(options);
  await checkOutput(output, [input]);
  const image = await openStack(input);
  try {
    const { dr, dz } = voxelEdges(image, options, streams, 'psf-');
    const psf = await readPlanes(image, 0, image.sizes.z);
    const steps = { xy: dr, z: Math.abs(dz), fixOrigin, ...(optics && { cleanUp: optics }) };
    const { otf, centre, notes } = await withEngine(options, streams, async (engine, engineNotes) => ({
      ...(await engine.radialOtf(psf, steps)),
      notes: engineNotes,
    }));
    if (otf.re.some((value) => !Number.isFinite(value)))
      throw new ImagingError(`${shownPath(input)} gives no transfer function: its values are not finite`);
    const operation = `otf(dr=${dr}, dz=${Math.abs(dz)}, fix-origin=${fixOrigin}, clean-up=${optics ? 'on' : 'off'})`;
    const header = {
      width: 2 * otf.axialCount,
      height: otf.radialCount,
      sizes: { z: 1, c: 1, t: 1 },
      pixelType: 'float32' as const,
      notes: notesFor(image, operation, {
        scale: 'largest value 1',
        'otf-dkr': String(otf.radialStep),
        'otf-dkz': String(otf.axialStep),
        ...notes,
      }),
    };
    await writeTiff(output, header, [interleave(otf)]);
    const [x, y, z] = [centre.x, centre.y, centre.z].map((value) => value.toFixed(2));
    streams.err(`centre of the bead at x ${x}, y ${y}, z ${z}`);
  } finally {
    await image.close();
  }
}

function cleanUpOf(options: Arguments['options']): CleanUp | undefined {
  const wavelength = positiveOf(options, 'wavelength');
  const numericalAperture = positiveOf(options, 'na');
  const refractiveIndex = positiveOf(options, 'index') ?? 1.33;
  if (wavelength === undefined && numericalAperture === undefined) return undefined;
  if (wavelength === undefined || numericalAperture === undefined)
    throw new UsageError('--wavelength and --na go together');
  return { wavelength, numericalAperture, refractiveIndex };
}

function interleave(otf: RadialOtf): Float32Array {
  const plane = new Float32Array(2 * otf.re.length);
  otf.re.forEach((re, i) => {
    plane[2 * i] = re;
    plane[2 * i + 1] = otf.im[i] ?? 0;
  });
  return plane;
}
