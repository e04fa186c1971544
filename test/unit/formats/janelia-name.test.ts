import { describe, expect, it } from 'vitest';
import { parseJaneliaName } from '../../../src/formats/index.ts';
import { hostileNames } from '../../hostile-names.ts';

const plain = 'cell5_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif';

describe('parseJaneliaName', () => {
  it('reads every part of the basic form', () => {
    expect(parseJaneliaName(plain)).toEqual({
      base: 'cell5',
      iter: [],
      channel: 0,
      stack: 0,
      wave: '488nm',
      wavelengthNm: 488,
      relativeMs: 0,
      absoluteMs: 20931273,
      time: 0,
    });
  });

  it('reads camera, second camera number and tile, with time from the stack', () => {
    const name = 'scan_CamA_ch0_CAM1_stack0001_488nm_0002520msec_0004735001msecAbs_000x_000y_000z_0000t.tif';
    expect(parseJaneliaName(name)).toEqual({
      base: 'scan',
      iter: [],
      camera: 'A',
      channel: 0,
      cameraNumber: 1,
      stack: 1,
      wave: '488nm',
      wavelengthNm: 488,
      relativeMs: 2520,
      absoluteMs: 4735001,
      tile: { x: 0, y: 0, z: 0, t: 0 },
      time: 1,
    });
  });

  it.each([
    [
      'sample_CamA_ch1_stack0000_642nm_0000000msec_0021871683msecAbs.tif',
      { base: 'sample', channel: 1, time: 0 },
    ],
    [
      'Scan_Iter_0000_0000_CamB_ch0_CAM1_stack0000_488nm_0000000msec_0106060251msecAbs_000x_003y_000z_0000t.tif',
      { base: 'Scan', iter: [0, 0], camera: 'B', tile: { x: 0, y: 3, z: 0, t: 0 }, time: 0 },
    ],
    [
      'Scan_Iter_0001_CamA_ch0_CAM1_stack0000_488nm_0000000msec_0005695970msecAbs_-01x_-01y_-01z_0001t',
      { base: 'Scan', iter: [1], tile: { x: -1, y: -1, z: -1, t: 1 }, time: 1 },
    ],
    [
      'name_Iter_2_ch1_stack0000_560nm_0000000msec_0006443235msecAbs.tif',
      { base: 'name', iter: [2], time: 2 },
    ],
    [
      'ex_ch0_stack0003_488nm-SB_0001760msec_0020933033msecAbs.tif',
      { base: 'ex', wave: '488nm-SB', wavelengthNm: 488, time: 3 },
    ],
    [
      'ex_ch0_stack0003_AOTF560nm_0001760msec_0020933033msecAbs.TIFF',
      { wave: 'AOTF560nm', wavelengthNm: 560 },
    ],
    [
      'a_ch1_b_c_ch2_stack0010_488nm_0001760msec_0020933033msecAbs.tif',
      { base: 'a_ch1_b_c', channel: 2, time: 10 },
    ],
    ['cell 5;$(x)_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif', { base: 'cell 5;$(x)' }],
  ])('reads %s', (name, expected) => {
    const found = parseJaneliaName(name);
    expect(found).toMatchObject(expected);
    expect(found).not.toHaveProperty('suffix');
    expect(found).not.toHaveProperty('timeConflict');
  });

  it.each(['_cropped', '_decon', '_deskewed', '_COR', '_MIP_z'])(
    'marks a file with suffix %s as processed',
    (suffix) => {
      expect(parseJaneliaName(plain.replace('.tif', `${suffix}.tif`))?.suffix).toBe(suffix);
      const tiled = plain.replace('.tif', `_000x_003y_000z_0000t${suffix}.tif`);
      expect(parseJaneliaName(tiled)).toMatchObject({ suffix, tile: { y: 3 } });
    },
  );

  it('reports where two parts of the name give different times', () => {
    const name = 'Scan_Iter_0001_ch0_stack0000_488nm_0000000msec_0005695970msecAbs_000x_000y_000z_0002t.tif';
    expect(parseJaneliaName(name)?.timeConflict).toBe("Iter says 1 but the tile's frame says 2");
    const stacked = 'Scan_Iter_0001_ch0_stack0004_488nm_0000000msec_0005695970msecAbs.tif';
    expect(parseJaneliaName(stacked)?.timeConflict).toBe('Iter says 1 but the stack number says 4');
  });

  it.each([
    'cell5_Settings.txt',
    'cell5_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.txt',
    '_ch0_stack0000_488nm_0000000msec_0020931273msecAbs.tif',
    'cell5_ch0_488nm_0000000msec_0020931273msecAbs.tif',
    'msecAbs.tif',
    ...hostileNames,
  ])('takes %j for no such name', (name) => {
    expect(parseJaneliaName(name)).toBeUndefined();
  });
});
