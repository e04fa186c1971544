import type { Shape } from '../volume.ts';

/** What is simulated, and how the microscope is set. */
export interface Acquisition {
  readonly seed: number;
  /** Start of every file's name. */
  readonly base: string;
  readonly channels: number;
  readonly times: number;
  /** Raw frames: x along the light sheet, y across it, z along the scan. */
  readonly raw: Shape;
  /** Between stage travel and light sheet, degrees. */
  readonly angle: number;
  /** Stage step, µm. */
  readonly dz: number;
  readonly magnification: number;
}

export const defaultAcquisition: Acquisition = {
  seed: 1,
  base: 'cell1',
  channels: 2,
  times: 3,
  raw: { nx: 96, ny: 176, nz: 72 },
  angle: 31.5,
  dz: 0.4,
  magnification: 62.5,
};

/** Excitation of each channel, nm; the fifth begins again. */
const wavelengths = [488, 560, 642, 405] as const;

export function wavelengthOf(channel: number): number {
  return wavelengths[channel % wavelengths.length] ?? wavelengths[0];
}

/** Milliseconds between the starts of two stacks. */
export const stackInterval = 4000;

/** Camera counts with no light on it. */
export const cameraOffset = 100;

/** Edge of a pixel in the sample, µm: 6.5 µm on the camera, to four places as such files are read. */
export function pixelSize({ magnification }: Acquisition): number {
  return Math.round((6.5 / magnification) * 1e4) / 1e4;
}

/** Name of one raw stack, as Janelia's software gives it. */
export function stackName({ base }: Acquisition, channel: number, time: number): string {
  const digits = (value: number, count: number): string => String(value).padStart(count, '0');
  const [relative, absolute] = [time * stackInterval, 20_931_273 + time * stackInterval];
  return `${base}_ch${channel}_stack${digits(time, 4)}_${wavelengthOf(channel)}nm_${digits(relative, 7)}msec_${digits(absolute, 10)}msecAbs.tif`;
}
