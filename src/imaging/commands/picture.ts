import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join as joinPath } from 'node:path';
import { encodePng, FormatError, type VoxelSize } from '../../formats/index.ts';
import { type Contrast, contrastFromPercentiles, paintGrey, paintMerged } from '../geometry/index.ts';
import { UsageError } from './problem.ts';

/** A projection, float counts. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export interface PictureOptions {
  readonly join: 'time' | 'channel';
  /** `min,max` in counts or `low%,high%`. */
  readonly contrast: string | undefined;
  /** Of the projected pixel, µm: the picture's pixels are square. */
  readonly edges: Partial<VoxelSize>;
}

/** More time points than this do not fit side by side: as many are drawn, evenly chosen. */
const mostFrames = 6;
const gap = 2;

/** A PNG, and the contrast limits in counts as they are recorded. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly limits: string;
}

/** Draws channels merged in colour, or time points side by side with one contrast. */
export function drawPicture(
  drawings: readonly Drawing[],
  { join, contrast, edges }: PictureOptions,
): Picture {
  const limit = contrast === undefined ? percentLimits(0.5, 99.8) : parseContrast(contrast);
  const stretch = edges.x !== undefined && edges.y !== undefined ? edges.y / edges.x : 1;
  const square = drawings.map((drawing) => stretchRows(drawing, stretch));
  if (join === 'channel') {
    const limits = square.map(({ data }) => limit([data]));
    const data = paintMerged(
      square.map((drawing) => drawing.data),
      limits,
    );
    const { width, height } = square[0] ?? { width: 0, height: 0 };
    return { bytes: encodePng({ width, height, channels: 3, data }), limits: limits.map(render).join(' ') };
  }
  const limits = limit(square.map(({ data }) => data));
  const row = sideBySide(choose(square), limits);
  return { bytes: encodePng({ ...row, channels: 1 }), limits: render(limits) };
}

type Limits = (samples: readonly Float32Array[]) => Contrast;

function percentLimits(low: number, high: number): Limits {
  return (samples) => contrastFromPercentiles(samples, low, high);
}

function parseContrast(text: string): Limits {
  const [, low, lowPercent, high, highPercent] =
    /^(-?\d+(?:\.\d+)?)(%)?,(-?\d+(?:\.\d+)?)(%)?$/.exec(text.replaceAll(' ', '')) ?? [];
  const [min, max] = [Number(low), Number(high)];
  const percent = lowPercent !== undefined;
  if (!(min < max) || percent !== (highPercent !== undefined) || (percent && (min < 0 || max > 100)))
    throw new UsageError(
      `--contrast wants rising counts such as 100,4000 or percentiles such as 1%,99.8%, not \`${text}\``,
    );
  return percent ? percentLimits(min, max) : () => ({ min, max });
}

function render({ min, max }: Contrast): string {
  return `${min},${max}`;
}

/** Linear between rows. */
function stretchRows(drawing: Drawing, factor: number): Drawing {
  const { width } = drawing;
  const height = Math.max(1, Math.round(drawing.height * factor));
  if (height === drawing.height) return drawing;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const at = Math.min(drawing.height - 1, Math.max(0, (y + 0.5) / factor - 0.5));
    const above = Math.floor(at);
    const below = Math.min(drawing.height - 1, above + 1);
    for (let x = 0; x < width; x++) {
      const upper = drawing.data[above * width + x] ?? 0;
      const lower = drawing.data[below * width + x] ?? 0;
      data[y * width + x] = upper + (at - above) * (lower - upper);
    }
  }
  return { width, height, data };
}

function choose(drawings: readonly Drawing[]): readonly Drawing[] {
  if (drawings.length <= mostFrames) return drawings;
  const step = (drawings.length - 1) / (mostFrames - 1);
  return Array.from({ length: mostFrames }, (_, i) => drawings[Math.round(i * step)]).filter(
    (drawing) => drawing !== undefined,
  );
}

function sideBySide(
  drawings: readonly Drawing[],
  contrast: Contrast,
): { width: number; height: number; data: Uint8Array } {
  const { width: one, height } = drawings[0] ?? { width: 0, height: 0 };
  const width = drawings.length * (one + gap) - gap;
  const data = new Uint8Array(width * height).fill(255);
  for (const [i, drawing] of drawings.entries()) {
    const grey = paintGrey(drawing.data, contrast);
    for (let y = 0; y < height; y++)
      data.set(grey.subarray(y * one, (y + 1) * one), y * width + i * (one + gap));
  }
  return { width, height, data };
}

/** Appears under its name only when it is whole. */
export async function writePng(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = joinPath(dirname(path), `.espalier-${randomUUID()}.partial`);
  try {
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new FormatError(path, 'could not be written; check its folder, permissions and free space', {
      cause: error,
    });
  }
}
