import type { z } from 'zod';
import { type Problem, suggest } from '../model/index.ts';
import { keysAt } from './keys-at.ts';
import type { DocumentPath, Places } from './places.ts';
import { at, isPlainMap, type PlainValue } from './plain-path.ts';

type Issue = z.core.$ZodIssue;

/** One finding of the schema → problems in the words of the product, with places and near misses. */
export function issueToProblems(
  issue: Issue,
  schema: z.ZodType,
  value: PlainValue | undefined,
  places: Places,
  above: DocumentPath = [],
): Problem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const found = value === undefined ? undefined : at(value, path);
  const place = found === undefined ? places.key(path) : places.at(path);
  const problem = (code: string, message: string, hint?: string): Problem[] => [
    hint === undefined ? { code, message, place } : { code, message, hint, place },
  ];
  const what = path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, path, keysAt(schema, path, value ?? null), places));
    case 'invalid_type':
      if (found === undefined && path.length > 0) return problem('missing-key', missing(path));
      return problem('wrong-type', `${what} must be ${typeName(issue.expected)}, not ${kindOf(found)}`);
    case 'invalid_value':
      if (found === undefined && path.length > 0) return problem('missing-key', missing(path));
      return problem(
        'unknown-value',
        `${what} cannot be \`${shown(found)}\``,
        oneOf(shown(found), issue.values.map(String)),
      );
    case 'too_small':
    case 'too_big':
      return problem('bad-value', `${what} ${sizeMessage(issue)}`);
    case 'invalid_key':
      return [
        {
          code: 'bad-name',
          message: `\`${String(path.at(-1))}\` is no name: ${issue.issues[0]?.message ?? ''}`,
          place: places.key(path),
        },
      ];
    case 'invalid_union':
      return unionProblems(issue.errors, path, schema, value, places, what, found);
    default:
      return problem('bad-value', `${what} ${issue.message}`);
  }
}

function unknownKey(key: string, path: DocumentPath, known: readonly string[], places: Places): Problem {
  const where = path.length === 0 ? 'the file' : `\`${path.join('.')}\``;
  const message = `\`${key}\` is not a key of ${where}`;
  return { code: 'unknown-key', message, hint: oneOf(key, known), place: places.key([...path, key]) };
}

function oneOf(written: string, known: readonly string[]): string {
  const near = suggest(written, known);
  const list = known.join(', ');
  return near === undefined ? `there are: ${list}` : `did you mean \`${near}\`? there are: ${list}`;
}

function missing(path: DocumentPath): string {
  const holder = path.slice(0, -1).join('.');
  return `\`${String(path.at(-1))}\` is missing${holder === '' ? '' : ` in \`${holder}\``}`;
}

/** Of several shapes that do not fit, the one the author meant: whose kind fits, with the fewest faults. */
function unionProblems(
  branches: readonly (readonly Issue[])[],
  path: DocumentPath,
  schema: z.ZodType,
  value: PlainValue | undefined,
  places: Places,
  what: string,
  found: PlainValue | undefined,
): Problem[] {
  const fits = branches
    .filter((issues) => !issues.some((issue) => isOtherKind(issue, found)))
    .sort((a, b) => a.length - b.length);
  const [best] = fits;
  if (best !== undefined) return best.flatMap((issue) => issueToProblems(issue, schema, value, places, path));
  const kinds = [...new Set(branches.flat().flatMap(kindsOf))];
  return [
    {
      code: 'wrong-type',
      message: `${what} must be ${kinds.join(' or ')}, not ${kindOf(found)}`,
      place: places.at(path),
    },
  ];
}

function isOtherKind(issue: Issue, found: PlainValue | undefined): boolean {
  const collection = typeof found === 'object' && found !== null;
  return (
    issue.path.length === 0 &&
    (issue.code === 'invalid_type' || (issue.code === 'invalid_value' && collection))
  );
}

/** The kinds a shape allows, for the message that none of them was found. */
function kindsOf(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_type') return [typeName(issue.expected)];
  return issue.code === 'invalid_value' ? issue.values.map((value) => `\`${String(value)}\``) : [];
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a group of keys',
  record: 'a group of keys',
  array: 'a list',
};

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

function kindOf(value: PlainValue | undefined): string {
  if (value === undefined || value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (isPlainMap(value)) return 'a group of keys';
  return `${typeName(typeof value)} (\`${shown(value)}\`)`;
}

function shown(value: PlainValue | undefined): string {
  const text = typeof value === 'object' ? kindOf(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function sizeMessage(issue: Issue & { code: 'too_small' | 'too_big' }): string {
  const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const sense = issue.code === 'too_small' ? 'at least' : 'at most';
  if (issue.origin === 'string') return limit === 1 ? 'is empty' : `must have ${sense} ${limit} characters`;
  if (issue.origin === 'array' || issue.origin === 'set') return `must have ${sense} ${limit} entries`;
  return issue.inclusive === false
    ? `must be ${issue.code === 'too_small' ? 'more' : 'less'} than ${limit}`
    : `must be ${sense} ${limit}`;
}
