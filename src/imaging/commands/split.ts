import { openTiff, type PlaneData, shownPath, type TiffImage, writeTiff } from '../../formats/index.ts';
import { ImagingError } from './problem.ts';
import { checkOutput } from './stack.ts';
import type { Streams } from './streams.ts';
import { inputAndOutput, wholeOf } from './values.ts';
import type { Arguments } from './verb.ts';
import { notesFor } from './write-checked.ts';

/** Copies one stack, pixel type and values as they are; a plane at a time. */
export async function runSplit(args: Arguments, _streams: Streams): Promise<void> {
  const [input, output] = inputAndOutput(args);
  const wanted = { t: wholeOf(args.options, 'time', 0), c: wholeOf(args.options, 'channel', 0) };
  await checkOutput(output, [input]);
  const image = await openTiff(input);
  try {
    const t = position(image, '--time', 'time points', wanted.t, image.sizes.t);
    const c = position(image, '--channel', 'channels', wanted.c, image.sizes.c);
    const { x, y, z } = image.voxel;
    const header = {
      width: image.width,
      height: image.height,
      sizes: { z: image.sizes.z, c: 1, t: 1 },
      pixelType: image.pixelType,
      voxel: { ...(x && { x }), ...(y && { y }), ...(z && { z }) },
      notes: notesFor(image, `split(time=${t}, channel=${c})`),
    };
    await writeTiff(output, header, planes(image, { t, c }));
  } finally {
    await image.close();
  }
}

function position(
  image: TiffImage,
  option: string,
  what: string,
  wanted: number | undefined,
  count: number,
): number {
  const shown = shownPath(image.path);
  if (wanted === undefined) {
    if (count === 1) return 0;
    throw new ImagingError(`${shown} has ${count} ${what}; say which with ${option}, from 0 to ${count - 1}`);
  }
  if (wanted < count) return wanted;
  throw new ImagingError(
    `${shown} has no ${option.slice(2)} \`${wanted}\`: it has ${count} ${what}, counted from 0`,
  );
}

async function* planes(
  image: TiffImage,
  at: { readonly t: number; readonly c: number },
): AsyncGenerator<PlaneData> {
  for (let z = 0; z < image.sizes.z; z++) yield await image.readPlane({ z, ...at });
}
