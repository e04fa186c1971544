/**
 * The imaging program: deskews, turns, deconvolves and projects light-sheet stacks. It is a program of its own; the
 * orchestrator runs it like any other tool, never imports it, and is unknown to it.
 */
export { main } from './commands/index.ts';
