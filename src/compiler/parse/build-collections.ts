import { parseNaming } from '../../collections/index.ts';
import type { DocumentPath } from '../../documents/index.ts';
import type { CollectionSource } from '../../model/index.ts';
import type { CollectionFile } from '../schema/workflow-schema.ts';
import { listOf, type ParseContext, report } from './parse-context.ts';

export function buildCollections(context: ParseContext): Readonly<Record<string, CollectionSource>> {
  const collections = Object.entries(context.value.collections).map(([name, file]) => {
    return [
      name,
      buildCollection(
        context,
        name,
        typeof file === 'string' ? { pattern: file } : file,
        typeof file === 'string',
      ),
    ];
  });
  return Object.fromEntries(collections);
}

function buildCollection(
  context: ParseContext,
  name: string,
  file: Exclude<CollectionFile, string>,
  short: boolean,
): CollectionSource {
  const path = ['collections', name];
  const { pattern, table, role = 'data' } = file;
  const place = context.places.key(path);
  if ((pattern === undefined) === (table === undefined)) {
    const message = `collection \`${name}\` needs either a \`pattern\` or a \`table\`${pattern === undefined ? '' : ', not both'}`;
    report(
      context,
      'no-source',
      message,
      place,
      'a pattern is made of file names, a table has one row per image',
    );
  }
  if (pattern !== undefined) checkPattern(context, pattern, short ? path : [...path, 'pattern']);
  const split = typeof file.split === 'string' ? [file.split] : (file.split ?? []);
  return {
    name,
    role,
    ...(pattern === undefined ? {} : { pattern }),
    ...(table === undefined ? {} : { table }),
    ...(file.in === undefined ? {} : { in: file.in }),
    ...(file.at === undefined ? {} : { at: siteFolder(context, file.at, [...path, 'at']) }),
    split,
    place,
  };
}

/** `SITE:/folder`; its shape was checked with the file's. */
function siteFolder(
  { places }: ParseContext,
  text: string,
  path: DocumentPath,
): NonNullable<CollectionSource['at']> {
  const colon = text.indexOf(':');
  return {
    site: text.slice(0, colon),
    folder: text.slice(colon + 1).replace(/(.)\/+$/, '$1'),
    place: places.within(path, 0, colon),
  };
}

function checkPattern(context: ParseContext, pattern: string, path: DocumentPath): void {
  const parsed = parseNaming(pattern);
  if (parsed.ok) return;
  for (const problem of parsed.problems) {
    const { column = 1, length = 1 } = problem.place ?? {};
    context.problems.push({ ...problem, place: context.places.within(path, column - 1, length) });
  }
}

/** Names of what the items of a collection carry; undefined where only the files can tell. */
export function collectionDims(source: CollectionSource): readonly string[] | undefined {
  if (source.pattern === undefined || /(^|\/)janelia$/.test(source.pattern)) return undefined;
  const parsed = parseNaming(source.pattern);
  if (!parsed.ok) return undefined;
  return [...parsed.value.dimensions.map((dimension) => dimension.name), ...listOf(source.split)];
}
