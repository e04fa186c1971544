import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../src/formats/index.ts';

describe('encodePng', () => {
  it('writes grey values that another decoder reads back', () => {
    const data = Uint8Array.of(0, 1, 127, 128, 254, 255);
    const image = decode(encodePng({ width: 3, height: 2, channels: 1, data }), { checkCrc: true });
    expect([image.width, image.height, image.channels, image.depth]).toEqual([3, 2, 1, 8]);
    expect([...image.data]).toEqual([...data]);
  });

  it('writes colours that another decoder reads back', () => {
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7);
    const image = decode(encodePng({ width: 2, height: 2, channels: 3, data }), { checkCrc: true });
    expect([image.channels, [...image.data]]).toEqual([3, [...data]]);
  });

  it('refuses data that do not fill the picture', () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(11) })).toThrow(
      '11 values are not 2 × 2 × 3',
    );
  });
});
