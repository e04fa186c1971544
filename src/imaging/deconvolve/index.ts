/**
 * Richardson-Lucy deconvolution: sizes and memory known beforehand, then planes and columns through the compiled
 * kernels on a pool of threads. It knows nothing of files or of the command line.
 */
export {
  type DeconvolutionReport,
  type DeconvolveOptions,
  deconvolve,
} from './deconvolve.ts';
export { planDeconvolution, type SizeOptions } from './plan.ts';
export { type Blur, blurShape } from './transfer.ts';
