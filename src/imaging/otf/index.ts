/**
 * Optical transfer functions: a radially averaged one made from a measured point spread function, sampled at any
 * frequency, and point spread functions made ready for an image's voxels. Formulae and conventions: see each file.
 * It knows nothing of threads or of how volumes are deconvolved.
 */

export { type PreparedPsf, type PsfOptions, preparePsf } from './prepare-psf.ts';
export {
  type CleanUp,
  locateBead,
  type MadeOtf,
  makeRadialOtf,
  otfFromRings,
  otfFromSpectrum,
  type RadialOtf,
  type RadialOtfSteps,
} from './radial-otf.ts';
export { axialTap, radialTap, sampleRadialOtf } from './sample.ts';
