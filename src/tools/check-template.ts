import type { DocumentPath, Places } from '../documents/index.ts';
import { compileTemplate, findUnknownNames, type KnownNames, type Template } from '../expressions/index.ts';
import type { Problem } from '../model/index.ts';
import { findMisplacedValues } from './check-script.ts';

/**
 * A template of a file: that it can be read, and names only what there is.
 *
 * @param shift characters that stand before the text of the file, where the caller put some there
 */
export function checkTemplate(
  text: string,
  known: KnownNames,
  places: Places,
  path: DocumentPath,
  shift = 0,
): readonly Problem[] {
  return checkCompiled(text, true, known, places, path, shift).problems;
}

/** As `checkTemplate`, for shell text: `{#` is text there, and each value must stand where it is one word. */
export function checkScript(
  text: string,
  known: KnownNames,
  places: Places,
  path: DocumentPath,
): readonly Problem[] {
  const { template, problems } = checkCompiled(text, false, known, places, path, 0);
  if (template === undefined) return problems;
  const misplaced = findMisplacedValues(template).map(({ message, hint, offset, length }) => ({
    code: 'quoted-value',
    message,
    hint,
    place: places.within(path, offset, length),
  }));
  return [...problems, ...misplaced];
}

function checkCompiled(
  text: string,
  comments: boolean,
  known: KnownNames,
  places: Places,
  path: DocumentPath,
  shift: number,
): { readonly template?: Template; readonly problems: readonly Problem[] } {
  const compiled = compileTemplate(text, { comments });
  const place = (offset: number, length: number) => places.within(path, Math.max(0, offset - shift), length);
  if (!compiled.ok) {
    const { code, message, hint, offset, length } = compiled;
    return {
      problems: [{ code, message, ...(hint === undefined ? {} : { hint }), place: place(offset, length) }],
    };
  }
  const problems = findUnknownNames(compiled.template, known).map(({ name, message, hint, offset }) => ({
    code: 'unknown-name',
    message,
    hint,
    place: place(offset, name.length),
  }));
  return { template: compiled.template, problems };
}
