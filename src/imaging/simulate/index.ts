/**
 * Simulation: a plausible lattice light sheet acquisition of a cell that never lived, with the files a microscope
 * writes. The same seed gives the same bytes on every machine and version of Node, because nothing but exactly
 * rounded arithmetic is used. It must not know of the command line.
 */
export { type Acquisition, defaultAcquisition } from './acquisition.ts';
export { simulate } from './simulate.ts';
