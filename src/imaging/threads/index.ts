/**
 * Threads: named kernels, run over a list of pieces of work by a pool of workers.
 * It knows nothing of what the kernels compute; `kernel-table.ts` is the one list of them.
 */
export { openPool, type Pool } from './pool.ts';
