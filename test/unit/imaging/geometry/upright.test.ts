import { describe, expect, it } from 'vitest';
import {
  deskew,
  parseAngle,
  planOrthogonal,
  planRotation,
  planShear,
  resample,
  type ScanGeometry,
} from '../../../../src/imaging/geometry/index.ts';
import { openPool } from '../../../../src/imaging/threads/index.ts';
import { createVolume, type Volume } from '../../../../src/imaging/volume.ts';

const pool = openPool(1);

function scan(degrees: number, dz: number, dr: number, skew: 'x' | 'y' = 'x'): ScanGeometry {
  return { angle: parseAngle(degrees), dz, dr, skew };
}

function cube(n: number, at: { x: number; y: number; z: number }, value: number): Volume {
  const volume = createVolume(n, n, n);
  volume.data[(at.z * n + at.y) * n + at.x] = value;
  return volume;
}

/** Samples that are not zero, as [z, y, x, value]. */
function bright(volume: Volume): number[][] {
  return [...volume.data.entries()]
    .filter(([, value]) => value !== 0)
    .map(([i, value]) => [
      Math.floor(i / (volume.nx * volume.ny)),
      Math.floor(i / volume.nx) % volume.ny,
      i % volume.nx,
      value,
    ]);
}

function centre(volume: Volume): { x: number; y: number; z: number } {
  let [sum, x, y, z] = [0, 0, 0, 0];
  volume.data.forEach((value, i) => {
    sum += value;
    x += value * (i % volume.nx);
    y += value * (Math.floor(i / volume.nx) % volume.ny);
    z += value * Math.floor(i / (volume.nx * volume.ny));
  });
  return { x: x / sum, y: y / sum, z: z / sum };
}

describe('the orthogonal deskew', () => {
  it('leaves one voxel of (9 − 5√3)/2 of a single bright one at 30 degrees', async () => {
    const raw = cube(10, { x: 1, y: 1, z: 1 }, 1);
    const plan = planOrthogonal(raw, scan(30, 1, 1, 'y'));
    expect(plan.output).toEqual({ nx: 10, ny: 19, nz: 5 });
    const result = bright(await resample(raw, plan, { fill: 0 }, pool));
    expect(result.map((voxel) => voxel.slice(0, 3))).toEqual([[3, 2, 1]]);
    expect(result[0]?.[3]).toBeCloseTo((9 - 5 * Math.sqrt(3)) / 2, 6);
  });

  it('finds 15 − 25√3/3 at 60 degrees', async () => {
    const raw = cube(5, { x: 0, y: 0, z: 2 }, 10);
    const plan = planOrthogonal(raw, scan(60, 1, 1, 'y'));
    expect(plan.output).toEqual({ nx: 5, ny: 8, nz: 4 });
    const result = await resample(raw, plan, { fill: 0 }, pool);
    expect(result.data[(2 * 8 + 2) * 5]).toBeCloseTo(15 - (25 * Math.sqrt(3)) / 3, 6);
  });

  it('rounds sizes half to even, after the last bits of the sine are gone', () => {
    expect(planOrthogonal({ nx: 5, ny: 5, nz: 5 }, scan(30, 1, 1, 'y')).output).toEqual({
      nx: 5,
      ny: 9,
      nz: 2,
    });
    // 11 sin 30° is 5.5 and becomes 6, as in the peers; with the bare sine it would be 5.
    expect(planOrthogonal({ nx: 13, ny: 11, nz: 501 }, scan(30, 0.3, 0.14499219, 'y')).output.nz).toBe(6);
  });

  it('does along x what it does along y', async () => {
    const geometry = scan(40, 0.3, 0.13, 'y');
    const alongY = cube(12, { x: 3, y: 5, z: 6 }, 100);
    const alongX = cube(12, { x: 5, y: 3, z: 6 }, 100);
    const y = await resample(alongY, planOrthogonal(alongY, geometry), { fill: 0 }, pool);
    const x = await resample(alongX, planOrthogonal(alongX, { ...geometry, skew: 'x' }), { fill: 0 }, pool);
    expect(bright(y).length).toBeGreaterThan(0);
    const turned = bright(x).map(([z, yy, xx, value]) => [z, xx, yy, value]);
    expect(new Set(turned.map(String))).toEqual(new Set(bright(y).map(String)));
  });

  it('is mirrored along the skew axis for a scan in the other direction', async () => {
    const one = cube(12, { x: 3, y: 5, z: 6 }, 100);
    const mirrored = cube(12, { x: 3, y: 6, z: 6 }, 100);
    const forth = await resample(one, planOrthogonal(one, scan(40, 0.3, 0.13, 'y')), { fill: 0 }, pool);
    const back = await resample(
      mirrored,
      planOrthogonal(mirrored, scan(-40, 0.3, 0.13, 'y')),
      { fill: 0 },
      pool,
    );
    const turned = bright(back).map(([z, y = 0, x, value]) => [z, forth.ny - 1 - y, x, value]);
    expect(bright(forth).length).toBeGreaterThan(0);
    for (const [i, voxel] of turned.sort(byPlace).entries()) {
      const expected = bright(forth).sort(byPlace)[i];
      expect(voxel.slice(0, 3)).toEqual(expected?.slice(0, 3));
      expect(voxel[3]).toBeCloseTo(expected?.[3] ?? Number.NaN, 4);
    }
  });

  it('turns z over when the direction is asked for', async () => {
    const raw = cube(10, { x: 1, y: 1, z: 1 }, 1);
    const plan = planOrthogonal(raw, scan(30, 1, 1, 'y'), 'backward');
    expect(bright(await resample(raw, plan, { fill: 0 }, pool)).map((voxel) => voxel.slice(0, 3))).toEqual([
      [1, 2, 1],
    ]);
  });
});

function byPlace(a: readonly (number | undefined)[], b: readonly (number | undefined)[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

describe('the rotation', () => {
  it('plans the sizes of two real acquisitions that were cropped for an FFT', () => {
    const first = planRotation({ nx: 392, ny: 256, nz: 60 }, scan(31, 0.4, 0.105));
    expect(first.output).toEqual({ nx: 396, ny: 256, nz: 117 });
    expect(first.spacing).toBe(0.105);
    const second = planRotation({ nx: 450, ny: 320, nz: 84 }, scan(31.5, 0.3, 0.1019));
    expect(second.output).toEqual({ nx: 451, ny: 320, nz: 129 });
  });

  it('puts a sample where the formula says', async () => {
    // 90°, planes one pixel apart: a quarter turn. x_in = W/2 − zc, z_in = nz/2 + xc.
    const upright = createVolume(8, 1, 6);
    upright.data[2 * 8 + 5] = 3;
    const plan = planRotation(upright, scan(90, 1, 1));
    expect(plan.output).toEqual({ nx: 6, ny: 1, nz: 6 });
    // z_in = 2 → xc = −1, x_out = 2; x_in = 5 → zc = −1, z_out = 2, written at plane 6 − 1 − 2 = 3.
    expect(bright(await resample(upright, plan, { fill: 0 }, pool))).toEqual([[3, 0, 2, 3]]);
  });

  it('writes z in the order of the raw planes when asked to', async () => {
    const upright = createVolume(8, 1, 6);
    upright.data[2 * 8 + 5] = 3;
    const plan = planRotation(upright, scan(90, 1, 1), 'forward');
    expect(plan.zDirection).toBe('forward');
    expect(bright(await resample(upright, plan, { fill: 0 }, pool))).toEqual([[2, 0, 2, 3]]);
  });

  it('turns the other way for a negative angle, which is the same as 180 more', async () => {
    const volume = cube(16, { x: 9, y: 4, z: 5 }, 100);
    const negative = await resample(volume, planRotation(volume, scan(-32.45, 0.3, 0.15)), { fill: 0 }, pool);
    const more = await resample(volume, planRotation(volume, scan(147.55, 0.3, 0.15)), { fill: 0 }, pool);
    const positive = await resample(volume, planRotation(volume, scan(32.45, 0.3, 0.15)), { fill: 0 }, pool);
    expect(more).toEqual(negative);
    expect(bright(positive)).not.toEqual(bright(negative));
    expect(bright(negative).length).toBeGreaterThan(0);
  });

  it('agrees with the orthogonal deskew on where a bead lies, up to a fixed offset', async () => {
    const geometry = scan(35, 0.25, 0.1);
    const places = [
      { x: 20, z: 18 },
      { x: 26, z: 24 },
      { x: 14, z: 27 },
    ];
    const offsets: number[][] = [];
    for (const place of places) {
      const raw = createVolume(40, 1, 44);
      for (let z = 0; z < 44; z++) {
        for (let x = 0; x < 40; x++) {
          // Round in the sample: along the sheet and along the stage travel the axes are oblique.
          const [along, travel] = [x - place.x, (z - place.z) * 2.5];
          const distance = along ** 2 + travel ** 2 + 2 * along * travel * geometry.angle.cos;
          raw.data[z * 40 + x] = 100 * Math.exp(-distance / 18);
        }
      }
      const sheared = await deskew(raw, planShear(raw, geometry), { fill: 0 }, pool);
      const turned = await resample(sheared, planRotation(sheared, geometry, 'forward'), { fill: 0 }, pool);
      const direct = await resample(raw, planOrthogonal(raw, geometry, 'forward'), { fill: 0 }, pool);
      const [a, b] = [centre(turned), centre(direct)];
      offsets.push([a.x - b.x, a.z - b.z]);
    }
    for (const offset of offsets) {
      expect(Math.abs((offset[0] ?? 0) - (offsets[0]?.[0] ?? 0))).toBeLessThan(0.1);
      expect(Math.abs((offset[1] ?? 0) - (offsets[0]?.[1] ?? 0))).toBeLessThan(0.1);
    }
  });

  it('keeps a constant volume constant and fills what it does not cover', async () => {
    const volume = createVolume(12, 3, 9);
    volume.data.fill(5);
    const result = await resample(volume, planRotation(volume, scan(31.5, 0.4, 0.104)), { fill: 1 }, pool);
    const values = new Set([...result.data].map((value) => Math.round(value * 1e4) / 1e4));
    expect(values).toEqual(new Set([1, 5]));
  });
});
