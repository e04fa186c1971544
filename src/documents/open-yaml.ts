import { parseDocument } from 'yaml';
import type { Place, Problem } from '../model/index.ts';
import { documentLimits } from './limits.ts';
import { findPlaces, type Places } from './places.ts';
import { type PlainValue, plainValue } from './plain-value.ts';
import { scanTokens } from './scan-tokens.ts';

export interface OpenedYaml {
  /** Absent when the text is not YAML enough to look at. */
  readonly value?: PlainValue;
  readonly places: Places;
  readonly problems: readonly Problem[];
}

/** Text → plain data with places. Refuses by counted limits; knows no schema. */
export function openYaml(text: string, file: string): OpenedYaml {
  const limit = documentLimits.characters;
  if (text.length > limit) {
    const message = `the file has ${text.length} characters, at most ${limit} are read`;
    return refused(text.slice(0, 200), file, 'too-large', message, 0);
  }
  const scan = scanTokens(text);
  if (scan.refused) return refused(text, file, scan.refused.code, scan.refused.message, scan.refused.offset);
  const document = parseDocument(text, {
    schema: 'core',
    version: '1.2',
    merge: false,
    stringKeys: true,
    // Compares every key with every other; `plainValue` looks for doubles in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: false,
    logLevel: 'error',
  });
  const places = findPlaces(text, file, document);
  const unquoted = scan.unquoted.map((offset) => unquotedProblem(text, places, offset));
  const syntax = syntaxProblems(document, places).filter((problem) => !sharesLine(problem.place, unquoted));
  if (syntax.length > 0) return { places, problems: [...unquoted, ...syntax] };
  const problems: Problem[] = [];
  const value = plainValue(document, places, problems);
  const own = problems.filter((problem) => !sharesLine(problem.place, unquoted));
  return own.some(({ code }) => code === 'too-large' || code === 'too-deep')
    ? { places, problems: own }
    : { value, places, problems: [...unquoted, ...own] };
}

function refused(text: string, file: string, code: string, message: string, offset: number): OpenedYaml {
  const places = findPlaces(text, file, parseDocument(''));
  return { places, problems: [{ code, message, place: places.offset(offset, 1) }] };
}

/** Whether a line holds an unquoted template: what else is wrong with that line only follows from it. */
export function sharesLine(place: Place | undefined, unquoted: readonly Problem[]): boolean {
  return unquoted.some((each) => each.code === 'unquoted-template' && each.place?.line === place?.line);
}

function unquotedProblem(text: string, places: Places, offset: number): Problem {
  const rest = text.slice(offset).split('\n', 1)[0] ?? '';
  const end = rest.indexOf('}}');
  const written = end === -1 ? rest.trimEnd() : rest.slice(0, end + 2);
  return {
    code: 'unquoted-template',
    message: `\`${written}\` needs quotes: YAML reads a brace as the beginning of a map`,
    hint: `write \`"${written.replaceAll('"', "'")}"\``,
    place: places.offset(offset, written.length),
  };
}

interface ParsedDocument {
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly pos: readonly [number, number];
  }[];
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
    readonly pos: readonly [number, number];
  }[];
  readonly directives?: { readonly yaml: { readonly explicit?: boolean } } | undefined;
}

function syntaxProblems(document: ParsedDocument, places: Places): Problem[] {
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    code: 'yaml-syntax',
    message: syntaxMessage(code, message),
    ...(code === 'TAB_AS_INDENT' ? { hint: 'indent with spaces' } : {}),
    place: places.offset(pos[0], Math.max(1, pos[1] - pos[0])),
  }));
  if (document.directives?.yaml.explicit === true) {
    problems.push({
      code: 'yaml-syntax',
      message: '`%YAML` cannot be used: the file is read as YAML 1.2',
      place: places.offset(0, 1),
    });
  }
  return problems;
}

function syntaxMessage(code: string, message: string): string {
  if (code === 'NON_STRING_KEY') return 'a key must be a text, not a collection';
  if (code === 'MULTIPLE_DOCS') return 'the file holds more than one document (`---`)';
  return message;
}
