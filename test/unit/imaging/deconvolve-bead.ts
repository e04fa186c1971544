import type { DeconvolveOptions } from '../../../src/imaging/deconvolve/index.ts';
import { sharedFile } from '../../shared-folder.ts';

/** A measured bead, and the PSF it was measured with. */
export const beadFile = sharedFile('data/bead-data.tif');
export const kernelFile = sharedFile('data/bead-kernel.tif');

export const accelerated: DeconvolveOptions = {
  iterations: 10,
  acceleration: true,
  padding: 'circular',
  background: 400,
  apodisedPixels: 0,
  start: 'data',
};
