import type { TiffImage } from '../../formats/index.ts';
import { blurShape, type DeconvolutionReport, type DeconvolveOptions } from '../deconvolve/index.ts';
import { loadBlur } from './blur.ts';
import { withEngine } from './engine.ts';
import { claimMemory } from './resources.ts';
import { checkOutput, openStack, planesOf, readPlanes, shapeOf } from './stack.ts';
import type { Streams } from './streams.ts';
import { choiceOf, inputAndOutput, numberOf, textOf, wholeOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { type VoxelEdges, voxelEdges } from './voxels.ts';
import { notesFor, outputType, writeChecked } from './write-checked.ts';

export async function runDeconvolve(args: Arguments, streams: Streams): Promise<void> {
  const { options } = args;
  const [input, output] = inputAndOutput(args);
  const how = settings(options);
  const others = [textOf(options, 'psf'), textOf(options, 'otf')].filter((path) => path !== undefined);
  await checkOutput(output, [input, ...others]);
  const image = await openStack(input);
  try {
    const edges = voxelEdges(image, options, streams);
    const { blur, described } = await loadBlur(options, edges, streams);
    const shape = shapeOf(image);
    const { volume, report, notes } = await withEngine(options, streams, async (engine, engineNotes) => {
      const tabulated = blur.kind === 'otf';
      const work = {
        kind: 'deconvolve',
        image: shape,
        blur: blurShape(blur),
        options: how,
        tabulated,
      } as const;
      claimMemory(engine.memoryFor(work), options, streams);
      const done = await engine.deconvolve(await readPlanes(image, 0, shape.nz), blur, how);
      return { ...done, notes: engineNotes };
    });
    tell(report, streams);
    const operation = `deconvolve(${describe(how)}, ${described})`;
    const header = headerOf(image, edges, { operation, engine: notes, options });
    await writeChecked(output, header, planesOf(volume), streams);
  } finally {
    await image.close();
  }
}

function settings(options: Arguments['options']): DeconvolveOptions {
  return {
    iterations: wholeOf(options, 'iterations', 1) ?? 10,
    acceleration: (choiceOf(options, 'acceleration', ['on', 'off']) ?? 'on') === 'on',
    padding: choiceOf(options, 'padding', ['mirror', 'zero', 'circular']) ?? 'mirror',
    background: numberOf(options, 'background') ?? 0,
    apodisedPixels: wholeOf(options, 'apodise', 0) ?? 0,
    start: 'data',
  };
}

function describe({
  iterations,
  acceleration,
  padding,
  background,
  apodisedPixels,
}: DeconvolveOptions): string {
  return `richardson-lucy, iterations=${iterations}, acceleration=${acceleration ? 'on' : 'off'}, background=${background}, padding=${padding}, apodise=${apodisedPixels}`;
}

function headerOf(
  image: TiffImage,
  { dr, dz }: VoxelEdges,
  {
    operation,
    engine,
    options,
  }: {
    readonly operation: string;
    readonly engine: Readonly<Record<string, string>>;
    readonly options: Arguments['options'];
  },
): Parameters<typeof writeChecked>[1] {
  return {
    width: image.width,
    height: image.height,
    sizes: { z: image.sizes.z, c: 1, t: 1 },
    pixelType: outputType(options, image.pixelType),
    voxel: { x: dr, y: dr, z: Math.abs(dz) },
    notes: notesFor(image, operation, {
      scale: 'counts of the input above the background',
      ...engine,
    }),
  };
}

/** Ratios cut to ±10 are normal where there is no light; a share above this means something. */
const worthAWarning = 1e-3;

function tell(report: DeconvolutionReport, streams: Streams): void {
  const { lightBefore, lightAfter, clamped, plan, iterations } = report;
  const { nx, ny, nz } = plan.grid.estimate;
  const share = clamped / (nx * ny * nz * iterations.length);
  const kept = lightBefore > 0 ? ((100 * lightAfter) / lightBefore).toFixed(2) : 'no';
  streams.err(`light kept: ${kept} %`);
  if (share > worthAWarning)
    streams.err(
      `warning: ${(100 * share).toPrecision(2)} % of the ratios of data to estimate were cut to 10: --background is too high, or the PSF is not the image's`,
    );
}
