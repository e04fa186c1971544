import { EspalierError } from '../../model/index.ts';
import { oneLine } from './one-line.ts';

/** An error as a person reads it: what failed, on what, what to do. */
export async function renderError(error: unknown): Promise<string> {
  if (error instanceof EspalierError) {
    // Only now: with it come the rooms below, which a command that needs none of them starts without.
    const { renderProblem } = await import('../../run/index.ts');
    const hint = error.hint === undefined ? [] : [`  ${error.hint}`];
    return [...error.problems.map(renderProblem), `espalier: ${error.message}`, ...hint].join('\n');
  }
  // What the system says names the path; nothing is wrong with the program.
  if (error instanceof Error && 'syscall' in error) return `espalier: ${oneLine(error.message)}`;
  const message = error instanceof Error ? error.message : String(error);
  return `espalier: something failed that should not: ${message}\n  --debug shows where`;
}
