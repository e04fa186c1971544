/** Values that are painted black and white, in counts. */
export interface Contrast {
  readonly min: number;
  readonly max: number;
}

/**
 * Limits that leave `low` and `high` per cent of the samples below them; samples that are not finite do not count.
 * Nearest rank, so that a limit is always a value that occurs.
 */
export function contrastFromPercentiles(
  samples: readonly Float32Array[],
  low: number,
  high: number,
): Contrast {
  const total = samples.reduce((sum, { length }) => sum + length, 0);
  const all = new Float32Array(total);
  let count = 0;
  for (const part of samples) for (const value of part) if (Number.isFinite(value)) all[count++] = value;
  const sorted = all.subarray(0, count).sort();
  const at = (percent: number): number => sorted[Math.round((percent / 100) * (count - 1))] ?? 0;
  return { min: at(low), max: at(high) };
}

/** Grey levels 0…255, linear between the limits. */
export function paintGrey(samples: Float32Array, contrast: Contrast): Uint8Array {
  return Uint8Array.from(samples, (value) => level(value, contrast));
}

/** Colours of merged channels in order: green, magenta, then the two that mix with neither. */
const colours = [
  [0.15, 1, 0.35],
  [1, 0.2, 0.9],
  [0.2, 0.6, 1],
  [1, 0.75, 0.1],
] as const;

/** RGB of up to four channels added up, each with its own limits. */
export function paintMerged(channels: readonly Float32Array[], contrasts: readonly Contrast[]): Uint8Array {
  const length = channels[0]?.length ?? 0;
  const rgb = new Uint8ClampedArray(3 * length);
  for (const [index, colour] of colours.entries()) {
    const samples = channels[index];
    const contrast = contrasts[index];
    if (samples === undefined || contrast === undefined) break;
    for (let i = 0; i < length; i++) {
      const value = level(samples[i] ?? 0, contrast);
      for (const [part, share] of colour.entries())
        rgb[3 * i + part] = (rgb[3 * i + part] ?? 0) + share * value;
    }
  }
  return new Uint8Array(rgb.buffer);
}

function level(value: number, { min, max }: Contrast): number {
  const range = max > min ? max - min : 1;
  return Math.min(255, Math.max(0, Math.round((255 * (value - min)) / range)));
}
