import type { AcquisitionSettings, TiffImage } from '../formats/index.ts';
import type { Acquisition, Measured } from '../model/index.ts';

/** What the microscope's settings file says of one item; `channel` selects among its channels. */
export function settingsAcquisition(
  settings: AcquisitionSettings,
  file: string,
  channel: number | undefined,
): Acquisition {
  const { sources } = settings;
  const fact = (value: number | string | undefined, field: string, unit?: string): Measured | undefined =>
    value === undefined
      ? undefined
      : { value, ...(unit !== undefined && { unit }), source: `${file}: ${sources[field] ?? field}` };
  const wave = settings.channels.find(({ index }) => index === channel)?.lasers[0]?.wavelengthNm;
  return present({
    angle: fact(settings.angle, 'angle', 'deg'),
    dz: fact(settings.dzSize, 'dz', 'um'),
    direction: fact(settings.dz === undefined ? undefined : Math.sign(settings.dz), 'dz'),
    dr: fact(settings.dr, 'dr', 'um'),
    planes: fact(settings.planes, 'planes'),
    scan: fact(settings.scan, 'scan'),
    width: fact(settings.width, 'width'),
    height: fact(settings.height, 'height'),
    times: fact(settings.timePoints, 'timePoints'),
    channels: fact(settings.channels.length || undefined, 'Excitation Filter, Laser'),
    wavelength: fact(wave, `Excitation Filter, Laser (${channel})`, 'nm'),
    date: fact(settings.date, 'date'),
  });
}

export type TiffFacts = Pick<TiffImage, 'width' | 'height' | 'sizes' | 'voxel' | 'pixelType' | 'pages'>;

const voxelSource = { ome: 'OME PhysicalSize', imagej: 'ImageJ unit', resolution: 'resolution tag' } as const;

/** What a TIFF's own header says. A voxel that is not square in x and y has no `dr`. */
export function tiffAcquisition({ width, height, sizes, voxel }: TiffFacts, file: string): Acquisition {
  const header = `${file}: TIFF header`;
  const measured = `${file}: ${voxel.source === undefined ? 'TIFF header' : voxelSource[voxel.source]}`;
  const { x, y, z } = voxel;
  const square = x !== undefined && y !== undefined && Math.abs(x - y) <= 1e-4 * x;
  return present({
    dr: square ? { value: x, unit: 'um', source: measured } : undefined,
    dz: z === undefined ? undefined : { value: z, unit: 'um', source: measured },
    planes: { value: sizes.z, source: header },
    width: { value: width, source: header },
    height: { value: height, source: header },
    times: { value: sizes.t, source: header },
    channels: { value: sizes.c, source: header },
  });
}

/** Facts of two sources; where both know a field, the first is believed. */
export function mergeAcquisitions(first: Acquisition, second: Acquisition): Acquisition {
  return { ...second, ...first };
}

function present(fields: Readonly<Record<string, Measured | undefined>>): Acquisition {
  const known: Record<string, Measured> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) known[name] = value;
  return known;
}
