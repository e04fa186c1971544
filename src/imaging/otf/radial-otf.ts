import { type Complex, createComplex, transformVolume } from '../fft/index.ts';
import type { Shape, Volume } from '../volume.ts';
import { findPeak, type Point } from './peak.ts';
import { averageRadially } from './radial-average.ts';

/** A transfer function averaged over the angle about the optical axis: row kr, column kz (negative ones last). */
export interface RadialOtf {
  readonly radialCount: number;
  readonly axialCount: number;
  /** Frequency steps in cycles per µm. */
  readonly radialStep: number;
  readonly axialStep: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** What is known of the objective, to set to zero what it cannot transmit. Lengths in µm. */
export interface CleanUp {
  readonly wavelength: number;
  readonly numericalAperture: number;
  readonly refractiveIndex: number;
}

/** Voxel size of the point spread function in µm, and how the table is made. */
export interface RadialOtfSteps {
  readonly xy: number;
  readonly z: number;
  /** Extrapolate kr = 0 from this many points; 0 keeps what was measured. */
  readonly fixOrigin: number;
  readonly cleanUp?: CleanUp;
  /**
   * Planes added to the measured centre. The default, 0.6, is the reference program's, and moves what is deconvolved
   * by as much along z; 0 leaves everything in its place.
   */
  readonly axialShift?: number;
}

/** A transfer function, and where the bead was found: its centre in samples, its background in counts. */
export interface MadeOtf {
  readonly otf: RadialOtf;
  readonly centre: Point;
  readonly background: number;
}

/** Where the bead lies, and what lies around it. */
export type Bead = Pick<MadeOtf, 'centre' | 'background'>;

/**
 * The radially averaged transfer function of a measured point spread function (square in x and y), as cudaDecon's
 * `radialft` defines it; largest value 1.
 * @throws RangeError when x and y differ in length or too few points are left to extrapolate the origin.
 */
export function makeRadialOtf(psf: Volume, steps: RadialOtfSteps): MadeOtf {
  const bead = locateBead(psf, steps);
  const spectrum = createComplex(psf.data.length);
  for (let i = 0; i < psf.data.length; i++) spectrum.re[i] = (psf.data[i] ?? 0) - bead.background;
  transformVolume(spectrum, psf, -1);
  return otfFromSpectrum(psf, steps, bead, spectrum, psf.nx);
}

/**
 * The steps after the transform of the function freed of its background, which is changed. Its rows may hold as few
 * as kx = 0 … nx/2: `rowLength` says how many.
 */
export function otfFromSpectrum(
  psf: Shape,
  steps: RadialOtfSteps,
  bead: Bead,
  spectrum: Complex,
  rowLength: number,
): MadeOtf {
  moveToOrigin(spectrum, psf, bead.centre, rowLength);
  return otfFromRings(psf, steps, bead, averageRadially(spectrum, psf, rowLength));
}

/** The first step: what the transform is to be freed of. */
export function locateBead(psf: Volume, steps: RadialOtfSteps): Bead {
  if (psf.nx !== psf.ny) {
    throw new RangeError(
      `a point spread function of \`${psf.nx} x ${psf.ny}\` pixels cannot be averaged: make it square`,
    );
  }
  const peak = findPeak(psf);
  const centre = { ...peak, z: peak.z + (steps.axialShift ?? 0.6) };
  return { centre, background: meanAwayFromBead(psf, centre) };
}

/** The last steps, from the averages over rings (row kr, column kz), which are changed. */
export function otfFromRings(psf: Shape, steps: RadialOtfSteps, bead: Bead, { re, im }: Complex): MadeOtf {
  const otf: RadialOtf = {
    radialCount: Math.floor(psf.nx / 2) + 1,
    axialCount: psf.nz,
    radialStep: 1 / (Math.floor(psf.nx / 2) * 2 * steps.xy),
    axialStep: 1 / (psf.nz * steps.z),
    re,
    im,
  };
  makeHermitian(otf);
  if (steps.fixOrigin > 0) extrapolateOrigin(otf, steps.fixOrigin);
  normalise(otf);
  if (steps.cleanUp) cleanUp(otf, steps.cleanUp);
  return { otf, ...bead };
}

/** The mean of the plane through the centre, over the rows more than 20 before it. */
function meanAwayFromBead(psf: Volume, centre: Point): number {
  const rows = Math.ceil(centre.y - 20);
  if (rows < 1) return 0;
  const from = Math.floor(centre.z) * psf.nx * psf.ny;
  let sum = 0;
  for (let i = from; i < from + rows * psf.nx; i++) sum += psf.data[i] ?? 0;
  return sum / ((centre.y - 20) * psf.nx);
}

/** Moves what lies at `centre` to the origin, by a phase. */
function moveToOrigin(spectrum: Complex, psf: Shape, centre: Point, rowLength: number): void {
  let i = 0;
  for (let z = 0; z < psf.nz; z++) {
    for (let y = 0; y < psf.ny; y++) {
      const turns = (signed(y, psf.ny) * centre.y) / psf.ny + (signed(z, psf.nz) * centre.z) / psf.nz;
      for (let x = 0; x < rowLength; x++, i++) {
        turnBy(spectrum, i, 2 * Math.PI * (turns + (signed(x, psf.nx) * centre.x) / psf.nx));
      }
    }
  }
}

function turnBy(spectrum: Complex, i: number, angle: number): void {
  const re = spectrum.re[i] ?? 0;
  const im = spectrum.im[i] ?? 0;
  spectrum.re[i] = re * Math.cos(angle) - im * Math.sin(angle);
  spectrum.im[i] = re * Math.sin(angle) + im * Math.cos(angle);
}

const signed = (index: number, count: number): number => (index > count / 2 ? index - count : index);

/** A real function's averaged transform is symmetric in kz: average each value with its mirrored conjugate. */
function makeHermitian(otf: RadialOtf): void {
  const { axialCount: nz, re, im } = otf;
  for (let r = 0; r < otf.radialCount; r++) {
    im[r * nz] = 0;
    for (let z = 1; z <= nz / 2; z++) {
      const here = r * nz + z;
      const mirrored = r * nz + nz - z;
      const real = ((re[here] ?? 0) + (re[mirrored] ?? 0)) / 2;
      const imaginary = ((im[here] ?? 0) - (im[mirrored] ?? 0)) / 2;
      re[here] = real;
      re[mirrored] = real;
      im[here] = imaginary;
      im[mirrored] = -imaginary;
    }
  }
}

/** Replaces kr = 0, where the background and few samples spoil it, by straight lines through the next points. */
function extrapolateOrigin(otf: RadialOtf, points: number): void {
  for (let count = points; count >= 4; count--) {
    for (let z = 0; z < otf.axialCount; z++) {
      otf.re[z] = lineAtZero(otf.re, otf.axialCount, z, count);
      otf.im[z] = lineAtZero(otf.im, otf.axialCount, z, count);
    }
    if (magnitude(otf, 0) > magnitude(otf, otf.axialCount)) return;
  }
  throw new RangeError(
    `the origin cannot be extrapolated from \`${points}\` points: the transfer function does not fall with frequency; check the point spread function or use fewer points (0 keeps the origin)`,
  );
}

/** The value at 0 of the straight line fitted to the points kr = 1 … count. */
function lineAtZero(values: Float64Array, stride: number, z: number, count: number): number {
  const meanR = (count + 1) / 2;
  let mean = 0;
  let slopeTop = 0;
  let slopeBottom = 0;
  for (let r = 1; r <= count; r++) mean += (values[r * stride + z] ?? 0) / count;
  for (let r = 1; r <= count; r++) {
    slopeTop += (r - meanR) * ((values[r * stride + z] ?? 0) - mean);
    slopeBottom += (r - meanR) ** 2;
  }
  return mean - (slopeTop / slopeBottom) * meanR;
}

function magnitude(otf: RadialOtf, at: number): number {
  return Math.hypot(otf.re[at] ?? 0, otf.im[at] ?? 0);
}

function normalise(otf: RadialOtf): void {
  let largest = 0;
  for (let i = 0; i < otf.re.length; i++) largest = Math.max(largest, magnitude(otf, i));
  for (let i = 0; i < otf.re.length; i++) {
    otf.re[i] = (otf.re[i] ?? 0) / largest;
    otf.im[i] = (otf.im[i] ?? 0) / largest;
  }
}

/** Sets to zero what the objective cannot transmit: beyond its cut-off, and outside the doughnut's edge in kz. */
function cleanUp(otf: RadialOtf, optics: CleanUp): void {
  const { wavelength, numericalAperture: aperture, refractiveIndex: index } = optics;
  const cutOff = (2 * aperture) / wavelength;
  for (let r = 0; r < otf.radialCount; r++) {
    const kr = r * otf.radialStep;
    const beta = Math.asin((aperture - kr * wavelength) / index);
    const edge = (index / wavelength) * (Math.cos(beta) - Math.cos(Math.asin(aperture / index)));
    const first = kr > cutOff ? 0 : Math.max(0, Math.round(edge / otf.axialStep + 1));
    const end = kr > cutOff ? otf.axialCount : otf.axialCount - first + 1;
    for (let z = first; z < end; z++) {
      otf.re[r * otf.axialCount + z] = 0;
      otf.im[r * otf.axialCount + z] = 0;
    }
  }
}
