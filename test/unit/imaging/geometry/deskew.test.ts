import { describe, expect, it } from 'vitest';
import { deskew, parseAngle, planShear, type ScanGeometry } from '../../../../src/imaging/geometry/index.ts';
import { openPool } from '../../../../src/imaging/threads/index.ts';
import { createVolume, type Volume, volumeFrom } from '../../../../src/imaging/volume.ts';

const pool = openPool(1);

function scan(degrees: number, dz: number, dr: number, skew: 'x' | 'y' = 'x'): ScanGeometry {
  return { angle: parseAngle(degrees), dz, dr, skew };
}

function deskewed(volume: Volume, geometry: ScanGeometry, fill = 0, threads = pool): Promise<Volume> {
  return deskew(volume, planShear(volume, geometry), { fill }, threads);
}

/** A stack of whole numbers without pattern, from a multiplicative sequence. */
function speckled(nx: number, ny: number, nz: number): Volume {
  let state = 1;
  return volumeFrom(
    { nx, ny, nz },
    Float32Array.from({ length: nx * ny * nz }, () => {
      state = (state * 48271) % 2147483647;
      return state % 1000;
    }),
  );
}

describe('the deskew by shear', () => {
  it('puts a bright voxel where the formula says, split over two samples', async () => {
    const raw = createVolume(10, 1, 3);
    raw.data[10 + 5] = 1;
    const plan = planShear(raw, scan(60, 1, 0.2));
    expect(plan.shiftPerPlane).toBeCloseTo(2.5, 12);
    expect(plan.output).toEqual({ nx: 17, ny: 1, nz: 3 });
    const result = await deskew(raw, plan, { fill: 0 }, pool);
    const expected = new Float32Array(3 * 17);
    expected[17 + 7] = 0.75;
    expected[17 + 8] = 0.25;
    result.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? 0, 6);
    });
  });

  it('plans the sizes and spacings of two real acquisitions', () => {
    const first = planShear({ nx: 200, ny: 256, nz: 61 }, scan(31, 0.4, 0.105));
    expect(first.output).toEqual({ nx: 399, ny: 256, nz: 61 });
    expect(first.shiftPerPlane).toBeCloseTo(3.2654, 4);
    expect(first.planeSpacing).toBeCloseTo(0.20602, 5);
    const second = planShear({ nx: 256, ny: 320, nz: 88 }, scan(31.5, 0.3, 0.1019));
    expect(second.output).toEqual({ nx: 476, ny: 320, nz: 88 });
    expect(second.shiftPerPlane).toBeCloseTo(2.5102, 4);
    expect(second.planeSpacing).toBeCloseTo(0.15675, 5);
  });

  it('counts a travel that only rounding keeps below a whole number as that number', () => {
    // 6 planes · 1 µm · cos 60° / 0.2 µm = 15 pixels.
    expect(planShear({ nx: 4, ny: 1, nz: 6 }, scan(60, 1, 0.2)).output.nx).toBe(19);
    // 10 planes · 0.3 µm · cos 0.0001° / 0.1 µm: a hair below 30.
    expect(planShear({ nx: 4, ny: 1, nz: 10 }, scan(0.0001, 0.3, 0.1)).output.nx).toBe(34);
  });

  it('keeps a constant volume constant wherever both neighbours exist, and fills elsewhere', async () => {
    const raw = createVolume(12, 2, 5);
    raw.data.fill(7);
    const plan = planShear(raw, scan(31.5, 0.4, 0.104));
    const result = await deskew(raw, plan, { fill: -3 }, pool);
    const f = (0.4 * Math.cos((31.5 * Math.PI) / 180)) / 0.104;
    result.data.forEach((value, i) => {
      const z = Math.floor(i / (plan.output.nx * 2));
      const xIn = (i % plan.output.nx) - plan.output.nx / 2 - f * (z - 5 / 2) + 12 / 2;
      expect(value).toBe(xIn >= 0 && xIn < 11 ? 7 : -3);
    });
  });

  it('changes nothing at 90 degrees but the last column, which has no right neighbour', async () => {
    const raw = speckled(9, 4, 6);
    const result = await deskewed(raw, scan(90, 0.5, 0.1), 42);
    expect(result.nx).toBe(9);
    result.data.forEach((value, i) => {
      expect(value).toBe(i % 9 === 8 ? 42 : raw.data[i]);
    });
  });

  it.each([31.5, 60, 90, 147.55])('gives the same for %d degrees and 180 less', async (degrees) => {
    const raw = speckled(16, 3, 7);
    const one = await deskewed(raw, scan(degrees, 0.4, 0.104));
    const other = await deskewed(raw, scan(degrees - 180, 0.4, 0.104));
    expect(other).toEqual(one);
  });

  it('slides planes the other way for an angle beyond 90 degrees', async () => {
    const raw = speckled(16, 1, 4);
    const mirrored = volumeFrom(
      raw,
      raw.data.map((_, i) => raw.data[i - (i % 16) + 15 - (i % 16)] ?? 0),
    );
    const one = await deskewed(raw, scan(60, 1, 0.25), 0);
    const other = await deskewed(mirrored, scan(120, 1, 0.25), 0);
    const n = one.nx;
    // x_in runs over 0 ≤ x_in < n − 1 and is centred on n/2, so mirrored samples lie one apart.
    for (let z = 0; z < 4; z++) {
      for (let x = 1; x < n; x++) {
        const here = one.data[z * n + x] ?? 0;
        const there = other.data[z * n + n - 1 - x] ?? 0;
        if (here !== 0 && there !== 0) expect(there).toBeCloseTo(here, 3);
      }
    }
  });

  it('does along y what it does along x', async () => {
    const raw = speckled(11, 5, 6);
    const turned = volumeFrom(
      { nx: 5, ny: 11, nz: 6 },
      raw.data.map((_, i) => {
        const [x, y, z] = [i % 5, Math.floor(i / 5) % 11, Math.floor(i / 55)];
        return raw.data[(z * 5 + x) * 11 + y] ?? 0;
      }),
    );
    const alongX = await deskewed(raw, scan(31.5, 0.4, 0.104, 'x'), 9);
    const alongY = await deskewed(turned, scan(31.5, 0.4, 0.104, 'y'), 9);
    expect([alongY.nx, alongY.ny]).toEqual([5, alongX.nx]);
    for (let z = 0; z < 6; z++) {
      for (let y = 0; y < 5; y++) {
        for (let x = 0; x < alongX.nx; x++) {
          expect(alongY.data[(z * alongX.nx + x) * 5 + y]).toBe(alongX.data[(z * 5 + y) * alongX.nx + x]);
        }
      }
    }
  });

  it('gives the same slab by slab as all at once', async () => {
    const raw = speckled(14, 3, 10);
    const plan = planShear(raw, scan(31.5, 0.4, 0.104));
    const whole = await deskew(raw, plan, { fill: 1 }, pool);
    const size = plan.output.nx * 3;
    for (const [from, to] of [
      [0, 4],
      [4, 10],
    ] as const) {
      const slab = volumeFrom({ nx: 14, ny: 3, nz: to - from }, raw.data.slice(from * 42, to * 42));
      const part = await deskew(slab, plan, { fill: 1, firstPlane: from }, pool);
      expect(part.data).toEqual(whole.data.slice(from * size, to * size));
    }
  });

  it('fits planes into a width that is asked for, narrower or wider', async () => {
    const raw = speckled(14, 2, 5);
    const geometry = scan(60, 1, 0.25);
    const natural = await deskewed(raw, geometry, 0);
    const wide = await deskew(raw, planShear(raw, geometry, { width: natural.nx + 4 }), { fill: 0 }, pool);
    const narrow = await deskew(raw, planShear(raw, geometry, { width: natural.nx - 4 }), { fill: 0 }, pool);
    for (let x = 0; x < natural.nx; x++) {
      expect(wide.data[x + 2]).toBe(natural.data[x]);
      if (x >= 2 && x < natural.nx - 2) expect(narrow.data[x - 2]).toBe(natural.data[x]);
    }
  });

  it('recovers where beads lie to a hundredth of a pixel', async () => {
    const geometry = scan(31.5, 0.4, 0.104);
    const raw = createVolume(64, 1, 40);
    const plan = planShear(raw, geometry);
    const f = plan.shiftPerPlane;
    // A bead at (xc, zc) of the upright volume, seen by slanted frames.
    const [xc, zc, width] = [97.3, 19.6, 2];
    for (let z = 0; z < 40; z++) {
      for (let x = 0; x < 64; x++) {
        const upright = x + plan.output.nx / 2 + f * (z - 20) - 32;
        raw.data[z * 64 + x] = 1000 * Math.exp(-((upright - xc) ** 2 + (z - zc) ** 2) / (2 * width * width));
      }
    }
    const result = await deskew(raw, plan, { fill: 0 }, pool);
    let [sum, sumX, sumZ] = [0, 0, 0];
    result.data.forEach((value, i) => {
      sum += value;
      sumX += value * (i % result.nx);
      sumZ += value * Math.floor(i / result.nx);
    });
    expect(Math.abs(sumX / sum - xc)).toBeLessThan(0.01);
    expect(Math.abs(sumZ / sum - zc)).toBeLessThan(0.01);
  });
});

describe('an angle', () => {
  it.each([0, 180, -180, 200, -270, Number.NaN])('of %d degrees is refused', (degrees) => {
    expect(() => parseAngle(degrees)).toThrow(/between -180 and 180/);
  });
});
