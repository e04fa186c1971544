import { EspalierError } from '../../model/index.ts';
import { renderProblem } from '../../run/index.ts';

/** An error as a person reads it: what failed, on what, what to do. */
export function renderError(error: unknown): string {
  if (error instanceof EspalierError) {
    const hint = error.hint === undefined ? [] : [`  ${error.hint}`];
    return [...error.problems.map(renderProblem), `espalier: ${error.message}`, ...hint].join('\n');
  }
  const message = error instanceof Error ? error.message : String(error);
  return `espalier: something failed that should not: ${message}\n  --debug shows where`;
}
