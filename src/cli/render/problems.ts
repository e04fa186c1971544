import type { Checked, Problem } from '../../model/index.ts';
import { type CommonOptions, exitCode } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { renderJson } from './json.ts';

/** The value, its warnings shown; or undefined, all problems shown together. */
export async function valueOrProblems<T>(
  checked: Checked<T>,
  options: CommonOptions,
  terminal: Terminal,
): Promise<T | undefined> {
  if (!checked.ok) {
    await showProblems(checked.problems, options, terminal);
    return undefined;
  }
  const { renderProblem } = await import('../../run/index.ts');
  if (!options.quiet) for (const warning of checked.warnings) terminal.err(renderProblem(warning));
  return checked.value;
}

async function showProblems(
  problems: readonly Problem[],
  options: CommonOptions,
  terminal: Terminal,
): Promise<void> {
  if (options.output === 'json') {
    terminal.out(renderJson({ problems }));
    return;
  }
  const { renderProblem } = await import('../../run/index.ts');
  for (const problem of problems) terminal.err(`${renderProblem(problem)}\n`);
  const count = problems.filter(({ severity }) => severity !== 'warning').length;
  terminal.err(count === 1 ? 'espalier: 1 problem' : `espalier: ${count} problems`);
}

export const refused = exitCode.usage;
