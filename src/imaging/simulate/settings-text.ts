import { type Acquisition, wavelengthOf } from './acquisition.ts';

/**
 * The settings file of the acquisition, in the form that Janelia's software writes: sections under lines of stars,
 * a tab after the colon, CRLF, and INI text at the end.
 */
export function renderSettings(acquisition: Acquisition): string {
  return [...general, ...waveform(acquisition), ...camera(acquisition), ...iniText(acquisition)]
    .map((line) => `${line}\r\n`)
    .join('');
}

const general = [
  '***** ***** ***** General ***** ***** *****',
  'Date :\t6/1/2026 9:30:00 AM',
  'Acq Mode :\tZ stack',
  'Version :\tsimulated',
  '',
];

function waveform(acquisition: Acquisition): string[] {
  const { raw, dz, times } = acquisition;
  const perChannel = (line: (channel: number) => string): string[] =>
    Array.from({ length: acquisition.channels }, (_, channel) => line(channel));
  const scanned = (axis: string, values: string): string[] =>
    perChannel((c) => `${axis} Offset, Interval (um), # of Pixels for Excitation (${c}) :\t${values}`);
  return [
    '***** ***** ***** Waveform ***** ***** *****',
    'Waveform type :\tLinear',
    ...scanned('X Galvo', '0\t0.0325\t201'),
    ...scanned('Z Galvo', `0\t0\t${raw.nz}`),
    ...scanned('Z PZT', `50\t0\t${raw.nz}`),
    ...scanned('S PZT', `50\t${dz}\t${raw.nz}`),
    ...perChannel((c) => `# of stacks (${c}) :\t${times}`),
    ...perChannel(
      (c) => `Excitation Filter, Laser, Power (%), Exp(ms) (${c}) :\tN/A\t${wavelengthOf(c)}\t10\t18`,
    ),
    'Cycle lasers :\tper Z',
    'Z motion :\tSample piezo',
    '',
  ];
}

function camera({ raw, channels, times }: Acquisition): string[] {
  return [
    '***** ***** *****   Camera  ***** ***** *****',
    'Model :\tC11440-22C',
    'Exp(s) :\t0.01802',
    'Cycle(s) :\t0.01911',
    'Cycle(Hz) :\t52.33 Hz',
    `ROI :\tLeft=901 Top=801 Right=${900 + raw.nx} Bot=${800 + raw.ny}`,
    'Binning :\tX=1 Y=1',
    `# of Exps :\t${channels * times * raw.nz} exp(s)`,
    '',
  ];
}

function iniText({ magnification, angle }: Acquisition): string[] {
  return [
    '***** ***** *****   .ini File  ***** ***** *****',
    '[Detection optics]',
    `Magnification = ${magnification}`,
    '[Hamamatsu Camera Settings]',
    'Orca4.0 : Image Transform (None, Transpose, V Flip, H Flip, Diag Flip, Rot 90, Rot 180, Rot 270) = "None"',
    '[Sample stage]',
    `Angle between stage and bessel beam (deg) = ${angle}`,
    '[Annular Mask]',
    'outerNA = 0.5',
    'innerNA = 0.42',
  ];
}
