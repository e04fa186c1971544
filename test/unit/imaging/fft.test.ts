import { describe, expect, it } from 'vitest';
import { spectrumPlane, spectrumStride } from '../../../src/imaging/deconvolve/grid.ts';
import { deconvolvePlanes } from '../../../src/imaging/deconvolve/plane-kernel.ts';
import {
  type Complex,
  createComplex,
  fastSize,
  radicesOf,
  transformAxis,
  transformVolume,
} from '../../../src/imaging/fft/index.ts';
import { createSamples } from '../../../src/imaging/volume.ts';
import { at, seededNumbers } from './deconvolve-reference.ts';

/** The definition: X(k) = Σ x(j)·exp(−2πi·j·k/n). */
function definition(line: Complex): Complex {
  const n = line.re.length;
  const out = createComplex(n);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      out.re[k] = at(out.re, k) + at(line.re, j) * Math.cos(angle) - at(line.im, j) * Math.sin(angle);
      out.im[k] = at(out.im, k) + at(line.re, j) * Math.sin(angle) + at(line.im, j) * Math.cos(angle);
    }
  }
  return out;
}

function randomLine(n: number): Complex {
  const random = seededNumbers(n + 1);
  const line = createComplex(n);
  for (let i = 0; i < n; i++) {
    line.re[i] = random() - 0.5;
    line.im[i] = random() - 0.5;
  }
  return line;
}

const lengths = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 16, 21, 22, 25, 26, 30, 31, 35, 49, 60, 64, 97, 100, 128, 210,
];

describe('the plain transform', () => {
  for (const n of lengths) {
    it(`follows its definition for ${n} samples`, () => {
      const line = randomLine(n);
      const expected = definition(line);
      transformAxis(line, n, 1, -1);
      for (let k = 0; k < n; k++) {
        expect(at(line.re, k)).toBeCloseTo(at(expected.re, k), 10);
        expect(at(line.im, k)).toBeCloseTo(at(expected.im, k), 10);
      }
    });
  }

  it('and its inverse give the volume back, times the number of voxels', () => {
    const volume = randomLine(6 * 5 * 4);
    const before = volume.re.slice();
    const shape = { nx: 6, ny: 5, nz: 4 };
    transformVolume(volume, shape, -1);
    transformVolume(volume, shape, 1);
    for (let i = 0; i < before.length; i++) expect(at(volume.re, i) / 120).toBeCloseTo(at(before, i), 10);
  });
});

describe('the compiled transform of a plane agrees with the plain one', () => {
  for (const nx of lengths) {
    for (const ny of [1, 4, 11, 16]) {
      it(`for ${nx} x ${ny} samples`, () => {
        const line = randomLine(nx * ny);
        line.im.fill(0);
        const shape = { nx, ny, nz: 1 };
        const grid = { image: shape, origin: { x: 0, y: 0, z: 0 }, estimate: shape, transform: shape };
        const spectrum = createSamples(spectrumPlane(grid), 'a plane');
        const x = Float32Array.from(line.re);
        deconvolvePlanes({ grid, spectrum, step: { kind: 'forward', x }, from: 0, to: 1 });
        transformVolume(line, shape, -1);
        for (let ky = 0; ky < ny; ky++) {
          for (let kx = 0; kx <= nx / 2; kx++) {
            const real = ky * 2 * spectrumStride(grid) + 8 * Math.floor(kx / 4) + (kx % 4);
            expect(Math.abs(at(spectrum, real) - at(line.re, ky * nx + kx))).toBeLessThan(3e-5);
            expect(Math.abs(at(spectrum, real + 4) - at(line.im, ky * nx + kx))).toBeLessThan(3e-5);
          }
        }
      });
    }
  }
});

describe('lengths', () => {
  it('are cut into fours, a two, and odd primes upwards', () => {
    expect(radicesOf(1)).toEqual([]);
    expect(radicesOf(512)).toEqual([4, 4, 4, 4, 2]);
    expect(radicesOf(100)).toEqual([4, 5, 5]);
    expect(radicesOf(2 * 3 * 49 * 13)).toEqual([2, 3, 7, 7, 13]);
    expect(radicesOf(1021)).toEqual([1021]);
  });

  it('grow to the next product of 2, 3, 5 and 7', () => {
    expect([1, 11, 13, 97, 121, 211, 572, 318, 162].map(fastSize)).toEqual([
      1, 12, 14, 98, 125, 216, 576, 320, 162,
    ]);
  });
});
