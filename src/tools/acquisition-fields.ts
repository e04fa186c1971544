/** The fields of an acquisition that a parameter may be read from, with their units (empty: a plain number or text). */
export const acquisitionFields: Readonly<Record<string, string>> = {
  angle: 'deg',
  dz: 'um',
  dr: 'um',
  planes: '',
  scan: '',
  width: '',
  height: '',
  times: '',
  channels: '',
  wavelength: 'nm',
  date: '',
};

/** One spelling for each unit. */
export function normalUnit(unit: string): string {
  const small = unit.trim().replace(/[µμ]/g, 'u').toLowerCase();
  const names: Readonly<Record<string, string>> = {
    '°': 'deg',
    degree: 'deg',
    degrees: 'deg',
    micron: 'um',
    microns: 'um',
    micrometer: 'um',
    micrometre: 'um',
  };
  return Object.hasOwn(names, small) ? (names[small] ?? small) : small;
}
