import { EspalierError } from '../../model/index.ts';
import { renderProblem } from '../../run/index.ts';
import { oneLine } from './one-line.ts';

/** An error as a person reads it: what failed, on what, what to do. */
export function renderError(error: unknown): string {
  if (error instanceof EspalierError) {
    const hint = error.hint === undefined ? [] : [`  ${error.hint}`];
    return [...error.problems.map(renderProblem), `espalier: ${error.message}`, ...hint].join('\n');
  }
  // What the system says names the path; nothing is wrong with the program.
  if (error instanceof Error && 'syscall' in error) return `espalier: ${oneLine(error.message)}`;
  const message = error instanceof Error ? error.message : String(error);
  return `espalier: something failed that should not: ${message}\n  --debug shows where`;
}
