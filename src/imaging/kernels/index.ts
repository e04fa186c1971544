/**
 * The compiled kernels (`assembly/`, AssemblyScript) and the scratch memory they work in. Volumes never live here:
 * a thread copies a plane or a batch of columns in, works on it in the cache, and copies it out. So the 4 GiB of a
 * WebAssembly memory bound a plane, not a volume.
 */
export { openScratch, type Scratch, scratchCutter } from './scratch.ts';
