import { readFile, stat } from 'node:fs/promises';
import { encodePng, openTiff, type PlaneData, type TiffImage } from '../formats/index.ts';

/** Longest edge of a thumbnail, in pixels. */
const longestEdge = 360;
/** Planes looked at in a stack; of more, every second, third … is taken. */
const mostPlanes = 256;
/** A picture that is one already goes into the page as it is, up to this size in bytes. */
const largestPng = 1_500_000;

export interface Thumbnail {
  readonly url: string | null;
  readonly caption: string;
}

/** Whether `drawThumbnail` can make something of a file with such a name. */
export function isPicture(path: string): boolean {
  return /\.(tiff?|png)$/i.test(path);
}

/** A maximum projection of an image stack along z as a `data:` URL; never throws, but says why there is none. */
export async function drawThumbnail(path: string): Promise<Thumbnail> {
  try {
    return /\.png$/i.test(path) ? await embedPng(path) : await projectTiff(path);
  } catch (error) {
    return { url: null, caption: `no picture: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function embedPng(path: string): Promise<Thumbnail> {
  const { size } = await stat(path);
  if (size > largestPng)
    return { url: null, caption: `no picture: ${(size / 1e6).toFixed(1)} MB are too many` };
  return { url: toUrl(await readFile(path)), caption: 'as written' };
}

async function projectTiff(path: string): Promise<Thumbnail> {
  const image = await openTiff(path);
  try {
    const step = Math.ceil(image.sizes.z / mostPlanes);
    const projection = await projectPlanes(image, step);
    const scale = Math.ceil(Math.max(image.width, image.height) / longestEdge);
    const small = shrink(projection, image.width, image.height, scale);
    const [low, high] = contrastLimits(small.data);
    const data = toGrey(small.data, low, high);
    const url = toUrl(encodePng({ width: small.width, height: small.height, channels: 1, data }));
    return { url, caption: describe(image, low, high) };
  } finally {
    await image.close();
  }
}

/** The brightest value over z at the first channel and time. */
async function projectPlanes(image: TiffImage, step: number): Promise<Float32Array> {
  const brightest = new Float32Array(image.width * image.height).fill(Number.NEGATIVE_INFINITY);
  for (let z = 0; z < image.sizes.z; z += step) {
    const plane: PlaneData = await image.readPlane({ z, c: 0, t: 0 });
    for (let i = 0; i < brightest.length; i++) {
      const value = plane[i] ?? 0;
      if (value > (brightest[i] ?? 0)) brightest[i] = value;
    }
  }
  return brightest;
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** The mean over blocks of `scale` × `scale` pixels; those at the edges may be smaller. */
export function shrink(data: Float32Array, width: number, height: number, scale: number): Plane {
  const small = { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
  const sums = new Float32Array(small.width * small.height);
  const counts = new Uint32Array(sums.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = Math.floor(y / scale) * small.width + Math.floor(x / scale);
      sums[at] = (sums[at] ?? 0) + (data[y * width + x] ?? 0);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return { ...small, data: sums.map((sum, i) => sum / (counts[i] ?? 1)) };
}

/** The values below which 1 % and 99.8 % lie, so that a hot pixel does not blacken the picture. */
export function contrastLimits(data: Float32Array): readonly [low: number, high: number] {
  const sorted = data.filter(Number.isFinite).sort();
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return [at(0.01), at(0.998)];
}

function toGrey(data: Float32Array, low: number, high: number): Uint8Array {
  const range = high > low ? high - low : 1;
  return Uint8Array.from(data, (value) =>
    Math.max(0, Math.min(255, Math.round(((value - low) / range) * 255))),
  );
}

function describe({ width, height, sizes, voxel }: TiffImage, low: number, high: number): string {
  const more = [sizes.c > 1 ? `${sizes.c} channels` : '', sizes.t > 1 ? `${sizes.t} times` : ''].filter(
    Boolean,
  );
  const shape = [`${width} × ${height} × ${sizes.z}`, ...more].join(', ');
  const { x, z } = voxel;
  const scale = x === undefined ? '' : ` · ${round(x)}${z === undefined ? '' : ` × ${round(z)}`} µm`;
  return `${shape}${scale} · grey ${round(low)} to ${round(high)}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function toUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
