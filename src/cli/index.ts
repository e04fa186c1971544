/**
 * The command line: one file per command (options, one call into `run`, one renderer). It holds no logic of its own and
 * opens neither SQL nor SSH.
 */
export { main } from './main.ts';
