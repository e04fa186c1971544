import { describe, expect, it } from 'vitest';
import { cleanBead } from '../../../../src/imaging/commands/clean-bead.ts';
import { createVolume } from '../../../../src/imaging/volume.ts';

/** A ground of 99 and 101 in turn (mean 100, deviation 1) and a bead of 3 x 3 x 3 around (9, 10, 11). */
function bead(): ReturnType<typeof createVolume> {
  const volume = createVolume(20, 20, 20);
  volume.data.forEach((_, i) => {
    const [x, y, z] = [i % 20, Math.floor(i / 20) % 20, Math.floor(i / 400)];
    const lit = Math.abs(x - 9) <= 1 && Math.abs(y - 10) <= 1 && Math.abs(z - 11) <= 1;
    volume.data[i] = lit ? 500 : (x + y + z) % 2 === 0 ? 99 : 101;
  });
  return volume;
}

describe('a measured bead', () => {
  it('loses its noise and its dark rim, and keeps its light', () => {
    const { volume, background } = cleanBead(bead());
    expect(background).toBeCloseTo(100, 9);
    // Two samples of margin around three of light.
    expect([volume.nx, volume.ny, volume.nz]).toEqual([7, 7, 7]);
    const counts = new Map<number, number>();
    for (const value of volume.data) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect(counts).toEqual(
      new Map([
        [100, 7 * 7 * 7 - 27],
        [500, 27],
      ]),
    );
    expect(volume.data[(3 * 7 + 3) * 7 + 3]).toBe(500);
  });

  it('is kept whole where nothing stands out', () => {
    const dark = createVolume(6, 5, 4);
    dark.data.fill(100);
    const { volume } = cleanBead(dark);
    expect([volume.nx, volume.ny, volume.nz]).toEqual([6, 5, 4]);
  });
});
