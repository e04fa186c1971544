/**
 * Fourier transforms of lines: which lengths are fast, the tables the compiled kernels read, and a plain version in
 * double precision. It knows nothing of images, threads or deconvolution.
 */
export { fastSize, radicesOf } from './factors.ts';
export { encodeLinePlan } from './line-plan.ts';
export { type Complex, createComplex, transformAxis, transformVolume } from './plain.ts';
