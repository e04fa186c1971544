import { openTiff, type TiffImage } from '../../formats/index.ts';
import { UsageError } from './problem.ts';
import type { Streams } from './streams.ts';
import { isSet } from './values.ts';
import type { Arguments } from './verb.ts';

export async function runInfo({ files, options }: Arguments, streams: Streams): Promise<void> {
  const [input, extra] = files;
  if (input === undefined || extra !== undefined) throw new UsageError('one INPUT is wanted');
  const image = await openTiff(input);
  try {
    const range = await rangeOf(image);
    if (isSet(options, 'json')) streams.out(JSON.stringify({ ...facts(image), range }, undefined, 2));
    else for (const line of lines(image, range)) streams.out(line);
  } finally {
    await image.close();
  }
}

function facts({ path, width, height, pages, pixelType, sizes, voxel, notes }: TiffImage): object {
  return { path, width, height, pages, pixelType, sizes, voxel, notes };
}

function lines(image: TiffImage, range: { min: number; max: number }): string[] {
  const { width, height, sizes, pixelType, voxel, notes } = image;
  const edge = (value: number | undefined): string => (value === undefined ? 'not recorded' : `${value} µm`);
  return [
    `size: ${width} x ${height} x ${sizes.z} (x, y, z), ${sizes.c} channels, ${sizes.t} time points, ${pixelType}`,
    `voxel: x ${edge(voxel.x)}, y ${edge(voxel.y)}, z ${edge(voxel.z)}${voxel.source ? ` (from ${voxel.source})` : ''}`,
    `values: ${range.min} to ${range.max}`,
    ...Object.entries(notes).map(([key, value]) => `${key}: ${value}`),
  ];
}

async function rangeOf(image: TiffImage): Promise<{ min: number; max: number }> {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let t = 0; t < image.sizes.t; t++) {
    for (let z = 0; z < image.sizes.z; z++) {
      for (let c = 0; c < image.sizes.c; c++) {
        for (const value of await image.readPlane({ z, c, t })) {
          if (value < min) min = value;
          if (value > max) max = value;
        }
      }
    }
  }
  return { min, max };
}
