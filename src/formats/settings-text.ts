import { readScan, type ScanSettings } from './settings-scan.ts';
import {
  cutSections,
  decodeSettings,
  finite,
  listedLine,
  type Read,
  type SettingsSections,
} from './settings-sections.ts';

/** What a `Settings.txt` of a Janelia-design lattice light sheet says. A field that is not there is absent. */
export interface AcquisitionSettings extends ScanSettings {
  /** As written: month first, without time zone. */
  readonly date?: string;
  readonly mode?: string;
  readonly software?: string;
  /** Degrees between stage travel and sheet, sign as written. */
  readonly angle?: number;
  readonly magnification?: number;
  /** Edge of a pixel in the sample, µm. */
  readonly dr?: number;
  readonly camera?: string;
  /** Camera pixels; both ends belong to the region. */
  readonly roi?: Region;
  /** The camera's image was turned by 90° on saving: image width = region height. */
  readonly rotated?: boolean;
  /** Pixels of a saved plane, after turning. */
  readonly width?: number;
  readonly height?: number;
  readonly mask?: { readonly outerNa: number; readonly innerNa: number };
  /** For each field above and of the scan, the line it was read from. */
  readonly sources: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** False where nothing of a settings file was found in the text. */
  readonly recognised: boolean;
}

interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
}

/** Both sold as Hamamatsu Orca Flash 4; physical pixel edge in µm. */
const cameraPixelMicrometres: readonly (readonly [model: string, edge: number])[] = [
  ['C11440', 6.5],
  ['C13440', 6.5],
];

const angleKey = 'Angle between stage and bessel beam (deg)';

/**
 * Reads the text, or the bytes in whatever encoding the microscope's software wrote. Never throws but for more than
 * 4 MiB. Paths on the microscope's computer and the user's notes are not returned: they may name people.
 */
export function parseSettingsText(content: string | Uint8Array): AcquisitionSettings {
  const sections = cutSections(decodeSettings(content).replace(/^\ufeff/, ''));
  const general = readGeneral(sections);
  const optics = readOptics(sections);
  const camera = readCamera(sections);
  const scan = readScan(sections);
  return {
    channels: [],
    ...general,
    ...optics,
    ...camera,
    ...readMask(sections),
    ...scan,
    sources: { ...general.sources, ...optics.sources, ...camera.sources, ...scan.sources },
    warnings: [...sections.warnings, ...(optics.warnings ?? []), ...(scan.warnings ?? [])],
    recognised: ['waveform', 'camera'].some((heading) => sections.listed.has(heading)),
  };
}

function readGeneral(sections: SettingsSections): Read<AcquisitionSettings> {
  const [date, mode, software] = ['Date', 'Acq Mode', 'Version'].map((key) =>
    listedLine(sections, 'general', key),
  );
  return {
    ...(date !== undefined && { date }),
    ...(mode !== undefined && { mode }),
    ...(software !== undefined && { software }),
    sources: { ...(date !== undefined && { date: 'Date' }) },
  };
}

function readOptics(sections: SettingsSections): Read<AcquisitionSettings> {
  const angle = finite(sections.ini.get('Sample stage')?.get(angleKey));
  const magnification = finite(sections.ini.get('Detection optics')?.get('Magnification'));
  const camera = listedLine(sections, 'camera', 'Model');
  const edge = cameraPixelMicrometres.find(([model]) => camera?.startsWith(model))?.[1];
  const dr = pixelSize(edge, magnification, readBinning(sections));
  return {
    ...(angle !== undefined && { angle }),
    ...(magnification !== undefined && { magnification }),
    ...(camera !== undefined && { camera }),
    ...(dr !== undefined && { dr }),
    sources: {
      ...(angle !== undefined && { angle: `[Sample stage] ${angleKey}` }),
      ...(dr !== undefined && { dr: `[Detection optics] Magnification, with the pixel of camera ${camera}` }),
    },
    warnings: dr === undefined ? [whyNoPixelSize(camera, edge, magnification)] : [],
  };
}

/** Rounded to a tenth of a nanometre, as LLSpy does, so that sizes agree with what other tools wrote down. */
function pixelSize(edge?: number, magnification?: number, binning?: number): number | undefined {
  if (edge === undefined || magnification === undefined || !(magnification > 0) || binning === undefined)
    return undefined;
  return Math.round(((edge * binning) / magnification) * 1e4) / 1e4;
}

function whyNoPixelSize(camera?: string, edge?: number, magnification?: number): string {
  if (edge === undefined)
    return `the pixel of camera \`${camera ?? 'unknown'}\` is not known, so dr must be given`;
  if (magnification === undefined || !(magnification > 0))
    return 'no magnification is recorded, so dr must be given';
  return 'the camera binned differently along x and y, so dr must be given';
}

/** Camera pixels per image pixel; undefined where they differ along x and y. */
function readBinning(sections: SettingsSections): number | undefined {
  const match = /^X=(\d+)\s+Y=(\d+)$/.exec(listedLine(sections, 'camera', 'Binning') ?? 'X=1 Y=1');
  return match?.[1] !== undefined && match[1] === match[2] ? Math.max(1, Number(match[1])) : undefined;
}

function readCamera(sections: SettingsSections): Read<AcquisitionSettings> {
  const text = listedLine(sections, 'camera', 'ROI') ?? '';
  const match = /^Left=(\d+)\s+Top=(\d+)\s+Right=(\d+)\s+Bot=(\d+)$/.exec(text);
  const rotated = readRotated(sections);
  const turned = rotated === undefined ? {} : { rotated };
  if (match === null) return turned;
  const [left, top, right, bottom] = match.slice(1).map(Number);
  if (left === undefined || top === undefined || right === undefined || bottom === undefined) return turned;
  const roi = { left, top, right, bottom, width: right - left + 1, height: bottom - top + 1 };
  if (rotated === undefined) return { roi };
  const [width, height] = rotated ? [roi.height, roi.width] : [roi.width, roi.height];
  const source = 'ROI, with the image transform of the camera';
  return { roi, rotated, width, height, sources: { width: source, height: source } };
}

/** The whole key must match: a second camera and another maker's camera have keys that look alike. */
function readRotated(sections: SettingsSections): boolean | undefined {
  const type = sections.ini.get('General')?.get('Camera type') ?? 'Orca4.0';
  const keys = sections.ini.get('Hamamatsu Camera Settings') ?? new Map<string, string>();
  const key = [...keys.keys()].find((candidate) => candidate.startsWith(`${type} : Image Transform (`));
  const transform = key === undefined ? undefined : keys.get(key);
  return transform === undefined
    ? undefined
    : ['Rot 90', 'Rot 270', 'Transpose', 'Diag Flip'].includes(transform);
}

function readMask({ ini }: SettingsSections): Read<AcquisitionSettings> {
  const section = ini.get('Annular Mask') ?? ini.get('Mask') ?? ini.get('Annulus');
  const [outerNa, innerNa] = [finite(section?.get('outerNA')), finite(section?.get('innerNA'))];
  return outerNa === undefined || innerNa === undefined ? {} : { mask: { outerNa, innerNa } };
}
