import { compileTemplate, type Template } from '../../expressions/index.ts';
import type { Problem, Step } from '../../model/index.ts';

/** `comments` is false for scripts, where `{#` is the shell's. */
export type ReadTemplate = (text: string, comments?: boolean) => Template;

/** A template of a step; one that cannot be read is told to `problem`, and stands for the empty text. */
export function readTemplate(
  text: string,
  step: Step,
  comments: boolean,
  problem: (problem: Problem) => void,
): Template {
  const compiled = compileTemplate(text, { comments });
  if (compiled.ok) return compiled.template;
  const message = `step \`${step.name}\`: ${compiled.message}, in \`${text.slice(0, 80)}\``;
  const hint = compiled.hint === undefined ? {} : { hint: compiled.hint };
  problem({ code: compiled.code, message, ...hint, place: step.place });
  return { text, parts: [], names: [], uses: [] };
}
