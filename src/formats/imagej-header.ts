import { toMicrometres } from './length-unit.ts';
import type { PlaneSizes, VoxelSize } from './pixels.ts';

/** What ImageJ's `key=value` description says; page order is always channel, then z, then time. */
export interface ImageJHeader {
  readonly images: number;
  readonly sizes: PlaneSizes;
  readonly voxel: Partial<VoxelSize>;
  readonly notes: Readonly<Record<string, string>>;
}

/** Keys that ImageJ itself writes (ij/io/FileInfo, TiffDecoder); all others are notes. */
// biome-ignore format: a table
const known = new Set([
  'ImageJ', 'images', 'channels', 'slices', 'frames', 'hyperstack', 'mode', 'unit', 'yunit', 'zunit', 'spacing',
  'finterval', 'fps', 'loop', 'min', 'max', 'cf', 'c0', 'c1', 'c2', 'c3', 'c4', 'vunit', 'xorigin', 'yorigin', 'zorigin',
]);

/**
 * Reads an ImageJ description; undefined where the text is none. `edge` is one over the resolution tags: units per
 * pixel along x and y. A `unit` of pixel is not a size, and then neither is the spacing.
 */
export function parseImageJ(
  description: string | undefined,
  edge: { readonly x?: number | undefined; readonly y?: number | undefined },
): ImageJHeader | undefined {
  if (description === undefined || !/^ImageJ=/m.test(description)) return undefined;
  const fields = readFields(description);
  const count = (key: string) => wholeNumber(fields.get(key));
  const [channels, frames] = [count('channels') ?? 1, count('frames') ?? 1];
  const images = count('images') ?? channels * frames * (count('slices') ?? 1);
  const slices = count('slices') ?? Math.max(1, Math.round(images / (channels * frames)));
  return {
    images,
    sizes: { z: slices, c: channels, t: frames },
    voxel: readVoxel(fields, edge),
    notes: Object.fromEntries([...fields].filter(([key]) => !known.has(key))),
  };
}

function readFields(description: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of description.split(/\r\n|\n|\r/)) {
    const at = line.indexOf('=');
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1));
  }
  return fields;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : undefined;
}

function readVoxel(
  fields: ReadonlyMap<string, string>,
  edge: { readonly x?: number | undefined; readonly y?: number | undefined },
): Partial<VoxelSize> {
  const unit = fields.get('unit') ?? '';
  const x = toMicrometres(edge.x ?? Number.NaN, unit);
  const y = toMicrometres(edge.y ?? Number.NaN, fields.get('yunit') ?? unit);
  // ImageJ keeps the sign of a stack taken downwards; the size has none.
  const z = toMicrometres(Math.abs(Number(fields.get('spacing') ?? Number.NaN)), fields.get('zunit') ?? unit);
  return { ...(x !== undefined && { x }), ...(y !== undefined && { y }), ...(z !== undefined && { z }) };
}

/** The description ImageJ writes for such a stack (ImageJ 1.54, `FileSaver.getDescriptionString`). */
export function renderImageJ(
  sizes: PlaneSizes,
  voxel: Partial<VoxelSize>,
  notes: Readonly<Record<string, string>>,
): string {
  const images = sizes.z * sizes.c * sizes.t;
  const axes = [sizes.z, sizes.c, sizes.t].filter((size) => size > 1).length;
  const sized = voxel.x !== undefined || voxel.y !== undefined || voxel.z !== undefined;
  const lines = [
    'ImageJ=1.54f',
    `images=${images}`,
    ...(sizes.c > 1 ? [`channels=${sizes.c}`] : []),
    ...(sizes.z > 1 ? [`slices=${sizes.z}`] : []),
    ...(sizes.t > 1 ? [`frames=${sizes.t}`] : []),
    ...(axes > 1 ? ['hyperstack=true', 'mode=grayscale'] : []),
    ...(sized ? ['unit=micron'] : []),
    ...(voxel.z === undefined ? [] : [`spacing=${voxel.z}`]),
    'loop=false',
    ...Object.entries(notes).map(([key, value]) => `${key}=${value}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Why a note cannot be written, or undefined. A line is all that ImageJ's form has for one. */
export function noteProblem(key: string, value: string): string | undefined {
  if (!/^[A-Za-z][\w.-]{0,63}$/.test(key)) return `the note \`${key}\` is not a word`;
  if (known.has(key)) return `the note \`${key}\` is a word that ImageJ uses itself`;
  if (/[\r\n\0]/.test(value)) return `the note \`${key}\` holds more than one line`;
  return undefined;
}
