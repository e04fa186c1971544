import { compileTemplate } from '../expressions/index.ts';
import type { BatchWord } from '../model/index.ts';

/** A word of the command for many items: texts, and null where `{{ batch }}` stands; undefined where that is changed. */
export function readBatchWord(text: string): BatchWord | undefined {
  const compiled = compileTemplate(text);
  if (!compiled.ok) return undefined;
  const parts = compiled.template.parts.map((part) => {
    if ('literal' in part) return part.literal;
    return part.name === 'batch' ? null : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}
