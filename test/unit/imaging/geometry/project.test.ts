import { describe, expect, it } from 'vitest';
import {
  contrastFromPercentiles,
  paintGrey,
  paintMerged,
  projectVolume,
} from '../../../../src/imaging/geometry/index.ts';
import { volumeFrom } from '../../../../src/imaging/volume.ts';

// z 2, y 2, x 3.
const volume = volumeFrom({ nx: 3, ny: 2, nz: 2 }, [1, 9, 3, 4, 5, 6, 7, 2, 8, 0, -1, 11]);

describe('the projection', () => {
  it.each([
    ['z', 3, 2, [7, 9, 8, 4, 5, 11]],
    ['y', 3, 2, [4, 9, 6, 7, 2, 11]],
    ['x', 2, 2, [9, 6, 8, 11]],
  ] as const)('takes the plain maximum along %s', (axis, width, height, expected) => {
    const projection = projectVolume(volume, axis);
    expect([projection.width, projection.height]).toEqual([width, height]);
    expect([...projection.data]).toEqual(expected);
  });

  it('keeps negative values and shows what is not a number', () => {
    const below = volumeFrom({ nx: 2, ny: 1, nz: 2 }, [-5, Number.NaN, -3, 4]);
    expect([...projectVolume(below, 'z').data]).toEqual([-3, Number.NaN]);
  });
});

describe('contrast', () => {
  it('comes from the percentiles of finite samples', () => {
    const samples = Float32Array.from({ length: 101 }, (_, i) => 100 - i);
    expect(contrastFromPercentiles([samples, Float32Array.of(Number.NaN)], 1, 99)).toEqual({
      min: 1,
      max: 99,
    });
  });

  it('is linear between its limits and flat beyond them', () => {
    expect([...paintGrey(Float32Array.of(0, 10, 15, 20, 30), { min: 10, max: 20 })]).toEqual([
      0, 0, 128, 255, 255,
    ]);
  });

  it('lets a channel without contrast take nothing from the others', () => {
    const [flat, bright] = [Float32Array.of(5), Float32Array.of(1)];
    const merged = paintMerged(
      [bright, flat],
      [
        { min: 0, max: 1 },
        { min: 5, max: 5 },
      ],
    );
    expect(merged[1]).toBe(255);
  });

  it('adds the colours of merged channels up, and no further than white', () => {
    const limits = { min: 0, max: 1 };
    const both = paintMerged([Float32Array.of(1, 0), Float32Array.of(1, 0)], [limits, limits]);
    expect([...both]).toEqual([255, 255, 255, 0, 0, 0]);
    const first = paintMerged([Float32Array.of(1)], [limits]);
    expect(first[1]).toBe(255);
    expect(first[0]).toBeLessThan(60);
  });
});
