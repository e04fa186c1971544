/**
 * Richardson-Lucy deconvolution: sizes and memory known beforehand, then planes and columns through the compiled
 * kernels on a pool of threads. It knows nothing of files or of the command line.
 */
export { apodisation } from './apodise.ts';
export {
  cropToImage,
  type DeconvolutionReport,
  type DeconvolveOptions,
  deconvolve,
  firstEstimate,
  flatEstimate,
  sumOf,
} from './deconvolve.ts';
export type { Grid } from './grid.ts';
export { type DeconvolutionPlan, planDeconvolution, type SizeOptions } from './plan.ts';
export { prepareData } from './prepare-data.ts';
export { fillPsfPlane, planesReached } from './psf-plane.ts';
export type { Iteration } from './richardson-lucy.ts';
export { type Blur, blurShape } from './transfer.ts';
