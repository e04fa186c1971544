/**
 * Job scripts: the nunjucks templates, the wrapper that runs tasks on a node, and the one place that quotes for a shell.
 * It takes decided values and gives text; it knows no batch system, no file system and no ledger.
 */
export type { Assignment, ElementContext, ProvidedImage, Reuse } from './assignment.ts';
export { commandWords } from './command-words.ts';
export { renderElement } from './element-text.ts';
export { type JobScript, renderJobScript } from './job-script.ts';
export { compileTemplates } from './render.ts';
export { arrayFolder, jobScriptPath, logPath, recordPath, resultPath } from './run-layout.ts';
export { shellQuote } from './shell-quote.ts';
export { TaskFile } from './task-file.ts';
