import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSettingsText } from '../../../src/formats/index.ts';
import { sharedFile } from '../../shared-folder.ts';

/** A short file in the form that the microscope writes; lines can be replaced. */
function settings(change: Readonly<Record<string, string>> = {}): string {
  const lines = [
    '***** ***** ***** General ***** ***** *****',
    'Date :\t10/30/2017 5:23:25 PM',
    'Acq Mode :\tZ stack',
    '***** ***** ***** Notes ***** ***** *****',
    'Microscopist :\tJane Doe',
    'Z motion :\tX stage as Jane asked',
    '***** ***** ***** Waveform ***** ***** *****',
    'X Galvo Offset, Interval (um), # of Pixels for Excitation (0) :\t0\t0.0325\t201',
    'Z PZT Offset, Interval (um), # of Pixels for Excitation (0) :\t50\t0.25\t33',
    'S PZT Offset, Interval (um), # of Pixels for Excitation (1) :\t52\t-0.4\t61',
    'S PZT Offset, Interval (um), # of Pixels for Excitation (0) :\t52\t-0.4\t61',
    '# of stacks (0) :\t10',
    'Excitation Filter, Laser, Power (%), Exp(ms) (1) :\tGFP\t642\t15\t18',
    'Excitation Filter, Laser, Power (%), Exp(ms) (0) :\tN/A\t488\t5\t18.5',
    'Cycle lasers :\tper Z',
    'Z motion :\tSample piezo',
    '***** ***** *****   Camera  ***** ***** *****',
    'Model :\tC11440-22C',
    'ROI :\tLeft=905 Top=937 Right=1160 Bot=1136',
    'Binning :\tX=1 Y=1',
    '***** ***** *****   .ini File  ***** ***** *****',
    '[Andor Camera Settings]',
    'Image Transform (None, Rot 90) = "None"',
    '[Detection optics]',
    'Magnification = 61.90476',
    '[General]',
    'Camera type = "Orca4.0"',
    '[Hamamatsu Camera Settings]',
    'Orca4.0 (Twin) : Image Transform (None, Rot 90) = "None"',
    'Orca4.0 : Image Transform (None, Rot 90) = "Rot 90"',
    '[Sample stage]',
    'Angle between stage and bessel beam (deg) = 31.0',
    '[Annular Mask]',
    'outerNA = 0.4',
    'innerNA = 0.325',
    '[OTF files]',
    '488nm = "D:\\Jane Doe\\488_otf.tif"',
  ];
  const replaced = lines.map((line) => {
    const key = Object.keys(change).find((start) => line.startsWith(start));
    return key === undefined ? line : (change[key] ?? line);
  });
  return replaced.map((line, i) => line + (i % 3 === 0 ? '\n' : '\r\n')).join('');
}

const sStep = 'S PZT Offset, Interval (um), # of Pixels for Excitation (0)';

describe('parseSettingsText', () => {
  it('reads geometry, scan and channels, with the sign of the step and where each was read', () => {
    expect(parseSettingsText(settings())).toEqual({
      date: '10/30/2017 5:23:25 PM',
      mode: 'Z stack',
      angle: 31,
      magnification: 61.90476,
      dr: 0.105,
      camera: 'C11440-22C',
      roi: { left: 905, top: 937, right: 1160, bottom: 1136, width: 256, height: 200 },
      rotated: true,
      width: 200,
      height: 256,
      mask: { outerNa: 0.4, innerNa: 0.325 },
      scan: 'sample',
      dz: -0.4,
      dzSize: 0.4,
      planes: 61,
      timePoints: 10,
      channelOrder: 'per Z',
      channels: [
        { index: 0, lasers: [{ wavelengthNm: 488, powerPercent: 5 }], exposureMs: 18.5 },
        { index: 1, filter: 'GFP', lasers: [{ wavelengthNm: 642, powerPercent: 15 }], exposureMs: 18 },
      ],
      sources: {
        date: 'Date',
        angle: '[Sample stage] Angle between stage and bessel beam (deg)',
        dr: '[Detection optics] Magnification, with the pixel of camera C11440-22C',
        scan: 'Z motion',
        dz: sStep,
        planes: sStep,
        timePoints: '# of stacks (0)',
        width: 'ROI, with the image transform of the camera',
        height: 'ROI, with the image transform of the camera',
      },
      warnings: [],
      recognised: true,
    });
  });

  it('returns no name or path that a person typed', () => {
    expect(JSON.stringify(parseSettingsText(settings()))).not.toMatch(/Jane|otf/);
  });

  it.each([
    ['X stage', 'X Stage', 'sample', 0.4],
    ['Sample piezo', 'S Piezo', 'sample', 0.4],
    ['Z galvo & piezo', 'S PZT', 'objective', 0.25],
  ])('decides by `Z motion: %s` which axis scans', (motion, axis, scan, dzSize) => {
    const line = `${axis} Offset, Interval (um), # of Pixels for Excitation (0) :\t5\t0.4\t501`;
    const text = settings({
      'Z motion :\tS': `Z motion :\t${motion}`,
      [sStep]: line,
      'S PZT Offset, Interval (um), # of Pixels for Excitation (1)': '',
    });
    expect(parseSettingsText(text)).toMatchObject({ scan, dzSize, warnings: [] });
  });

  it('leaves scan and step out, and says so, where `Z motion` is unknown and two axes moved', () => {
    const found = parseSettingsText(settings({ 'Z motion :\tS': 'Z motion :\tTeleport' }));
    expect(found).not.toHaveProperty('scan');
    expect(found).not.toHaveProperty('dz');
    expect(found.warnings.join('\n')).toMatch(/`Teleport`.*scan must be given\n.*dz must be given/);
  });

  it('leaves out the step of an axis that did not move', () => {
    const still = settings({ 'S PZT': '' });
    expect(parseSettingsText(still)).not.toHaveProperty('dz');
    expect(parseSettingsText(still).warnings).toEqual([
      'no axis that scans has an interval, so dz must be given',
    ]);
  });

  it('reads the longer heading of newer files, where OFF stands for no laser', () => {
    const key = 'Excitation Filter, Laser, Power (%), Exp(ms), Laser2, Power2 (%), Laser3, Power3 (%) (0)';
    const text = settings({
      'Excitation Filter, Laser, Power (%), Exp(ms) (0)': `${key} :\tN/A\t560\t10\t20\tOFF\t0.1\t642\t0.5`,
    });
    expect(parseSettingsText(text).channels[0]).toEqual({
      index: 0,
      lasers: [
        { wavelengthNm: 560, powerPercent: 10 },
        { wavelengthNm: 642, powerPercent: 0.5 },
      ],
      exposureMs: 20,
    });
  });

  it('gives no pixel size for a camera it does not know, and doubles it for binning by two', () => {
    const unknown = parseSettingsText(settings({ 'Model :': 'Model :\tKinetix' }));
    expect(unknown).not.toHaveProperty('dr');
    expect(unknown.warnings).toEqual(['the pixel of camera `Kinetix` is not known, so dr must be given']);
    expect(parseSettingsText(settings({ 'Binning :': 'Binning :\tX=2 Y=2' })).dr).toBe(0.21);
    expect(parseSettingsText(settings({ 'Binning :': 'Binning :\tX=2 Y=1' }))).not.toHaveProperty('dr');
  });

  it('reads Latin-1 and UTF-8 alike', () => {
    const text = settings({ 'Acq Mode :': 'Acq Mode :\tZ stack µ' });
    expect(parseSettingsText(Buffer.from(text, 'utf8')).mode).toBe('Z stack µ');
    expect(parseSettingsText(Buffer.from(text, 'latin1')).mode).toBe('Z stack µ');
    expect(parseSettingsText(Buffer.from(`\ufeff${text}`, 'utf8')).recognised).toBe(true);
  });

  it('keeps the last of a repeated key and warns; a NaN is no value', () => {
    const text = settings({ 'Magnification =': 'Magnification = 1\nMagnification = 62.5' });
    expect(parseSettingsText(text)).toMatchObject({
      dr: 0.104,
      warnings: ['[Detection optics] gives `Magnification` more than once; the last one counts'],
    });
    expect(
      parseSettingsText(settings({ Angle: 'Angle between stage and bessel beam (deg) = NaN' })),
    ).not.toHaveProperty('angle');
  });

  it('recognises nothing in other text', () => {
    expect(parseSettingsText('Dear diary:\ttoday\n***\n[').recognised).toBe(false);
    expect(parseSettingsText('').channels).toEqual([]);
  });

  const realFiles = [
    [
      'settings-sample.txt',
      { angle: 31, dr: 0.105, dz: 0.4, planes: 61, timePoints: 10, width: 200, height: 256 },
      [488, 642],
    ],
    [
      'settings-example.txt',
      { angle: 31.5, dr: 0.1019, dz: 0.3, planes: 88, timePoints: 3, width: 256, height: 320 },
      [488, 560],
    ],
  ] as const;
  for (const [name, expected, waves] of realFiles) {
    const path = sharedFile(`data/${name}`);
    it.skipIf(path === undefined)(`reads the real file ${name}`, () => {
      const found = parseSettingsText(readFileSync(path ?? ''));
      expect(found).toMatchObject({ ...expected, scan: 'sample', rotated: true, recognised: true });
      expect(found.channels.map((channel) => channel.lasers[0]?.wavelengthNm)).toEqual(waves);
      expect(found.warnings.some((warning) => warning.includes('Bead diameter'))).toBe(true);
    });
  }
});
