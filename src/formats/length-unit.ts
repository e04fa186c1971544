// biome-ignore format: a table
const micrometres: Readonly<Record<string, number>> = {
  micron: 1, microns: 1, um: 1, '\u00b5m': 1, '\u03bcm': 1, micrometer: 1, micrometre: 1,
  nm: 1e-3, nanometer: 1e-3, mm: 1e3, cm: 1e4, m: 1e6, inch: 25400, in: 25400, pm: 1e-6, '\u00c5': 1e-4, '\u212b': 1e-4,
};

/**
 * A length in µm, or undefined where the unit is no length (`pixel`, `reference frame`) or the value no size.
 * ImageJ writes the micro sign as `\u00B5`, spelled out in six characters.
 */
export function toMicrometres(value: number, unit: string): number | undefined {
  const spelled = unit
    .trim()
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const factor = Object.hasOwn(micrometres, spelled) ? micrometres[spelled] : undefined;
  // To 15 digits, so that 104 nm are 0.104 µm.
  const size = Number((value * (factor ?? Number.NaN)).toPrecision(15));
  return Number.isFinite(size) && size > 0 ? size : undefined;
}
