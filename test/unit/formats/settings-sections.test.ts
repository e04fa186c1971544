import { describe, expect, it } from 'vitest';
import { cutSections, decodeSettings } from '../../../src/formats/settings-sections.ts';

describe('cutSections', () => {
  it('splits a line of the INI part at its last equals sign, since keys hold some', () => {
    const text = [
      '***** *****   .ini File  ***** *****',
      '[Autofocus]',
      'Bead diameter (pixels) (-1 = use all pixels in ROI) = -1.000000',
      'Orca4.0 : Image Transform (None, Rot 90) = "Rot 90"',
      '[AOM Settings]',
      'AOM Channel(s) =',
    ].join('\r\n');
    const { ini } = cutSections(text);
    expect([...(ini.get('Autofocus') ?? [])]).toEqual([
      ['Bead diameter (pixels) (-1 = use all pixels in ROI)', '-1.000000'],
      ['Orca4.0 : Image Transform (None, Rot 90)', 'Rot 90'],
    ]);
    expect([...(ini.get('AOM Settings') ?? [])]).toEqual([['AOM Channel(s)', '']]);
  });

  it('keeps nothing of the notes that people typed', () => {
    const text = '***** Notes *****\nMicroscopist :\tJane Doe\n*****   Camera *****\nModel :\tC11440\n';
    expect([...cutSections(text).listed.keys()]).toEqual(['camera']);
  });

  it('cuts values at tabs, and keeps colons inside them', () => {
    const text =
      '***** ***** General ***** *****\nVersion :\tv 4.0 Built on : 5/17/2017 10:55:08 AM\nSLM enable (ms) :\t9.7\t9.8';
    expect([...(cutSections(text).listed.get('general') ?? [])]).toEqual([
      ['Version', ['v 4.0 Built on : 5/17/2017 10:55:08 AM']],
      ['SLM enable (ms)', ['9.7', '9.8']],
    ]);
  });
});

describe('decodeSettings', () => {
  it('refuses more than 4 MiB', () => {
    expect(() => decodeSettings('x'.repeat(4 * 1024 * 1024 + 1))).toThrow('4 MiB');
  });
});
